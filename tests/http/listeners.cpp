// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// The places where a server listens: several, and acceptors that the application has opened.
#include "http/unix_support.hpp"

#include <boost/system/system_error.hpp>

using namespace fanfare;
using namespace fanfare::test;

namespace {

bool accepts(std::uint16_t port)
{
    asio::io_context context{1};
    tcp::socket socket{context};
    error_code ec;
    socket.connect({asio::ip::address_v4::loopback(), port}, ec);
    return !ec;
}

} // namespace

TEST_CASE("a server listens in several places, and the clients of all are in one hub")
{
    socket_folder folder;
    const auto path = folder / "hub.sock";
    world w{{}, GENERATE(1U, 2U)};
    w.hub().configure("chat:", {});
    w.serve({.listeners = {any_port(), {.unix_path = path}, any_port()}});
    const auto ports = w.server().ports();
    REQUIRE(ports.size() == 3);
    CHECK(ports[0] == w.port());
    CHECK(ports[1] == 0);
    CHECK(ports[2] != ports[0]);

    client first{ports[0], "alice"};
    unix_client second{path, {.target = "/api/v1/ws?user=bob"}};
    client third{ports[2], "carol"};
    REQUIRE(second.open());
    CHECK(second.hello.at("user_id") == "bob");
    first.subscribe({"chat:1"});
    second.subscribe({"chat:1"});
    third.subscribe({"chat:1"});
    const std::string filling(300, 'x');
    for (int i = 0; i != 2000; ++i)
        w.hub().publish("chat:1", "burst", {{"i", i}, {"filling", filling}});
    for (int i = 0; i != 2000; ++i) {
        CHECK(first.next("burst").at("i") == i);
        CHECK(second.next("burst").at("i") == i);
        CHECK(third.next("burst").at("i") == i);
    }
    second.send({{"type", "ping"}, {"request_id", "r"}});
    CHECK(second.next().at("request_id") == "r");
    second.close();
    CHECK(eventually([&] { return w.hub().stats().connections == 2; }));
}

TEST_CASE("an acceptor that the application has opened serves, of TCP and of Unix sockets")
{
    socket_folder folder;
    const auto path = folder / "activated.sock";
    world w;
    w.hub().configure("chat:", {});
    w.serve({.listens = false});
    CHECK(w.server().ports().empty());
    CHECK(w.port() == 0);

    asio::io_context elsewhere{1}; // which nobody runs
    tcp::acceptor of_tcp{elsewhere, {asio::ip::address_v4::loopback(), 0}};
    const auto port = of_tcp.local_endpoint().port();
    unix_socket::acceptor of_unix{elsewhere, unix_socket::endpoint{path}};
    w.server().listen(std::move(of_tcp));
    w.server().listen(std::move(of_unix));
    CHECK(w.server().ports() == std::vector<std::uint16_t>{port, 0});
    CHECK(w.port() == port);
    client one{port};
    unix_client two{path};
    one.subscribe({"chat:1"});
    two.subscribe({"chat:1"});
    w.hub().publish("chat:1", "n", 1);
    CHECK(one.next("n") == 1);
    CHECK(two.next("n") == 1);

    w.destroy_server();
    CHECK(eventually([&] { return !accepts(port); }));
    CHECK(std::filesystem::exists(path)); // it is the application's
}

TEST_CASE("an acceptor that cannot serve is refused, and said why")
{
    world w;
    w.serve({.listens = false});
    asio::io_context context{1};
    tcp::acceptor closed{context};
    CHECK_THROWS_AS(w.server().listen(std::move(closed)), std::invalid_argument);
    tcp::acceptor bound{context, tcp::v4()};
    bound.bind({asio::ip::address_v4::loopback(), 0});
    CHECK_THROWS_AS(w.server().listen(std::move(bound)), std::invalid_argument);
    CHECK(w.server().ports().empty());

    w.server().stop();
    tcp::acceptor late{context, {asio::ip::address_v4::loopback(), 0}};
    const auto port = late.local_endpoint().port();
    try {
        w.server().listen(std::move(late));
        FAIL("it listens after stop");
    } catch (const boost::system::system_error& e) {
        CHECK(e.code() == error::shutting_down);
    }
    CHECK_FALSE(accepts(port));
}

TEST_CASE("stop closes all places, and who is connected stays")
{
    socket_folder folder;
    const auto path = folder / "hub.sock";
    world w;
    w.hub().configure("chat:", {});
    w.serve({.listeners = {any_port(), any_port(), {.unix_path = path}}});
    unix_client connected{path};
    connected.subscribe({"chat:1"});
    const auto ports = w.server().ports();
    w.server().stop();
    CHECK_FALSE(std::filesystem::exists(path));
    CHECK(eventually([&] { return !accepts(ports[0]) && !accepts(ports[1]); }));
    w.hub().publish("chat:1", "n", 1);
    CHECK(connected.next("n") == 1);
}

TEST_CASE("where one place cannot be listened on the error names it, and nothing stays open of the others")
{
    socket_folder folder;
    const auto path = folder / "hub.sock";
    asio::io_context context{1};
    const tcp::acceptor other{context, {asio::ip::address_v4::loopback(), 0}};
    const auto taken = other.local_endpoint().port();
    const auto free = [&context] {
        const tcp::acceptor soon_closed{context, {asio::ip::address_v4::loopback(), 0}};
        return soon_closed.local_endpoint().port();
    }();
    world w;
    w.run();
    const listen_options good{.address = "127.0.0.1", .port = free};
    const auto in_use =
        failure_to_listen(w, {.listeners = {good, {.unix_path = path}, {.address = "127.0.0.1", .port = taken}}});
    CHECK(in_use.find("127.0.0.1:" + std::to_string(taken)) != std::string::npos);
    CHECK(in_use.find("in use") != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(path));
    CHECK_FALSE(accepts(free));

    const auto no_address = failure_to_listen(w, {.listeners = {good, {.address = "here", .port = 1234}}});
    CHECK(no_address.find("here:1234") != std::string::npos);
    CHECK_FALSE(accepts(free));
    CHECK(failure_to_listen(w, {.address = "here", .port = 1234}).find("here:1234") != std::string::npos);
}

TEST_CASE("options that say in two ways where to listen are refused")
{
    world w;
    const auto refused = [&](server_options options) {
        CHECK_THROWS_AS(fanfare::server(w.hub(), std::move(options)), std::invalid_argument);
    };
    refused({.address = "127.0.0.1", .listeners = {any_port()}});
    refused({.port = 0, .listeners = {any_port()}});
    refused({.listeners = {any_port()}, .listens = false});
    refused({.port = 0, .listens = false});
}

TEST_CASE("IPv4 and IPv6 share a port where the one leaves the other out, and an IPv4 client is one in any case")
{
    asio::io_context probe;
    error_code none;
    if (tcp::acceptor{probe}.open(tcp::v6(), none); none) {
        WARN("skipped: this machine has no IPv6");
        return;
    }
    std::promise<std::string> address;
    const auto told = [&](const handshake_request& request) {
        address.set_value(request.remote_address());
        return auth_result{identity{}};
    };
    world both;
    server_options options{.address = "::", .port = 0, .authenticate = told};
    fanfare::server dual{both.hub(), options};
    both.serve();
    client c{dual.port()}; // by IPv4
    CHECK(address.get_future().get() == "127.0.0.1");

    tcp::acceptor reserved{probe, {asio::ip::address_v4::loopback(), 0}};
    const auto port = reserved.local_endpoint().port();
    reserved.close();
    const fanfare::server apart{
        both.hub(),
        {.listeners = {{.address = "0.0.0.0", .port = port}, {.address = "::", .port = port, .v6_only = true}}}};
    CHECK(apart.ports() == std::vector<std::uint16_t>{port, port});
    CHECK(failure_to_listen(both, {.listeners = {{.address = "::", .port = port}}}).find("[::]:") !=
          std::string::npos);
}

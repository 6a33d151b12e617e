// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Servers that are asked by proxies: whose address counts, by headers and by the PROXY protocol, and prefixes of paths.
// With real proxies: tests/proxies.
#include "http/endpoint_support.hpp"
#include "http/unix_support.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>

#include <atomic>
#include <vector>

using namespace fanfare;
using namespace fanfare::test;
using namespace fanfare::test::raw;

namespace {

// Refuses everybody, and says who they are.
auth_result say_address(const handshake_request& request)
{
    auto why = make_refusal(error::unauthorized);
    why.message = request.remote_address();
    return why;
}

std::string forwarded_for(const std::string& who)
{
    return handshake("/api/v1/ws?user=alice",
                     "Connection: Upgrade\r\nUpgrade: websocket\r\nX-Forwarded-For: " + who + "\r\n");
}

std::string relayed_for(const std::string& who, const std::string& bytes = handshake())
{
    return "PROXY TCP4 " + who + " 10.0.0.1 40000 443\r\n" + bytes;
}

// Version 2, in which a proxy speaks for itself.
std::string local_header()
{
    return {"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0", 16};
}

server_options with_proxies(trusted_proxies proxies, bool proxy_protocol = false)
{
    return {.address = "127.0.0.1",
            .port = 0,
            .proxy_protocol = proxy_protocol,
            .authenticate = say_address,
            .proxies = std::move(proxies)};
}

} // namespace

TEST_CASE("an authenticator is told the client's address by a trusted proxy only, request by request")
{
    world w;
    w.serve(with_proxies({"127.0.0.0/8"}));
    CHECK(ask(w.port(), forwarded_for("1.1.1.1, 203.0.113.7")).why() == "203.0.113.7");
    CHECK(ask(w.port(), handshake()).why() == "127.0.0.1");
    const auto malformed = ask(w.port(), handshake("/api/v1/ws", "Connection: Upgrade\r\nUpgrade: websocket\r\n"
                                                                 "Forwarded: for=\"\r\n"));
    CHECK(malformed.status == 400);
    CHECK(malformed.code() == "invalid_message");
    CHECK(malformed.why().find("Forwarded") != std::string::npos);
    CHECK(w.hub().stats().refused == 3); // all of them, whatever the reason
    const std::string contradictory = "Forwarded: for=1.1.1.1\r\nX-Forwarded-For: 203.0.113.7\r\n";
    CHECK(ask(w.port(), get("/healthz", contradictory)).status == 400);
    raw_client head{w.port()};
    head.send("HEAD /healthz HTTP/1.1\r\nHost: localhost\r\n" + contradictory + "\r\n");
    CHECK(head.answer(true).status == 400);
    CHECK(head.closed());
    CHECK(w.hub().stats().refused == 3);

    const fanfare::server other{w.hub(), with_proxies({"10.0.0.0/8"})};
    CHECK(ask(other.port(), forwarded_for("203.0.113.7")).why() == "127.0.0.1");
}

TEST_CASE("limits count the clients that a proxy names, and not the proxy")
{
    world w{{.max_connections_per_address = 1}};
    w.serve({.address = "127.0.0.1", .port = 0, .proxies = {"127.0.0.1"}});
    raw_client first{w.port()};
    first.send(forwarded_for("203.0.113.7"));
    CHECK(first.answer().status == 101);
    raw_client second{w.port()};
    second.send(forwarded_for("203.0.113.8"));
    CHECK(second.answer().status == 101);
    CHECK(ask(w.port(), forwarded_for("203.0.113.7")).status == 429);
    // What stands before is the client's own: another address in it is no way around the limit.
    CHECK(ask(w.port(), forwarded_for("192.0.2.1, 203.0.113.7")).status == 429);
    CHECK(eventually([&] { return w.hub().stats().connections == 2; }));
}

TEST_CASE("an own server's endpoint counts them as well")
{
    world w;
    const endpoint door{w.hub(), {.authenticate = say_address, .proxies = {"127.0.0.1"}}};
    w.run();
    const own_server<tcp::socket> server{
        w.context(), [&door](tcp::socket socket, const http::request<http::string_body>& request,
                             std::string early) { door.accept(std::move(socket), request, std::move(early)); }};
    CHECK(ask(server.port(), forwarded_for("203.0.113.7")).why() == "203.0.113.7");
    CHECK(ask(server.port(), handshake()).why() == "127.0.0.1");
    const auto contradictory =
        ask(server.port(), handshake("/api/v1/ws", "Connection: Upgrade\r\nUpgrade: websocket\r\n"
                                                   "Forwarded: for=1.1.1.1\r\n"
                                                   "X-Forwarded-For: 203.0.113.7\r\n"));
    CHECK(contradictory.status == 400);
}

TEST_CASE("a proxy on this machine gives nobody else the rights of this machine")
{
    world w;
    w.hub().configure("device:", {});
    const std::string message = R"({"room":"device:1","type":"t"})";
    w.serve({.address = "127.0.0.1", .port = 0, .proxies = {"127.0.0.1"}, .api = {.allow_loopback_writes = true}});
    CHECK(ask(w.port(), post("/api/v1/publish", message)).status == 200); // by itself
    for (const auto* who : {"203.0.113.7", "127.0.0.1", "unknown"}) {
        const auto header = std::string{"X-Forwarded-For: "} + who + "\r\n";
        CHECK(ask(w.port(), post("/api/v1/publish", message, header)).status == 403);
    }
    const fanfare::server relayed{w.hub(),
                                  {.address = "127.0.0.1",
                                   .port = 0,
                                   .proxy_protocol = true,
                                   .proxies = {"127.0.0.1"},
                                   .api = {.allow_loopback_writes = true}}};
    const auto publish = post("/api/v1/publish", message);
    CHECK(ask(relayed.port(), local_header() + publish).status == 200);
    CHECK(ask(relayed.port(), relayed_for("127.0.0.1", publish)).status == 403);
    CHECK(ask(relayed.port(), "PROXY UNKNOWN\r\n" + publish).status == 403);
}

TEST_CASE("the PROXY protocol names the client's address, and the connection goes on behind it")
{
    world w;
    w.hub().configure("chat:", {});
    w.serve(with_proxies({"127.0.0.1"}, true));
    CHECK(ask(w.port(), relayed_for("203.0.113.7")).why() == "203.0.113.7");
    CHECK(ask(w.port(), local_header() + handshake()).why() == "127.0.0.1");
    CHECK(ask(w.port(), "PROXY UNKNOWN\r\n" + handshake()).why() == "0.0.0.0");
    // Who is not known vouches for no header.
    CHECK(ask(w.port(), "PROXY UNKNOWN\r\n" + forwarded_for("203.0.113.7")).why() == "0.0.0.0");
    // Nor does a client; a proxy before the balancer does.
    CHECK(ask(w.port(), relayed_for("198.51.100.9", forwarded_for("203.0.113.7"))).why() == "198.51.100.9");
    CHECK(ask(w.port(), relayed_for("127.0.0.1", forwarded_for("203.0.113.7"))).why() == "203.0.113.7");

    raw_client piecewise{w.port()};
    for (const auto c : relayed_for("203.0.113.7", get("/healthz")))
        piecewise.send({&c, 1});
    CHECK(piecewise.answer().status == 200);
    piecewise.send(handshake()); // the same connection, the same client
    CHECK(piecewise.answer().why() == "203.0.113.7");
}

TEST_CASE("whoever breaks the PROXY protocol is refused, counted, and told where that can be")
{
    world w{{}, GENERATE(1U, 2U)};
    w.serve(with_proxies({"127.0.0.1"}, true));
    const auto plain = ask(w.port(), get("/healthz"));
    CHECK(plain.status == 400);
    CHECK(plain.code() == "invalid_message");
    CHECK(plain.why().find("no PROXY header") != std::string::npos);
    raw_client broken{w.port()};
    broken.send("PROXY TCP4 nobody nobody 1 2\r\n" + get("/healthz"));
    CHECK(broken.answer().status == 400);
    CHECK(broken.closed());
    CHECK(w.hub().stats().refused == 2);

    const fanfare::server strict{w.hub(), with_proxies({"10.0.0.0/8"}, true)};
    const auto stranger = ask(strict.port(), relayed_for("203.0.113.7"));
    CHECK(stranger.status == 403);
    CHECK(stranger.code() == "forbidden");
    CHECK(stranger.why().find("no trusted proxy") != std::string::npos);
    CHECK(w.hub().stats().refused == 3);

    // A header that does not come, or does not end, has the time of a request.
    auto impatient = with_proxies({"127.0.0.1"}, true);
    impatient.handshake_timeout = 50ms;
    const fanfare::server brief{w.hub(), impatient};
    for (const auto* begun : {"", "PROX", "\r\n\r\n"}) {
        raw_client c{brief.port()};
        c.send(begun);
        CHECK(c.closed());
    }
}

// Sends these bytes and resets the connection: the server can read them, and does not know any more whose they are.
void send_and_reset(std::uint16_t port, const std::string& bytes)
{
    asio::io_context context{1};
    tcp::socket socket{context};
    socket.connect({asio::ip::address_v4::loopback(), port});
    asio::write(socket, asio::buffer(bytes));
    socket.set_option(asio::socket_base::linger{true, 0});
    socket.close(); // the destructor would not reset
}

TEST_CASE("a connection that is reset is not taken for one of a Unix socket")
{
    world w;
    std::atomic<int> asked{0};
    auto options = with_proxies({"unix"}, true);
    options.authenticate = [&](const handshake_request& request) {
        ++asked;
        return say_address(request);
    };
    w.listen(options);
    options.proxy_protocol = false;
    const fanfare::server by_header{w.hub(), options};
    for (int i = 0; i != 10; ++i) { // before anybody accepts them
        send_and_reset(w.port(), relayed_for("203.0.113.7"));
        send_and_reset(by_header.port(), forwarded_for("203.0.113.7"));
    }
    w.run();
    CHECK(ask(w.port(), relayed_for("203.0.113.7")).status == 403); // those before it are done with
    CHECK(ask(by_header.port(), handshake()).why() == "127.0.0.1");
    CHECK(asked == 1);
}

TEST_CASE("a proxy may speak the PROXY protocol over a Unix socket")
{
    socket_folder folder;
    const auto path = folder / "hub.sock";
    world w;
    w.serve({.listeners = {{.unix_path = path, .proxy_protocol = true}},
             .authenticate = say_address,
             .proxies = {"unix"}});
    asio::io_context context{1};
    unix_socket::socket socket{context};
    socket.connect(unix_socket::endpoint{path});
    asio::write(socket, asio::buffer(relayed_for("203.0.113.7")));
    std::string got;
    error_code ec;
    asio::read(socket, asio::dynamic_buffer(got), ec);
    CHECK(ec == asio::error::eof);
    CHECK(got.find("203.0.113.7") != std::string::npos);
}

TEST_CASE("who ends, or is stopped, within a PROXY header is done with")
{
    world w;
    w.serve(with_proxies({"127.0.0.1"}, true));
    asio::io_context context{1};
    std::vector<tcp::socket> cut;
    for (const auto* begun : {"", "PROXY TCP4 203", "\r\n\r\n"}) {
        auto& socket = cut.emplace_back(context);
        socket.connect({asio::ip::address_v4::loopback(), w.port()});
        asio::write(socket, asio::buffer(std::string{begun}));
        socket.shutdown(tcp::socket::shutdown_send);
    }
    raw_client waiting{w.port()};
    raw_client begun{w.port()};
    begun.send("PROXY TCP4 2");
    CHECK(ask(w.port(), relayed_for("203.0.113.7")).status == 401); // by now that has been read
    for (auto& socket : cut) {
        char byte{};
        error_code ec;
        socket.read_some(asio::buffer(&byte, 1), ec);
        CHECK(ec == asio::error::eof);
    }
    w.server().stop();
    CHECK(waiting.closed());
    CHECK(begun.closed());
}

TEST_CASE("an API in a router of its own knows proxies as well")
{
    world w;
    w.hub().configure("device:", {});
    w.run();
    const http_api api{w.hub(), {.allow_loopback_writes = true, .proxies = {"127.0.0.1"}}};
    const auto status = [&](const char* header, const char* value) {
        http::request<http::string_body> request{http::verb::post, "/api/v1/publish", 11};
        request.set(http::field::host, "localhost");
        request.set(header, value);
        request.body() = R"({"room":"device:1","type":"t"})";
        request.prepare_payload();
        return api.async_handle(request, asio::ip::address_v4::loopback(), asio::use_future).get().result_int();
    };
    CHECK(status("X-Other", "1") == 200);
    CHECK(status("X-Forwarded-For", "127.0.0.1") == 403);
    CHECK(status("Forwarded", "for=\"") == 403);
}

TEST_CASE("whose PROXY headers are believed has to be said")
{
    world w;
    CHECK(failure_to_listen(w, {.address = "127.0.0.1", .port = 0, .proxy_protocol = true})
              .starts_with("invalid_argument: "));
    CHECK(failure_to_listen(w, {.proxy_protocol = true, .listeners = {any_port()}}).find("proxy_protocol") !=
          std::string::npos);
    CHECK(failure_to_listen(w, {.listeners = {{.address = "127.0.0.1", .port = 0, .proxy_protocol = true}}})
              .find("server_options::proxies") != std::string::npos);
    w.serve({.listens = false});
    tcp::acceptor opened{w.context(), {asio::ip::address_v4::loopback(), 0}};
    CHECK_THROWS_AS(w.server().listen(std::move(opened), {}, true), std::invalid_argument);
}

TEST_CASE("one listener speaks the PROXY protocol, another does not, and one is an acceptor of the application's")
{
    world w;
    auto options = with_proxies({"127.0.0.1", "unix"});
    options.address = server_options{}.address;
    options.port = server_options{}.port;
    options.listeners = {any_port(), {.address = "127.0.0.1", .port = 0, .proxy_protocol = true}};
    w.serve(options);
    tcp::acceptor opened{w.context(), {asio::ip::address_v4::loopback(), 0}};
    w.server().listen(std::move(opened), {}, true);
    const auto ports = w.server().ports();
    REQUIRE(ports.size() == 3);
    CHECK(ask(ports[0], handshake()).why() == "127.0.0.1");
    CHECK(ask(ports[0], relayed_for("203.0.113.7")).status == 400); // it is not guessed
    CHECK(ask(ports[1], relayed_for("203.0.113.7")).why() == "203.0.113.7");
    CHECK(ask(ports[2], relayed_for("203.0.113.7")).why() == "203.0.113.7");
}

TEST_CASE("what a proxy leaves before the path is taken off")
{
    world w;
    std::string asked;
    server_options options{.address = "127.0.0.1", .port = 0, .path_prefix = "/live/2"};
    options.on_request = [&](const auto& request, auto& answer) {
        asked = request.target();
        answer.body() = "page";
        return true;
    };
    w.serve(options);
    const auto target_of = [&](const char* target) {
        CHECK(ask(w.port(), get(target)).body == "page");
        return std::exchange(asked, "");
    };
    CHECK(ask(w.port(), handshake("/live/2/api/v1/ws")).status == 101);
    CHECK(ask(w.port(), handshake()).status == 101); // a probe, or another way in
    CHECK(ask(w.port(), get("/live/2/healthz")).status == 200);
    CHECK(ask(w.port(), get("/healthz")).status == 200);
    CHECK(target_of("/live/2/page?q=/live/2/") == "/page?q=/live/2/");
    CHECK(target_of("/live/2") == "/");
    CHECK(target_of("/live/2?q") == "/?q");
    CHECK(target_of("/live/22/page") == "/live/22/page");
    CHECK(target_of("/live/2/live/2/page") == "/live/2/page"); // once
    CHECK(target_of("/") == "/");

    for (const auto* bad : {"live", "/live/", "/", "/a?b", "/a#b", "/a b"}) {
        const auto why = failure_to_listen(w, {.address = "127.0.0.1", .port = 0, .path_prefix = bad});
        CHECK(why.find('"' + std::string{bad} + '"') != std::string::npos);
    }
}

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// A server on a Unix socket: its clients, and the socket's file.
#include "http/unix_support.hpp"

#include <boost/asio/write.hpp>

#include <array>
#include <fstream>

using namespace fanfare;
using namespace fanfare::test;

namespace {

// As a process leaves it that was killed.
void leave_stale_socket(const std::string& path)
{
    asio::io_context context{1};
    const unix_socket::acceptor gone{context, unix_socket::endpoint{path}};
}

} // namespace

TEST_CASE("an event stream comes over a Unix socket as well")
{
    socket_folder folder;
    const auto path = folder / "hub.sock";
    world w;
    w.hub().configure("chat:", {});
    w.serve({.listeners = {{.unix_path = path}}});
    asio::io_context context{1};
    unix_socket::socket socket{context};
    socket.connect(unix_socket::endpoint{path});
    asio::write(socket,
                asio::buffer(std::string{"GET /api/v1/sse?rooms=chat:1 HTTP/1.1\r\nHost: localhost\r\n\r\n"}));
    std::string got;
    const auto read_until = [&](std::string_view what) {
        std::array<char, 4096> bytes;
        while (got.find(what) == std::string::npos)
            got.append(bytes.data(), socket.read_some(asio::buffer(bytes)));
    };
    read_until("\"subscribed\"");
    CHECK(got.starts_with("HTTP/1.1 200"));
    w.hub().publish("chat:1", "n", 42);
    read_until("\"payload\":42");
}

TEST_CASE("a client of a Unix socket has no address: it is not this machine's, and no limit lumps it with others")
{
    socket_folder folder;
    const auto path = folder / "hub.sock";
    const std::string body = R"({"room":"global","type":"n","payload":1})";
    const auto publish = [&](const std::string& key) {
        return unix_http(path, http::verb::post, "/api/v1/publish", body, key).result_int();
    };
    world w{{.max_connections_per_address = 1}};
    server_options options{.listeners = {any_port(), {.unix_path = path}}};

    SECTION("without a key only who comes by the loopback interface may publish")
    {
        options.api.allow_loopback_writes = true;
        w.serve(options);
        CHECK(publish({}) == 403);
        CHECK(http_post_text(w.port(), "/api/v1/publish", body).result_int() == 200);
    }
    SECTION("with the key it may")
    {
        options.api.admin_key = "secret";
        w.serve(options);
        CHECK(publish({}) == 401);
        CHECK(publish("secret") == 200);
    }
    SECTION("the limit for an address is none for them all")
    {
        options.authenticate = [](const handshake_request& r) {
            return auth_result{identity{.user_id = "from-" + r.remote_address()}};
        };
        w.serve(options);
        client tcp_one{w.port()};
        CHECK(client{w.port(), {}, false}.status() == 429);
        unix_client one{path};
        unix_client two{path};
        CHECK(one.open());
        CHECK(two.open());
        CHECK(two.hello.at("user_id") == "from-0.0.0.0");
    }
}

TEST_CASE("the socket's file of a server that was killed is replaced, and goes with the new one")
{
    socket_folder folder;
    const auto path = folder / "hub.sock";
    leave_stale_socket(path);
    REQUIRE(std::filesystem::is_socket(path));
    world w;
    w.serve({.listeners = {{.unix_path = path}}});
    CHECK(unix_http(path, http::verb::get, "/healthz").result_int() == 200);
    w.destroy_server();
    CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("the socket's file is not removed if it is another's by now")
{
    socket_folder folder;
    const auto path = folder / "hub.sock";
    world w;
    w.serve({.listeners = {{.unix_path = path}}});
    std::filesystem::remove(path);
    asio::io_context context{1};
    const unix_socket::acceptor other{context, unix_socket::endpoint{path}};
    w.destroy_server();
    CHECK(std::filesystem::is_socket(path));
}

TEST_CASE("a Unix socket that somebody listens on is left to him, and the error names it")
{
    socket_folder folder;
    const auto path = folder / "hub.sock";
    asio::io_context context{1};
    unix_socket::acceptor other{context, unix_socket{}};
    other.bind(unix_socket::endpoint{path});
    other.listen(0);
    world w;
    std::vector<unix_socket::socket> waiting;
    if (GENERATE(false, true)) // also when his queue is full, so that one more would have to wait
        for (error_code ec; !ec;) {
            waiting.emplace_back(context, unix_socket{}).non_blocking(true);
            waiting.back().connect(unix_socket::endpoint{path}, ec);
            if (!ec)
                waiting.back().remote_endpoint(ec); // Asio takes a full queue for a connection
        }
    const auto why = failure_to_listen(w, {.listeners = {{.unix_path = path}}});
    INFO(why);
    CHECK(why.find("unix:" + path) != std::string::npos);
    CHECK(why.find("in use") != std::string::npos);
    unix_socket::socket accepted{context};
    other.accept(accepted); // who has waited, or the server, which has tried
    CHECK(std::filesystem::is_socket(path));
}

TEST_CASE("a path with something else than a socket is left as it is, and the error names it")
{
    socket_folder folder;
    const auto path = folder / "hub.sock";
    const auto stale = folder / "stale.sock";
    leave_stale_socket(stale);
    if (GENERATE(false, true))
        std::filesystem::create_symlink(stale, path);
    else
        std::ofstream{path} << "precious";
    world w;
    const auto why = failure_to_listen(w, {.listeners = {{.unix_path = path}}});
    INFO(why);
    CHECK(why.find("unix:" + path) != std::string::npos);
    CHECK(why.find("no socket") != std::string::npos);
    CHECK(std::filesystem::exists(path));
    CHECK(std::filesystem::exists(stale));
}

TEST_CASE("a path that no Unix socket can have is named")
{
    world w;
    const std::string path = "/" + std::string(200, 'p');
    const auto why = failure_to_listen(w, {.listeners = {{.unix_path = path}}});
    CHECK(why.find(path) != std::string::npos);
    CHECK(why.find("more than") != std::string::npos);
    const auto nowhere = failure_to_listen(w, {.listeners = {{.unix_path = "/nowhere/hub.sock"}}});
    CHECK(nowhere.find("/nowhere/hub.sock") != std::string::npos);
    CHECK(failure_to_listen(w, {.listeners = {{.unix_path = std::string{"zero\0byte", 9}}}}).find("zero byte") !=
          std::string::npos);
}

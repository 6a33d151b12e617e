// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// A hub's door in a server of the application's own. With TLS: tests/tls/endpoint.cpp.
#include "http/endpoint_support.hpp"

#include <fanfare/server.hpp>

#include <boost/asio/read.hpp>
#include <boost/beast/core/tcp_stream.hpp>

using namespace fanfare;
using namespace fanfare::test;
using namespace fanfare::test::raw;

namespace {

using socket_of_context = asio::basic_stream_socket<tcp, asio::io_context::executor_type>;

template <class Stream>
asio::awaitable<Stream> stream_of(tcp::socket socket)
{
    if constexpr (std::is_same_v<Stream, socket_of_context>) {
        auto& context = static_cast<asio::io_context&>(socket.get_executor().context());
        co_return Stream{context, tcp::v4(), socket.release()};
    } else {
        co_return Stream{std::move(socket)};
    }
}

exchange by_tcp(std::uint16_t port)
{
    return [port](std::string_view bytes, std::string_view until) {
        raw_client c{port};
        c.send(bytes);
        if (until.empty())
            return c.rest();
        return c.take(c.wait_for(until) + until.size());
    };
}

std::string refused_path(std::string path)
{
    asio::io_context context;
    hub<> h{context.get_executor()};
    std::string told;
    for (const bool own : {true, false})
        try {
            if (own)
                const endpoint door{h, {.path = path}};
            else
                const server all{h, {.address = "127.0.0.1", .port = 0, .path = path}};
            return "taken";
        } catch (const std::invalid_argument& e) {
            CHECK((own || told == e.what())); // both say the same
            told = e.what();
        }
    CHECK(told.find('"' + path + '"') != std::string::npos);
    return told;
}

} // namespace

TEMPLATE_TEST_CASE("an own server answers what it refuses as a server of the library does", "", tcp::socket,
                   beast::tcp_stream, socket_of_context)
{
    door_world w;
    const own_server<TestType> server{w.context(), &stream_of<TestType>, w.template taker<TestType>()};
    const client full{server.port(), {.target = "/api/v1/ws?user=full"}};
    check_refusals(w, by_tcp(server.port()));
}

TEMPLATE_TEST_CASE("an own server lets in who may enter, with what they sent behind the request", "", tcp::socket,
                   beast::tcp_stream, socket_of_context)
{
    door_world w;
    const own_server<TestType> server{w.context(), &stream_of<TestType>, w.template taker<TestType>()};
    check_entry(w, by_tcp(server.port()));
}

TEST_CASE("a client that sends on can read why it was refused, by each way in")
{
    door_world w;
    const bool by_hub = GENERATE(false, true); // with hub.accept in place of an endpoint
    const own_server<> server{w.context(), [&](tcp::socket s, const auto& request, std::string early) {
                                  if (by_hub)
                                      return w.hub().accept(std::move(s), request, identity{.user_id = "a\nb"});
                                  w.door.accept(std::move(s), request, std::move(early));
                              }};
    asio::io_context context;
    tcp::socket socket{context};
    socket.connect({asio::ip::address_v4::loopback(), server.port()});
    const std::string more(64 * 1024, 'x');
    asio::write(socket, asio::buffer(handshake() + more));
    std::string got;
    error_code ec;
    asio::read(socket, asio::dynamic_buffer(got), ec);
    CHECK(ec == asio::error::eof);
    CHECK(reply_in(got).status == (by_hub ? 400 : 401));
    asio::write(socket, asio::buffer(more)); // the server still takes it, or this side would be reset
    socket.shutdown(tcp::socket::shutdown_send);
    char byte{};
    CHECK(socket.read_some(asio::buffer(&byte, 1), ec) == 0);
    CHECK(ec == asio::error::eof);
}

TEST_CASE("a client that does not read why it was refused keeps the connection no longer than the limit")
{
    door_world w;
    const own_server<> server{w.context(), w.taker<tcp::socket>()};
    asio::io_context context;
    tcp::socket socket{context};
    socket.open(tcp::v4());
    socket.set_option(asio::socket_base::receive_buffer_size{4096});
    socket.connect({asio::ip::address_v4::loopback(), server.port()});
    asio::write(socket, asio::buffer(handshake("/api/v1/ws?user=long")));
    CHECK(eventually([&] {
        error_code ec;
        socket.write_some(asio::buffer("x", 1), ec); // until there is nobody to take it
        return ec.failed();
    }));
    CHECK(w.asked == 1);
    CHECK(w.hub().stats().refused == 1);
}

TEST_CASE("an own server's absolute targets are understood, and other servers' are not")
{
    door_world w;
    const own_server<> server{w.context(), w.taker<tcp::socket>()};
    const auto talk = by_tcp(server.port());
    CHECK(talk(handshake("http://localhost/api/v1/ws?user=ali"), "\"connected\"").starts_with("HTTP/1.1 101 "));
    CHECK(w.handled == 1);
    const auto elsewhere = reply_in(talk(handshake("http://evil.example/api/v1/ws?user=ali"), ""));
    CHECK(elsewhere.code() == "forbidden");
    CHECK(reply_in(talk(handshake("https://localhost/api/v1/ws?user=ali"), "")).status == 421);
    CHECK(w.asked == 1);
}

TEST_CASE("an endpoint whose events are off leaves their path to the application")
{
    world w;
    w.run();
    const endpoint door{w.hub(), {.path = "/chat", .events = false}};
    http::request<http::empty_body> request{http::verb::get, "/api/v1/sse", 11};
    CHECK_FALSE(door.handles(request));
    request.target("/chat?x=1");
    CHECK_FALSE(door.handles(request));
    request.set(http::field::connection, "upgrade");
    request.set(http::field::upgrade, "websocket");
    CHECK(door.handles(request));
    request.target("/chat/more");
    CHECK_FALSE(door.handles(request));
}

TEST_CASE("the page of an event stream's client may read what its posts are answered")
{
    door_world w;
    http::request<http::string_body> request{http::verb::post, "/api/v1/sse", 11};
    http::response<http::string_body> answer;
    const auto allowed = [&](std::string_view target, std::string_view origin) {
        request.target(target);
        request.set(http::field::origin, origin);
        answer = {};
        w.door.allow_page(request, answer);
        return answer[http::field::access_control_allow_origin];
    };
    CHECK(allowed("/api/v1/sse", "https://app.example") == "https://app.example");
    CHECK(allowed("/api/v1/sse", "https://evil.example").empty());
    CHECK(allowed("/api/v1/publish", "https://app.example").empty());
}

TEST_CASE("a path that no WebSocket can have is refused by its name")
{
    const auto [path, why] = GENERATE(table<const char*, const char*>({{"", "begin with /"},
                                                                       {"chat", "begin with /"},
                                                                       {"http://localhost/chat", "begin with /"},
                                                                       {"/chat?x", "query"},
                                                                       {"/chat#x", "fragment"},
                                                                       {"/my chat", "white space"},
                                                                       {"/chat\r\n", "white space"},
                                                                       {"/chat\x7f", "control characters"},
                                                                       {"/healthz", "HTTP API"},
                                                                       {"/readyz", "HTTP API"},
                                                                       {"/api/v1/publish", "HTTP API"},
                                                                       {"/api/v1/inbox/mark", "HTTP API"},
                                                                       {"/api/v1/ws/stats", "HTTP API"},
                                                                       {"/api/v1/sse", "HTTP API"}}));
    INFO(path);
    CHECK(refused_path(path).find(why) != std::string::npos);
}

TEST_CASE("a path that a WebSocket can have is taken")
{
    const std::string path = GENERATE("/", "/chat", "/api/v1/ws", "/api/v1/chat", "/a/b.c%20d~!$&'()*+,;=:@");
    CHECK(refused_path(path) == "taken");
}

TEST_CASE("who answers a handshake without the endpoint says what a refusal is in HTTP")
{
    http::request<http::empty_body> request{http::verb::get, "/in?ticket=x", 11};
    request.set(http::field::host, "localhost");
    request.set(http::field::origin, "https://evil.example");
    const auto view = describe_request(request, asio::ip::make_address("192.0.2.7"),
                                       std::make_shared<const tls_peer>(tls_peer{.version = "TLSv1.3"}));
    CHECK(view.method() == "GET");
    CHECK(view.path() == "/in");
    CHECK(view.query("ticket") == "x");
    CHECK(view.header("host") == "localhost");
    CHECK(view.remote_address() == "192.0.2.7");
    REQUIRE(view.tls());
    CHECK(view.tls()->version == "TLSv1.3");
    auto why = origin_allow_list{}.check(view);
    REQUIRE(why);
    why->retry_after = 7s;
    const auto answer = refusal_response(*why, request.version());
    CHECK(answer.result_int() == 403);
    CHECK(answer[http::field::retry_after] == "7");
    CHECK(json::parse(answer.body()).at("error").at("code") == "origin_not_allowed");
    CHECK(answer[http::field::content_length] == std::to_string(answer.body().size()));
    CHECK(refusal_response(make_refusal(error::unauthorized), 11)[http::field::www_authenticate] ==
          "Bearer realm=\"fanfare\"");
    CHECK(refusal_response(make_refusal(error::unauthorized, 401, true), 11)[http::field::www_authenticate] ==
          "Bearer realm=\"fanfare\", error=\"invalid_token\"");
}

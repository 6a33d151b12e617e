// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
//
// libFuzzer target for HTTP: a `server` on a Unix socket, and a client that sends what comes. The first byte of the
// input says how the rest is cut (see `cuts`). Whatever comes, every answer is well-formed and is that of one
// request, and where it is not certain where a request ends, nothing behind it is taken for one.
#include "http_framing.hpp"
#include "require.hpp"

#include <fanfare/bus/in_process.hpp>
#include <fanfare/hub.hpp>
#include <fanfare/server.hpp>
#include <fanfare/store/memory.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <unistd.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace fanfare;
using namespace fanfare::test;
namespace http = boost::beast::http;
using unix_stream = asio::local::stream_protocol;

constexpr std::string_view continue_answer = "HTTP/1.1 100 Continue\r\n\r\n";

struct cuts {
    explicit cuts(std::uint8_t byte) : coroutine{byte >= 128}, size{byte % 128u} {}
    bool coroutine;   // which of the two servers
    std::size_t size; // of the first pieces that are sent; 0: all at once
    static constexpr std::size_t pieces = 64;
};

// Two servers of one hub, for ever: one whose `on_request` answers at once, and one where that is a coroutine. What
// it was asked is in `seen`, and its answers name the place there.
class world {
public:
    static world& get()
    {
        static auto& it = *new world; // its handlers are never destroyed while they could be called
        return it;
    }

    // What the server answers to these bytes, up to the end of the connection.
    std::string answers(std::string_view bytes, cuts how)
    {
        seen.clear();
        unix_stream::socket client{context_};
        client.connect(how.coroutine ? coroutine_place_ : plain_place_);
        std::string out;
        bool ended = false;
        read_all(client, out, ended);
        for (std::size_t i = 0; !bytes.empty(); ++i) {
            const auto size = how.size == 0 || i == cuts::pieces ? bytes.size() : std::min(how.size, bytes.size());
            error_code ignored; // the server may have ended the connection
            asio::write(client, asio::buffer(bytes.substr(0, size)), ignored);
            bytes.remove_prefix(size);
            settle();
        }
        error_code ignored; // the same
        client.shutdown(unix_stream::socket::shutdown_send, ignored);
        settle();
        require(ended, "a client that has ended is left");
        client.close();
        settle();
        require(hub_.stats().connections == 0, "its WebSocket has ended, too");
        return out;
    }

    std::vector<framed_request> seen;

private:
    world()
    {
        hub_.configure("chat:", {});
        hub_.on_exception([](std::exception_ptr) { require(false, "no request makes the library throw"); });
        plain_.listen(unix_stream::acceptor{context_, plain_place_});
        coroutine_.listen(unix_stream::acceptor{context_, coroutine_place_});
    }

    static unix_stream::endpoint place_of(char which)
    {
        std::string name{"\0fanfare-http-fuzz-", 19}; // abstract: there is no file
        return unix_stream::endpoint{name + std::to_string(::getpid()) + which};
    }

    static server_options options_with(any_request_handler handler)
    {
        server_options out{.listens = false, .api = {.admin_key = "key"}, .on_request = std::move(handler)};
        out.max_header = 1024;
        out.max_body = 4096;
        out.authenticate = [](const handshake_request& r) {
            return auth_result{identity{.user_id = r.query("user").value_or("")}};
        };
        return out;
    }

    bool answer(const http_api::request_type& request, http_api::response_type& response)
    {
        response.set("X-Seen", std::to_string(seen.size()));
        seen.push_back({std::string{request.method_string()}, std::string{request.target()}, request.body()});
        if (const auto status = request.target(); status == "/204" || status == "/205" || status == "/304")
            response.result(static_cast<unsigned>(std::stoi(std::string{status.substr(1)})));
        response.keep_alive(request.target() != "/close");
        response.body() = "the answer";
        return true;
    }

    static void read_all(unix_stream::socket& from, std::string& out, bool& ended)
    {
        const auto buffer = std::make_shared<std::array<char, 16 * 1024>>();
        from.async_read_some(asio::buffer(*buffer), [&from, &out, &ended, buffer](error_code ec, std::size_t n) {
            if (ec == asio::error::operation_aborted)
                return;
            out.append(buffer->data(), n);
            ended = ec.failed();
            if (!ended)
                read_all(from, out, ended);
        });
    }

    // Nothing here waits for another thread, or for a time: what does not come now never comes.
    void settle()
    {
        context_.restart();
        context_.poll();
    }

    asio::io_context context_{1};
    hub<> hub_{context_.get_executor(), {.executors_are_serial = true}};
    const unix_stream::endpoint plain_place_ = place_of('p'), coroutine_place_ = place_of('c');
    server plain_{hub_,
                  options_with([this](const auto& request, auto& response) { return answer(request, response); })};
    server coroutine_{hub_, options_with([this](const http_api::request_type& request,
                                                http_api::response_type& response) -> asio::awaitable<bool> {
                          co_return answer(request, response);
                      })};
};

// Takes the next answer, which Beast must find well-formed.
http::response<http::string_body> take_answer(std::string_view& text, bool head_only)
{
    http::response_parser<http::string_body> parser;
    parser.eager(true);
    parser.skip(head_only);
    error_code ec;
    while (!parser.is_done() && !ec) {
        if (text.empty()) {
            parser.put_eof(ec);
            break;
        }
        text.remove_prefix(parser.put(asio::buffer(text), ec));
        if (parser.is_header_done() && parser.get()[http::field::content_type] == "text/event-stream")
            break;
    }
    require(!ec, "an answer is well-formed");
    return parser.release();
}

void check_fields(const http::response<http::string_body>& answer, std::string_view behind)
{
    const auto status = answer.result_int();
    require(status >= 200 && status <= 505 && answer.version() / 10 == 1, "a status that is sent here");
    require(answer.count(http::field::date) == 1, "an answer has one Date");
    require(answer.count(http::field::content_length) <= 1, "an answer has one length");
    require(status >= 400 || answer.count(http::field::transfer_encoding) == 0, "no answer comes in chunks");
    require(answer.keep_alive() || behind.empty(), "nothing comes behind the last answer");
}

// What `on_request` answered is the answer to the request in that place, as the bytes say it.
void check_seen(const http::response<http::string_body>& answer, const framed_request& asked, const world& w)
{
    const auto place = answer["X-Seen"];
    if (place.empty())
        return;
    const auto& seen = w.seen.at(std::stoul(std::string{place}));
    require(seen.method == asked.method, "the method is what was sent");
    require(seen.body == asked.body, "the body is what was sent");
    const bool origin_form = asked.target.starts_with('/') || asked.target == "*";
    require(!origin_form || seen.target == asked.target, "the target is what was sent");
}

void check_answers(std::string_view text, const framing& sent, const world& w)
{
    std::size_t by_application = 0;
    for (std::size_t i = 0; !text.empty(); ++i) {
        if (text.starts_with(continue_answer))
            text.remove_prefix(continue_answer.size());
        if (text.empty())
            break;
        require(i <= sent.requests.size(), "at most one answer for each request");
        const bool whole = i < sent.requests.size();
        const bool head = whole ? sent.requests[i].method == "HEAD" : sent.rest.starts_with("HEAD ");
        const auto answer = take_answer(text, head);
        if (answer.result_int() == 101 || answer[http::field::content_type] == "text/event-stream") {
            require(whole, "only a whole request becomes a WebSocket or a stream");
            return;
        }
        check_fields(answer, text);
        require(whole || (answer.result_int() >= 400 && !answer.keep_alive()),
                "what is no certain request is refused, and is the last");
        if (whole)
            check_seen(answer, sent.requests[i], w);
        by_application += answer.count("X-Seen");
    }
    require(by_application == w.seen.size(), "what the application was asked is answered");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size == 0)
        return 0;
    const std::string_view bytes{reinterpret_cast<const char*>(data) + 1, size - 1};
    auto& w = world::get();
    const auto answers = w.answers(bytes, cuts{data[0]});
    check_answers(answers, read_framing(bytes), w);
    return 0;
}

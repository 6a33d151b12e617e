// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_HTTP_EVENT_CLIENT_HPP
#define FANFARE_TESTS_HTTP_EVENT_CLIENT_HPP

#include "support/world.hpp"

#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>

#include <map>

namespace fanfare::test {

// One event as a browser sees it (HTML Living Standard, section 9.2.6).
struct event {
    std::string name;
    std::string data;
    std::string last_id;
    json::value message() const { return json::parse(data); }
};

// A blocking reader of Server-Sent Events, which keeps the last id and the delay as `EventSource` does.
class event_client {
public:
    explicit event_client(std::uint16_t port, const std::string& query = {}, const std::string& last_id = {},
                          const std::vector<std::pair<std::string, std::string>>& headers = {})
        : last_id_{last_id}
    {
        stream_.socket().connect({asio::ip::address_v4::loopback(), port});
        http::request<http::string_body> request{http::verb::get, "/api/v1/sse" + query, 11};
        request.set(http::field::host, "localhost");
        request.set(http::field::accept, "text/event-stream");
        if (!last_id.empty())
            request.set("Last-Event-ID", last_id);
        for (const auto& [name, value] : headers)
            request.insert(name, value);
        http::write(stream_, request);
        parser_.body_limit(boost::none);
        stream_.expires_after(patience);
        wait([&](auto done) { http::async_read_header(stream_, buffer_, parser_, done); });
        if (parser_.is_done() || parser_.get().result_int() != 200)
            wait([&](auto done) { http::async_read(stream_, buffer_, parser_, done); });
    }

    const http::response<http::string_body>& head() const { return parser_.get(); }
    const std::string& last_id() const { return last_id_; }
    const std::string& retry() const { return retry_; }
    std::size_t comments() const { return comments_; }

    // The next event, or none if the stream has ended.
    std::optional<event> read()
    {
        event out;
        bool has_data = false;
        for (;;) {
            const auto line = next_line();
            if (!line)
                return std::nullopt; // an event without its blank line counts for nothing
            if (line->empty()) {
                last_id_ = id_;
                out.last_id = id_;
                if (has_data)
                    return out;
                out = {};
            } else if (line->front() == ':') {
                ++comments_;
            } else {
                const auto colon = line->find(": ");
                const auto field = line->substr(0, colon);
                const auto value = colon == std::string::npos ? std::string{} : line->substr(colon + 2);
                if (field == "data")
                    out.data += (std::exchange(has_data, true) ? "\n" : "") + value;
                else if (field == "event")
                    out.name = value;
                else if (field == "id" || field == "id:")
                    id_ = value;
                else if (field == "retry")
                    retry_ = value;
            }
        }
    }
    json::value next()
    {
        const auto one = read();
        if (!one)
            throw std::runtime_error("the stream of events has ended");
        return one->message();
    }
    json::value next(std::string_view type)
    {
        auto message = next();
        if (message.at("type").as_string() != type)
            throw std::runtime_error("not " + std::string{type} + ": " + json::serialize(message));
        return message.get_object().contains("payload") ? message.at("payload") : json::value();
    }
    // Ends without a word.
    void drop() { stream_.close(); }

private:
    template <class Start>
    error_code wait(Start start)
    {
        error_code failure;
        bool finished = false;
        start([&](error_code ec, std::size_t) {
            failure = ec;
            finished = true;
        });
        context_.restart();
        while (!finished && context_.run_one() != 0)
            ;
        if (failure == beast::error::timeout)
            throw std::runtime_error("the test client waited in vain");
        return failure;
    }
    std::optional<std::string> next_line()
    {
        for (;;) {
            if (const auto end = text_.find('\n'); end != std::string::npos) {
                auto line = text_.substr(0, end);
                text_.erase(0, end + 1);
                return line;
            }
            stream_.expires_after(patience);
            if (buffer_.size() == 0) {
                const auto room = buffer_.prepare(4096);
                std::size_t got = 0;
                const auto ec = wait([&](auto done) {
                    stream_.async_read_some(room, [&got, done](error_code failed, std::size_t n) mutable {
                        got = n;
                        done(failed, n);
                    });
                });
                if (ec)
                    return std::nullopt;
                buffer_.commit(got);
            }
            text_ += beast::buffers_to_string(buffer_.data());
            buffer_.clear();
        }
    }

    asio::io_context context_{1};
    beast::tcp_stream stream_{context_};
    beast::flat_buffer buffer_;
    http::response_parser<http::string_body> parser_;
    std::string text_;
    std::string id_ = {};
    std::string last_id_;
    std::string retry_;
    std::size_t comments_ = 0;
};

// What a client of events says; the status of the answer.
inline http::response<http::string_body> post_event(std::uint16_t port, const std::string& body,
                                                    const std::string& content_type = "application/json")
{
    return http_post_text(port, "/api/v1/sse", body, {}, content_type);
}
inline unsigned say(std::uint16_t port, const json::value& hello, const json::value& message)
{
    return post_event(port, json::serialize(json::value{{"session", hello.at("session")}, {"message", message}}))
        .result_int();
}

} // namespace fanfare::test

#endif

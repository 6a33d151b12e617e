// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_SUPPORT_CLIENT_IPP
#define FANFARE_TESTS_SUPPORT_CLIENT_IPP

#include "support/client.hpp"

#include <boost/beast/core/buffers_to_string.hpp>

namespace fanfare::test {

template <class Stream>
basic_client<Stream>::~basic_client() = default;

template <class Stream>
void basic_client<Stream>::handshake(const client_options& options)
{
    websocket::permessage_deflate deflate;
    deflate.client_enable = options.deflate;
    socket_.set_option(deflate);
    socket_.set_option(websocket::stream_base::decorator([headers = options.headers](websocket::request_type& r) {
        for (const auto& [name, value] : headers)
            r.insert(name, value);
    }));
    socket_.read_message_max(64 * 1024 * 1024);
    error_code failure;
    wait([&](auto done) {
        socket_.async_handshake(response_, "localhost", options.target, [&failure, done](error_code ec) {
            failure = ec;
            done();
        });
    });
    open_ = !failure;
}

template <class Stream>
void basic_client<Stream>::send_text(std::string_view text, bool binary)
{
    socket_.binary(binary);
    failed_ = {};
    wait([&](auto done) {
        socket_.async_write(asio::buffer(text), [this, done](error_code ec, std::size_t) {
            failed_ = ec;
            done();
        });
    });
}

template <class Stream>
void basic_client<Stream>::send(const json::value& message)
{
    send_text(json::serialize(message));
}

template <class Stream>
std::optional<std::string> basic_client<Stream>::read()
{
    if (!open_)
        return std::nullopt;
    buffer_.clear();
    error_code failure;
    wait([&](auto done) {
        socket_.async_read(buffer_, [&failure, done](error_code ec, std::size_t) {
            failure = ec;
            done();
        });
    });
    if (!failure)
        return beast::buffers_to_string(buffer_.data());
    open_ = false;
    closed_with_ = failure == websocket::error::closed ? socket_.reason() : websocket::close_reason{1006};
    return std::nullopt;
}

template <class Stream>
json::value basic_client<Stream>::next()
{
    if (const auto text = read())
        return json::parse(*text);
    throw std::runtime_error("closed: " + std::to_string(closed_with_.code) + " " + closed_with_.reason.c_str());
}

template <class Stream>
json::value basic_client<Stream>::next(std::string_view type)
{
    auto message = next(); // no assertion here: any thread may read
    if (message.at("type").as_string() != type)
        throw std::runtime_error("not " + std::string{type} + ": " + json::serialize(message));
    const auto* payload = message.get_object().if_contains("payload");
    return payload ? *payload : json::value();
}

template <class Stream>
std::vector<json::value> basic_client<Stream>::drain()
{
    send({{"type", "ping"}, {"request_id", "drain"}});
    std::vector<json::value> all;
    for (auto m = next(); m.at("type").as_string() != "pong"; m = next())
        all.push_back(std::move(m));
    return all;
}

template <class Stream>
json::value basic_client<Stream>::subscribe(json::array rooms)
{
    send({{"type", "subscribe"}, {"payload", {{"rooms", std::move(rooms)}}}});
    return next("subscribed");
}

template <class Stream>
std::uint16_t basic_client<Stream>::closed()
{
    while (read())
        ;
    return closed_with_.code;
}

template <class Stream>
std::string basic_client<Stream>::close_reason() const
{
    return std::string{closed_with_.reason.data(), closed_with_.reason.size()};
}

template <class Stream>
void basic_client<Stream>::close()
{
    wait([&](auto done) { socket_.async_close(websocket::close_code::normal, [done](error_code) { done(); }); });
    open_ = false;
}

template <class Stream>
template <class Start>
void basic_client<Stream>::wait(Start start)
{
    const auto finished = std::make_shared<bool>(false);
    start([finished] { *finished = true; });
    const auto deadline = std::chrono::steady_clock::now() + patience;
    context_.restart();
    while (!*finished) {
        if (context_.run_one_until(deadline) == 0 && std::chrono::steady_clock::now() > deadline)
            give_up();
        context_.restart();
    }
}

template <class Stream>
void basic_client<Stream>::give_up()
{
    beast::close_socket(beast::get_lowest_layer(socket_));
    context_.restart();
    context_.run_for(1s);
    throw std::runtime_error("the test client waited in vain");
}

} // namespace fanfare::test

#endif

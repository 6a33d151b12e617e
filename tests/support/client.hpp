// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_SUPPORT_CLIENT_HPP
#define FANFARE_TESTS_SUPPORT_CLIENT_HPP

#include "support/catch.hpp"
#include "support/eventually.hpp"

#include <fanfare/config.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace fanfare::test {

namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using tcp = asio::ip::tcp;
using namespace std::chrono_literals;

struct client_options {
    std::string target = "/api/v1/ws";
    std::vector<std::pair<std::string, std::string>> headers{};
    bool deflate = false;
    // For clients that do not read: the less the kernel takes for them, the sooner the server notices.
    int receive_buffer = 0;
};

// A blocking WebSocket client, by Beast. Every wait has an end. The bodies are in client.ipp: client.cpp has compiled
// them for TCP, once for all tests; who wants another stream includes client.ipp.
template <class Stream>
class basic_client {
public:
    template <class... Arguments>
    explicit basic_client(asio::io_context& context, Arguments&&... arguments)
        : context_{context}, socket_{std::forward<Arguments>(arguments)...}
    {}
    ~basic_client();
    basic_client(const basic_client&) = delete;
    basic_client& operator=(const basic_client&) = delete;

    void handshake(const client_options& options);

    bool open() const { return open_; }
    unsigned status() const { return response_.result_int(); }
    const websocket::response_type& response() const { return response_; }

    void send_text(std::string_view text, bool binary = false);
    void send(const json::value& message);
    error_code failed() const { return failed_; }

    // The next message, or none if the connection has ended.
    std::optional<std::string> read();
    bool got_binary() const { return socket_.got_binary(); }

    json::value next();
    // The payload of the next message, which must be of this type.
    json::value next(std::string_view type);
    // Everything that arrives before the pong that answers a ping: the way to see that nothing came.
    std::vector<json::value> drain();
    json::value subscribe(json::array rooms);

    // Reads until the end; the code that it ended with.
    std::uint16_t closed();
    std::string close_reason() const;

    void close();

    websocket::stream<Stream>& stream() { return socket_; }

protected:
    // Starts an operation and runs the context until it has called `done`.
    template <class Start>
    void wait(Start start);

    // The pending operation refers to the stack: it must end before the exception leaves.
    [[noreturn]] void give_up();

    asio::io_context& context_;
    websocket::stream<Stream> socket_;
    websocket::response_type response_;
    beast::flat_buffer buffer_;
    websocket::close_reason closed_with_;
    error_code failed_;
    bool open_ = false;
};
extern template class basic_client<tcp::socket>;

struct own_context {
    asio::io_context own{1};
};

class client : private own_context, public basic_client<tcp::socket> {
public:
    // Connects; `hello` is the payload of `connected` if the upgrade went well and `greeted`.
    explicit client(std::uint16_t port, const client_options& options = {}, bool greeted = true);
    client(std::uint16_t port, std::string_view user);
    client(std::uint16_t port, const char* user) : client{port, std::string_view{user}} {}
    ~client();

    std::string id() const { return hello.at("connection_id").as_string().c_str(); }
    json::value hello;
};

// One request to the HTTP side.
http::response<http::string_body> http_get(std::uint16_t port, const std::string& target,
                                           const std::string& key = {});
http::response<http::string_body> http_post_text(std::uint16_t port, const std::string& target,
                                                 const std::string& body, const std::string& key = {},
                                                 const std::string& content_type = {});

inline std::string text_of(const json::value& v)
{
    return json::serialize(v);
}

inline std::vector<std::int64_t> counting(std::int64_t first, std::int64_t last)
{
    std::vector<std::int64_t> all;
    for (auto i = first; i <= last; ++i)
        all.push_back(i);
    return all;
}

// A member of a room that does not read until it is told to.
inline client_options slow_reader(std::string_view user = {})
{
    return {.target = "/api/v1/ws?user=" + std::string{user}, .receive_buffer = 4096};
}

} // namespace fanfare::test

#endif

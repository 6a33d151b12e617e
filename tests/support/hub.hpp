// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_SUPPORT_HUB_HPP
#define FANFARE_TESTS_SUPPORT_HUB_HPP

#include "support/catch.hpp"
#include "support/eventually.hpp"

#include <fanfare/bus/in_process.hpp>
#include <fanfare/hub.hpp>
#include <fanfare/server.hpp>
#include <fanfare/store/memory.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

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

// Threads that run io_contexts, a hub on them with a shard each, and a server. Everything else the tests set up
// between `world w` and `w.serve()`.
template <class Bus, class Store = memory_store>
class basic_world {
public:
    explicit basic_world(hub_options options = {}, std::size_t shards = 1, Bus bus = {}, Store store = Store{})
    {
        std::vector<asio::any_io_executor> executors;
        for (std::size_t i = 0; i != shards; ++i) {
            contexts_.push_back(std::make_unique<asio::io_context>(1));
            guards_.emplace_back(contexts_.back()->get_executor());
            executors.emplace_back(contexts_.back()->get_executor());
        }
        hub_.emplace(executors, std::move(bus), std::move(store), options);
    }
    ~basic_world()
    {
        server_.reset();
        hub_.reset();
        stop();
    }
    basic_world(const basic_world&) = delete;
    basic_world& operator=(const basic_world&) = delete;

    fanfare::hub<Bus, Store>& hub() { return *hub_; }
    fanfare::server& server() { return *server_; }
    asio::io_context& context() { return *contexts_.front(); }
    std::uint16_t port() const { return server_->port(); }

    // Listens, without a thread that runs anything.
    void listen(server_options options = {})
    {
        options.address = "127.0.0.1";
        options.port = 0;
        if (!options.authenticate)
            options.authenticate = [](const handshake_request& r) {
                return auth_result{identity{.user_id = r.query("user").value_or("")}};
            };
        server_.emplace(*hub_, std::move(options));
    }
    void run()
    {
        for (auto& c : contexts_)
            threads_.emplace_back([&c = *c] { c.run(); });
    }
    basic_world& serve(server_options options = {})
    {
        listen(std::move(options));
        run();
        return *this;
    }
    // What the hub leaves behind is destroyed with the contexts, in mid-flight.
    void stop()
    {
        for (auto& c : contexts_)
            c->stop();
        for (auto& t : threads_)
            t.join();
        threads_.clear();
    }
    void destroy_hub() { hub_.reset(); }
    void destroy_server() { server_.reset(); }

private:
    using guard = asio::executor_work_guard<asio::io_context::executor_type>;

    std::vector<std::unique_ptr<asio::io_context>> contexts_;
    std::vector<guard> guards_;
    std::optional<fanfare::hub<Bus, Store>> hub_;
    std::optional<fanfare::server> server_;
    std::vector<std::thread> threads_;
};
using world = basic_world<in_process_bus>;

// Two hubs with servers on one bus.
struct two_worlds {
    explicit two_worlds(std::size_t first_shards = 1, std::size_t second_shards = 1)
        : one{{}, first_shards, bus}, two{{}, second_shards, bus}
    {
        one.serve();
        two.serve();
    }
    in_process_bus bus;
    world one;
    world two;
};

struct client_options {
    std::string target = "/api/v1/ws";
    std::vector<std::pair<std::string, std::string>> headers{};
    bool deflate = false;
    // For clients that do not read: the less the kernel takes for them, the sooner the server notices.
    int receive_buffer = 0;
};

// A blocking WebSocket client, by Beast. Every wait has an end.
template <class Stream>
class basic_client {
public:
    template <class... Arguments>
    explicit basic_client(asio::io_context& context, Arguments&&... arguments)
        : context_{context}, socket_{std::forward<Arguments>(arguments)...}
    {}

    void handshake(const client_options& options)
    {
        websocket::permessage_deflate deflate;
        deflate.client_enable = options.deflate;
        socket_.set_option(deflate);
        socket_.set_option(
            websocket::stream_base::decorator([headers = options.headers](websocket::request_type& r) {
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

    bool open() const { return open_; }
    unsigned status() const { return response_.result_int(); }
    const websocket::response_type& response() const { return response_; }

    void send_text(std::string_view text, bool binary = false)
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
    void send(const json::value& message) { send_text(json::serialize(message)); }
    error_code failed() const { return failed_; }

    // The next message, or none if the connection has ended.
    std::optional<std::string> read()
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
    bool got_binary() const { return socket_.got_binary(); }

    json::value next()
    {
        if (const auto text = read())
            return json::parse(*text);
        throw std::runtime_error("closed: " + std::to_string(closed_with_.code) + " " +
                                 closed_with_.reason.c_str());
    }
    // The payload of the next message, which must be of this type.
    json::value next(std::string_view type)
    {
        auto message = next(); // no assertion here: any thread may read
        if (message.at("type").as_string() != type)
            throw std::runtime_error("not " + std::string{type} + ": " + json::serialize(message));
        const auto* payload = message.get_object().if_contains("payload");
        return payload ? *payload : json::value();
    }
    // Everything that arrives before the pong that answers a ping: the way to see that nothing came.
    std::vector<json::value> drain()
    {
        send({{"type", "ping"}, {"request_id", "drain"}});
        std::vector<json::value> all;
        for (auto m = next(); m.at("type").as_string() != "pong"; m = next())
            all.push_back(std::move(m));
        return all;
    }
    json::value subscribe(json::array rooms)
    {
        send({{"type", "subscribe"}, {"payload", {{"rooms", std::move(rooms)}}}});
        return next("subscribed");
    }

    // Reads until the end; the code that it ended with.
    std::uint16_t closed()
    {
        while (read())
            ;
        return closed_with_.code;
    }
    std::string close_reason() const
    {
        return std::string{closed_with_.reason.data(), closed_with_.reason.size()};
    }

    void close()
    {
        wait([&](auto done) {
            socket_.async_close(websocket::close_code::normal, [done](error_code) { done(); });
        });
        open_ = false;
    }

    auto& stream() { return socket_; }

protected:
    // Starts an operation and runs the context until it has called `done`.
    template <class Start>
    void wait(Start start)
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

    // The pending operation refers to the stack: it must end before the exception leaves.
    [[noreturn]] void give_up()
    {
        beast::close_socket(beast::get_lowest_layer(socket_));
        context_.restart();
        context_.run_for(1s);
        throw std::runtime_error("the test client waited in vain");
    }

    asio::io_context& context_;
    websocket::stream<Stream> socket_;
    websocket::response_type response_;
    beast::flat_buffer buffer_;
    websocket::close_reason closed_with_;
    error_code failed_;
    bool open_ = false;
};

struct own_context {
    asio::io_context own{1};
};

class client : private own_context, public basic_client<tcp::socket> {
public:
    // Connects; `hello` is the payload of `connected` if the upgrade went well and `greeted`.
    explicit client(std::uint16_t port, const client_options& options = {}, bool greeted = true)
        : basic_client<tcp::socket>{own, own}
    {
        auto& socket = socket_.next_layer();
        socket.open(tcp::v4());
        if (options.receive_buffer != 0)
            socket.set_option(asio::socket_base::receive_buffer_size{options.receive_buffer});
        socket.connect({asio::ip::address_v4::loopback(), port});
        socket.set_option(tcp::no_delay{true});
        handshake(options);
        if (open_ && greeted)
            hello = next("connected");
    }
    client(std::uint16_t port, std::string_view user)
        : client{port, client_options{.target = "/api/v1/ws?user=" + std::string{user}}}
    {}
    client(std::uint16_t port, const char* user) : client{port, std::string_view{user}} {}

    std::string id() const { return hello.at("connection_id").as_string().c_str(); }
    json::value hello;
};

// One request to the HTTP side.
inline http::response<http::string_body> http_get(std::uint16_t port, const std::string& target,
                                                  const std::string& key = {})
{
    asio::io_context context;
    tcp::socket socket{context};
    socket.connect({asio::ip::address_v4::loopback(), port});
    http::request<http::string_body> request{http::verb::get, target, 11};
    request.set(http::field::host, "localhost");
    if (!key.empty())
        request.set(http::field::authorization, "Bearer " + key);
    http::write(socket, request);
    beast::flat_buffer buffer;
    http::response<http::string_body> answer;
    http::read(socket, buffer, answer);
    return answer;
}

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

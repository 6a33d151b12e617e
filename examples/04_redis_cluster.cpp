// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// One of several instances that are one hub through Redis. 04_redis_cluster.sh starts Redis and three of them.
//   04_redis_cluster NAME REDIS_URL [INSTANCES]
#include <fanfare/bus/redis.hpp>
#include <fanfare/fanfare.hpp>
#include <fanfare/server.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <chrono>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>

namespace asio = boost::asio;
namespace websocket = boost::beast::websocket;
using tcp = asio::ip::tcp;
using hub_type = fanfare::hub<fanfare::redis_bus>;

void say(const std::string& text)
{
    std::cout << text + "\n" << std::flush;
}

// One of alice's devices, that came to this instance: prints what arrives.
asio::awaitable<void> client(std::string name, std::uint16_t port)
{
    websocket::stream<tcp::socket> socket{co_await asio::this_coro::executor};
    co_await socket.next_layer().async_connect({asio::ip::address_v4::loopback(), port}, asio::use_awaitable);
    co_await socket.async_handshake("localhost", "/api/v1/ws?user=alice", asio::use_awaitable);
    for (boost::beast::flat_buffer buffer;; buffer.clear()) {
        co_await socket.async_read(buffer, asio::use_awaitable);
        const auto message = boost::json::parse({static_cast<const char*>(buffer.data().data()), buffer.size()});
        const auto type = std::string{message.at("type").as_string()};
        if (type == "hello" || type == "notification")
            say("  " + name + "'s client got " + type + ": " + boost::json::serialize(message.at("payload")));
    }
}

std::string in_words(const fanfare::receipt& r)
{
    return std::to_string(r.local_receivers) + " here, " + std::to_string(r.nodes.value_or(0)) +
           " other instances";
}

asio::awaitable<void> play(std::string name, hub_type& hub, std::size_t instances)
{
    // Until all instances are there and their clients are in their rooms.
    fanfare::cluster_stats all;
    asio::steady_timer pause{co_await asio::this_coro::executor};
    do {
        pause.expires_after(std::chrono::milliseconds{100});
        co_await pause.async_wait(asio::use_awaitable);
        if (hub.status().up)
            all = co_await hub.async_cluster_stats(std::chrono::seconds{1}, asio::use_awaitable);
    } while (all.users < instances);

    const boost::json::value hello{{"from", name}};
    auto sent = co_await hub.room("group:all").async_publish("hello", hello, asio::use_awaitable);
    say(name + " published hello: " + in_words(sent));
    // A variable: GCC 12 destroys an aggregate that is made inside of a co_await expression twice.
    const fanfare::notification note{.title = name, .message = "on all your devices"};
    sent = co_await hub.async_notify("alice", note, asio::use_awaitable);
    say(name + " notified alice: " + in_words(sent));
    say(name + " sees " + std::to_string(all.nodes.size()) + " instances with " + std::to_string(all.connections) +
        " connections");
}

int main(int argc, char** argv)
try {
    if (argc < 3) {
        std::cerr << "04_redis_cluster NAME REDIS_URL [INSTANCES]\n";
        return 2;
    }
    const std::string name = argv[1];
    asio::io_context ioc{1};
    hub_type hub{ioc.get_executor(), fanfare::redis_bus{ioc, argv[2]}};
    hub.on_bus([&](const fanfare::bus_status& now) {
        say(name + (now.up ? " is connected to Redis" : " has no Redis: " + now.problem));
    });
    fanfare::server_options options{.address = "127.0.0.1", .port = 0};
    options.authenticate = [](const fanfare::handshake_request& request) {
        return fanfare::identity{.user_id = request.query("user").value_or(""), .rooms = {"group:all"}};
    };
    fanfare::server server{hub, options};

    asio::co_spawn(ioc, client(name, server.port()), asio::detached);
    asio::co_spawn(ioc, play(name, hub, argc > 3 ? std::strtoul(argv[3], nullptr, 10) : 1),
                   [](std::exception_ptr e) {
                       if (e)
                           std::rethrow_exception(e);
                   });
    ioc.run();
} catch (const std::exception& e) {
    std::cerr << "04_redis_cluster: " << e.what() << '\n';
    return 1;
}

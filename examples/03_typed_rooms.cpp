// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Rooms that carry a struct, namespaces with rules of their own, and a question that clients may ask.
//   client sends {"type":"price","request_id":1,"payload":{"symbol":"ACME"}}
#include <fanfare/fanfare.hpp>
#include <fanfare/server.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/describe.hpp>
#include <boost/json.hpp>

#include <csignal>
#include <functional>
#include <iostream>
#include <map>
#include <random>
#include <string>

namespace asio = boost::asio;

struct quote {
    std::string symbol;
    double price = 0;
};
BOOST_DESCRIBE_STRUCT(quote, (), (symbol, price))

int main()
{
    asio::io_context ioc;
    fanfare::hub hub{ioc.get_executor()};

    // A receiver that is slow gets the newest price of each symbol, not all of them.
    hub.configure("ticker:", {.overflow = fanfare::overflow_policy::latest_per_key});
    // Clients may write here, and a slow one is told how many messages it lost.
    hub.configure("chat:", {.overflow = fanfare::overflow_policy::drop_oldest, .client_publish = true});

    std::map<std::string, double> prices{{"ACME", 100.0}, {"INITECH", 42.0}};
    hub.on_message("price", [&](const fanfare::request& asked) -> asio::awaitable<boost::json::value> {
        // Here a real application would await its database.
        const auto symbol = boost::json::value_to<std::string>(asked.payload().at("symbol"));
        co_return boost::json::value_from(quote{symbol, prices.at(symbol)});
    });

    fanfare::server server{hub, {.address = "127.0.0.1", .port = 8080}};
    const auto room = hub.room<quote>("ticker:all");
    std::mt19937 random{std::random_device{}()};
    std::normal_distribution<double> step{0.0, 0.5};

    asio::steady_timer timer{ioc};
    bool stopping = false;
    std::function<void()> tick = [&] {
        timer.expires_after(std::chrono::milliseconds{100});
        timer.async_wait([&](boost::system::error_code ec) {
            if (ec || stopping)
                return;
            for (auto& [symbol, price] : prices)
                room.publish("quote", {symbol, price += step(random)}, {.key = symbol});
            tick();
        });
    };
    tick();
    std::cout << "ws://localhost:8080/api/v1/ws, rooms ticker:all and chat:ANY\n";

    asio::signal_set signals{ioc, SIGINT, SIGTERM};
    signals.async_wait([&](boost::system::error_code, int) {
        stopping = true;
        timer.cancel();
        server.async_shutdown({}, asio::detached); // when that is done, nothing is left to run
    });
    ioc.run();
}

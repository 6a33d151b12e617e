// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// The smallest server: clients connect to ws://localhost:8080/api/v1/ws, subscribe to `global`, and hear the time.
#include <fanfare/fanfare.hpp>
#include <fanfare/server.hpp>

#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <csignal>
#include <functional>
#include <iostream>

int main()
{
    boost::asio::io_context ioc;
    fanfare::hub hub{ioc.get_executor()};
    fanfare::server server{hub, {.address = "127.0.0.1", .port = 8080}};
    const auto room = hub.room("global");

    boost::asio::steady_timer timer{ioc};
    bool stopping = false;
    std::function<void()> tick = [&] {
        timer.expires_after(std::chrono::seconds{1});
        timer.async_wait([&](boost::system::error_code ec) {
            if (ec || stopping)
                return;
            const auto receipt = room.publish("tick", {{"clients", hub.stats().connections}});
            std::cout << "tick: " << receipt.local_receivers << " receivers\n";
            tick();
        });
    };
    tick();

    boost::asio::signal_set signals{ioc, SIGINT, SIGTERM};
    signals.async_wait([&](boost::system::error_code, int) {
        stopping = true;
        timer.cancel();
        server.async_shutdown({}, boost::asio::detached); // when that is done, nothing is left to run
    });
    ioc.run();
}

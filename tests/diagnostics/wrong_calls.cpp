// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include <fanfare/fanfare.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <utility>
#include <vector>

namespace asio = boost::asio;

struct no_port {};

int main()
{
    asio::io_context ioc;
    fanfare::hub hub{ioc.get_executor()};
    fanfare::hub four{std::vector(4, ioc.get_executor())};
    hub.publish("news", "added", {{"id", 1}});
    hub.broadcast("added", {{"id", 1}});
    hub.send_to_user("ann", "added", {{"id", 1}});
#if MISTAKE == 1
    asio::ip::tcp::socket socket{ioc};
    hub.accept(std::move(socket), 0);
#elif MISTAKE == 2
    asio::ip::tcp::socket socket{ioc};
    hub.accept_events(std::move(socket), 0);
#elif MISTAKE == 3
    hub.authorize([](int) { return true; });
#elif MISTAKE == 4
    hub.on_message("vote", [](int) {});
#elif MISTAKE == 5
    fanfare::hub wrong{ioc.get_executor(), no_port{}};
#elif MISTAKE == 6
    fanfare::hub wrong{ioc.get_executor(), fanfare::in_process_bus{}, no_port{}};
#endif
}

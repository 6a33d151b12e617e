// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// A unit that only publishes.
#include <fanfare/fanfare.hpp>

#include <boost/asio/io_context.hpp>

int main()
{
    boost::asio::io_context io;
    fanfare::hub hub{io.get_executor()};
    hub.publish("chat:1", "message", boost::json::value{{"text", "hello"}});
    io.run();
}

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// A program that only publishes: of the static library it holds neither the server nor what talks to a database.
#include <fanfare/fanfare.hpp>

#include <boost/asio/io_context.hpp>

#include <iostream>

int main()
{
    boost::asio::io_context io;
    fanfare::hub hub{io.get_executor()};
    hub.publish("chat:1", "message", {{"text", "hello"}});
    hub.async_shutdown({}, [](fanfare::error_code ec) { std::cout << "published: " << ec.message() << '\n'; });
    io.run();
}

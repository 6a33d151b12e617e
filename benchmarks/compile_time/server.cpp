// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// A unit with the library's own server.
#include <fanfare/fanfare.hpp>
#include <fanfare/server.hpp>

#include <boost/asio/io_context.hpp>

int main()
{
    boost::asio::io_context io;
    fanfare::hub hub{io.get_executor()};
    fanfare::server server{hub, {.port = 8080}};
    io.run();
}

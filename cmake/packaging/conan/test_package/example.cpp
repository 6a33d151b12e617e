// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include <fanfare/fanfare.hpp>

#include <boost/asio/io_context.hpp>

#include <iostream>

int main()
{
    boost::asio::io_context ioc;
    fanfare::hub hub{ioc.get_executor()};
    const auto receipt = hub.room("global").publish("hello", {{"version", FANFARE_VERSION_STRING}});
    std::cout << "Fanfare " << FANFARE_VERSION_STRING << ": " << (receipt ? "published" : "refused") << '\n';
    return receipt ? 0 : 1;
}

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "other.hpp"

#include <fanfare/fanfare.hpp>
#include <fanfare/server.hpp>
#if defined(FANFARE_WITH_SQLITE)
#include <fanfare/store/sqlite.hpp>
#endif

#include <boost/asio/io_context.hpp>

#include <iostream>

#if defined(EXPECT_COMPILED) != defined(FANFARE_SEPARATE_COMPILATION)
#error "FANFARE_SEPARATE_COMPILATION must come with fanfare::compiled, and only with it"
#endif

int main()
{
    // The same category in both translation units, or error codes would not compare.
    fanfare::error_code const here = fanfare::error::forbidden;
    if (here != forbidden_elsewhere() || here.message().empty()) {
        std::cerr << "the two translation units do not agree\n";
        return 1;
    }
    boost::asio::io_context ioc;
    fanfare::hub hub{ioc.get_executor()};
    fanfare::server server{hub, {.address = "127.0.0.1", .port = 0}};
    if (!hub.room("global").publish("hello", {{"port", server.port()}}) || server.port() == 0) {
        std::cerr << "the hub takes no message\n";
        return 1;
    }
#if defined(FANFARE_WITH_SQLITE)
    if (fanfare::sqlite_category().message(1).empty()) {
        std::cerr << "SQLite has no words\n";
        return 1;
    }
#endif
    std::cout << "Fanfare " << FANFARE_VERSION_STRING << ": " << here.message() << '\n';
}

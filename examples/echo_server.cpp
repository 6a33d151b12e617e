// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Every text or binary message comes back: for conformance suites, and to see raw connections at work.
#include "command_line.hpp"

#include <fanfare/fanfare.hpp>
#include <fanfare/server.hpp>

#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <exception>
#include <iostream>
#include <string>

namespace {

constexpr auto help = R"(echo_server: every text or binary message comes back
  --address IP     listen on this address (127.0.0.1)
  --port N         listen on this port, 0 for any (9001)
  --limit BYTES    of one message (16777216)
  --deflate        offer permessage-deflate
)";

struct settings {
    fanfare::server_options server{.address = "127.0.0.1", .port = 9001, .path = "/"};
    fanfare::hub_options hub{.max_message_size = 16 * 1024 * 1024, .message_rate = 0};
    bool only_help = false;
};

settings parse(int argc, char** argv)
{
    settings s;
    for (demo::command_line words{argc, argv}; !words.done();) {
        const auto option = words.option();
        if (option == "--address")
            s.server.address = words.value();
        else if (option == "--port")
            s.server.port = static_cast<std::uint16_t>(words.number(0, 65'535));
        else if (option == "--limit")
            s.hub.max_message_size = words.number(1, 1024 * 1024 * 1024);
        else if (option == "--deflate")
            s.hub.deflate = true;
        else if (option == "--help")
            s.only_help = true;
        else
            words.unknown();
    }
    s.server.origins = fanfare::origin_allow_list::any();
    // What is sent back waits for the client: a few messages of the largest size.
    s.hub.outbox_bytes = 4 * s.hub.max_message_size + 1024 * 1024;
    s.hub.outbox_messages = 1'000'000;
    s.hub.deflate_min_size = 0;
    return s;
}

} // namespace

int main(int argc, char** argv)
try {
    const auto chosen = parse(argc, argv);
    if (chosen.only_help) {
        std::cout << help;
        return 0;
    }
    demo::raise_descriptor_limit();
    boost::asio::io_context ioc;
    fanfare::hub hub{ioc.get_executor(), chosen.hub};
    hub.on_raw([](fanfare::raw_connection& from, std::string_view data, bool binary) { from.send(data, binary); });
    boost::asio::signal_set signals{ioc, SIGINT, SIGTERM}; // before anybody sees that it listens
    fanfare::server server{hub, chosen.server};
    std::cout << "ws://" << chosen.server.address << ":" << server.port() << "/" << std::endl;

    signals.async_wait([&](boost::system::error_code, int) {
        server.async_shutdown({.reconnect_spread = {}}, boost::asio::detached); // then nothing is left to run
    });
    ioc.run();
} catch (const std::exception& e) {
    std::cerr << "echo_server: " << e.what() << '\n';
    return 2;
}

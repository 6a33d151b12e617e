// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_HTTP_EVENTS_SUPPORT_HPP
#define FANFARE_TESTS_HTTP_EVENTS_SUPPORT_HPP

// What the tests of Server-Sent Events share.
#include "http/event_client.hpp"

#include <fanfare/auth/ticket.hpp>
#include <fanfare/sse.hpp>

#include <boost/asio/use_future.hpp>
#include <boost/beast/_experimental/test/stream.hpp>

namespace fanfare::test::events {

struct events_world : world {
    explicit events_world(hub_options options = {},
                          const room_options& rules = {.client_publish = true, .history = 100},
                          server_options server = {})
        : world{options}
    {
        hub().configure("chat:", rules);
        hub().configure("user:", {.history = 100});
        serve(std::move(server));
    }
    void publish(std::string_view room, int first, int last)
    {
        for (auto i = first; i <= last; ++i)
            REQUIRE(hub().publish(room, "n", json::value(i)));
    }
};

// The numbers from here on up to `last`, in the order in which they come.
inline std::vector<std::int64_t> until(event_client& c, std::int64_t last)
{
    std::vector<std::int64_t> all;
    while (all.empty() || all.back() != last) {
        const auto message = c.next();
        INFO(text_of(message));
        CHECK(message.at("type").as_string() == "n");
        all.push_back(message.at("payload").as_int64());
    }
    return all;
}

} // namespace fanfare::test::events

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_REQUESTS_HISTORY_SUPPORT_HPP
#define FANFARE_TESTS_REQUESTS_HISTORY_SUPPORT_HPP

// What the tests of rooms with history share.
#include "support/world.hpp"

#include <boost/asio/use_future.hpp>
#include <sys/resource.h>

#include <algorithm>

namespace fanfare::test::history {

inline const room_options with_history{.client_publish = true, .history = 100};

struct chat_world : world {
    explicit chat_world(hub_options options = {}, std::size_t shards = 1, const room_options& rules = with_history)
        : world{options, shards}
    {
        hub().configure("chat:", rules);
        hub().configure("plain:", {});
        serve();
    }
    void publish(std::string_view room, int first, int last)
    {
        for (auto i = first; i <= last; ++i)
            REQUIRE(hub().publish(room, "n", json::value(i)));
    }
};

inline json::value position_of(const json::value& message)
{
    return {{"epoch", message.at("epoch")}, {"offset", message.at("offset")}};
}

inline json::value subscribe_since(client& c, std::string_view room, const json::value& since)
{
    c.send({{"type", "subscribe"}, {"payload", {{"rooms", json::array{room}}, {"since", {{room, since}}}}}});
    return c.next("subscribed");
}

inline std::vector<std::int64_t> numbers(client& c)
{
    std::vector<std::int64_t> all;
    for (const auto& m : c.drain()) {
        INFO(text_of(m));
        CHECK(m.at("type").as_string() == "n");
        all.push_back(m.at("payload").as_int64());
    }
    return all;
}

// As many clients of this process as it may have files for; each takes two sockets and what its context needs.
inline std::size_t sockets_for(std::size_t clients)
{
    rlimit files{};
    REQUIRE(getrlimit(RLIMIT_NOFILE, &files) == 0);
    files.rlim_cur = std::min<rlim_t>(files.rlim_max, 16'384);
    REQUIRE(setrlimit(RLIMIT_NOFILE, &files) == 0);
    return std::min<std::size_t>(clients, static_cast<std::size_t>(files.rlim_cur) / 8);
}

} // namespace fanfare::test::history

#endif

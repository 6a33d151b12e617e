// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// How much waits for one client, whichever ways it comes: never more than its outbox may hold, and one message.
#include "support/catch.hpp"
#include "support/held_store.hpp"

#include <fanfare/bus/in_process.hpp>
#include <fanfare/detail/hub/hub_core.hpp>
#include <fanfare/hub.hpp>
#include <fanfare/local_connection.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

using namespace fanfare;
using namespace fanfare::test;

namespace {

constexpr std::size_t outbox = 64 * 1024;
constexpr std::size_t large = 4'000;

// A hub that runs when the test says so, and its one client.
struct watched_client {
    watched_client()
    {
        hub.configure("chat:", {.history = 10'000});
        hub.configure("live:", {.overflow = overflow_policy::drop_oldest});
        link = hub.connect({.user_id = "alice"}, {.on_message = [this](std::string_view text) { take(text); }});
        ask({"live:1"}, {});
    }
    void run()
    {
        context.restart();
        while (context.poll_one() != 0)
            look();
    }
    // Sums what waits.
    void look()
    {
        detail::for_each_session(hub.core()->shards.first(),
                                 [this](const detail::session& s) { most = std::max(most, s.waiting_bytes()); });
    }
    void ask(const json::array& rooms, const json::object& since)
    {
        run();
        REQUIRE_FALSE(link.send(json::serialize(
            json::object{{"type", "subscribe"}, {"payload", {{"rooms", rooms}, {"since", since}}}})));
        run();
    }
    void publish(const std::string& room, std::size_t size = 0)
    {
        REQUIRE(hub.publish(room, "n", json::value{{"n", ++published[room]}, {"text", std::string(size, 'x')}}));
        run();
    }
    void take(std::string_view text)
    {
        const auto m = json::parse({text.data(), text.size()});
        if (m.at("type") == "n")
            CHECK(m.at("payload").at("n").to_number<int>() > std::exchange(last[room_of(m)], number_of(m)));
        if (m.at("type") == "n")
            ++told[room_of(m)];
        gaps += m.at("type") == "gap" ? 1 : 0;
    }
    static std::string room_of(const json::value& m) { return std::string{m.at("room").as_string()}; }
    static int number_of(const json::value& m) { return m.at("payload").at("n").to_number<int>(); }

    asio::io_context context{1};
    held_store store{held_store::reads::all};
    fanfare::hub<in_process_bus, held_store> hub{context.get_executor(), in_process_bus{}, store,
                                                 hub_options{.outbox_bytes = outbox, .message_rate = 0}};
    local_connection link;
    std::map<std::string, int> published, last, told;
    int gaps = 0;
    std::size_t most = 0;
};

} // namespace

TEST_CASE("what was read for a subscribe that is not answered makes way for what is live")
{
    watched_client c;
    json::array rooms;
    json::object since;
    for (int i = 0; i != 6; ++i) {
        const auto name = "chat:" + std::to_string(i);
        for (int n = 0; n != 400; ++n) // many small ones: on the wire a page is more than the store reads
            c.publish(name);
        std::string epoch;
        c.hub.async_history(name, {.limit = 1}, [&](error_code, const history_part& part) {
            epoch = detail::epoch_text(part.top.epoch);
        });
        c.run();
        rooms.emplace_back(name);
        since[name] = {{"epoch", epoch}, {"offset", 0}};
    }
    c.link.pause();
    c.store.hold();
    c.most = 0;
    c.ask(rooms, since);
    REQUIRE(c.store.held() == 6); // where the rooms are
    c.store.answer_held();
    c.run();
    REQUIRE(c.store.held() == 2); // at a time
    SECTION("pages, then live messages")
    {
        c.store.answer_held();
        c.run();
        CHECK(c.most > outbox / 2); // two pages wait
        CHECK(c.store.held() == 2); // for what there is in the next rooms
    }
    SECTION("live messages, then pages") {}
    for (std::size_t sent = 0; sent < 2 * outbox; sent += large)
        c.publish("live:1", large);
    CHECK(c.most > outbox - 2 * large);
    c.store.release();
    c.run();
    for (int i = 0; i != 6; ++i)
        c.publish("chat:" + std::to_string(i), large);
    CHECK(c.most <= outbox + large + 200);
    c.link.resume();
    c.run();
    CHECK(c.most <= outbox + large + 200);
    for (const auto& room : rooms) // all of it, once and in its order
        CHECK(c.told[std::string{room.as_string()}] == 401);
    CHECK(c.gaps == 1); // of live:1
    CHECK(c.last["live:1"] == c.published["live:1"]);
}

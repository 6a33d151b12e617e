// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Joining rooms whose history does not answer.
#include "support/held_store.hpp"
#include "support/world.hpp"

#include <boost/asio/use_future.hpp>

#include <string>
#include <vector>

using namespace fanfare;
using namespace fanfare::test;

namespace {

struct slow_world {
    slow_world()
    {
        for (const auto* name : {"user:", "chat:"})
            w.hub().configure(name, {.history = 10});
        w.serve();
    }
    receipt publish(const std::string& room, int n)
    {
        return w.hub().async_publish(room, "n", json::value(n), asio::use_future).get();
    }

    held_store store{held_store::reads::all};
    basic_world<in_process_bus, held_store> w{{}, 1, in_process_bus{}, store};
};

} // namespace

TEST_CASE("a store that does not answer holds up neither a greeting nor rooms without history")
{
    slow_world s;
    s.store.hold();
    client c{s.w.port(), "ann"}; // greeted
    CHECK_FALSE(c.hello.as_object().contains("positions"));
    const auto joined = c.subscribe({"device:1", "chat:1"});
    CHECK(joined.at("rooms").as_array().size() == 2);
    CHECK(joined.at("positions").as_object().empty());
    s.publish("device:1", 1);
    CHECK(c.next("n") == 1);
    // A message may come where the position is not known; what comes then follows it.
    s.publish("chat:1", 2);
    CHECK(c.next("n") == 2);
    s.store.release();
    CHECK(c.next().at("room") == "user:ann"); // a gap: see below
    s.publish("chat:1", 3);
    const auto m = c.next();
    CHECK(m.at("payload") == 3);
    CHECK(m.at("offset") == 2);
}

TEST_CASE("members who joined before the history could say where it is are told when it can")
{
    slow_world s;
    s.publish("chat:1", 1);
    s.store.hold();
    client c{s.w.port(), "ann"};
    c.subscribe({"chat:1"});
    s.store.release();
    std::vector<std::string> rooms;
    while (rooms.size() != 2) { // the user's own, too
        const auto m = c.next();
        CHECK(m.at("type") == "gap");
        rooms.emplace_back(m.at("room").as_string());
        const bool own = rooms.back() == "user:ann";
        CHECK(m.at("payload").at("reason") == "link_lost");
        CHECK(m.at("payload").at("offset") == (own ? 0 : 1)); // so that it can return
    }
    s.publish("chat:1", 2);
    CHECK(c.next("n") == 2);
}

TEST_CASE("readyz looks at the link of the store, and the hub names all its links")
{
    slow_world s;
    CHECK(http_get(s.w.port(), "/readyz").result_int() == 200);
    s.store.put_down({false, "no route to host"});
    const auto down = http_get(s.w.port(), "/readyz");
    CHECK(down.result_int() == 503);
    const auto said = json::parse(down.body());
    CHECK(said.at("status") == "store_down");
    CHECK(said.at("problem") == "no route to host");
    CHECK(http_get(s.w.port(), "/healthz").result_int() == 200);
    std::vector<std::string> names;
    for (const auto& one : s.w.hub().links()) {
        names.push_back(one.name);
        CHECK(one.status.up == (one.name != "store"));
    }
    CHECK(names == std::vector<std::string>{"bus", "store", "presence", "inbox", "revocations"});
    s.store.put_down({});
    CHECK(http_get(s.w.port(), "/readyz").result_int() == 200);
}

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// A file that another process holds.
#include "sqlite/support.hpp"
#include "support/world.hpp"

#include <fanfare/detail/sqlite/database.hpp>

#include <memory>

using namespace fanfare;
using namespace fanfare::test;

TEST_CASE("while another process holds the file a new user is greeted", "[sqlite]")
{
    const temporary_folder folder;
    asio::thread_pool disk{1};
    const sqlite_options patient{.busy_timeout = std::chrono::hours{1}};
    using sqlite_world = basic_world<in_process_bus, sqlite_store>;
    auto w = std::make_unique<sqlite_world>(hub_options{}, 1, in_process_bus{},
                                            sqlite_store{disk, folder.file(), patient});
    for (const auto* name : {"user:", "chat:"})
        w->hub().configure(name, {.history = 10});
    w->serve();
    {
        detail::sqlite_database other{folder.file(), {}};
        other.execute("BEGIN IMMEDIATE");
        REQUIRE(w->hub().publish("chat:1", "n", json::value(1))); // it waits, and whoever reads waits behind it
        client c{w->port(), "ann"};
        CHECK(c.subscribe({"device:1"}).at("rooms").as_array().size() == 1);
        other.execute("ROLLBACK");
    }
    client late{w->port(), "bob"};
    late.send({{"type", "subscribe"}, {"payload", {{"rooms", json::array{"chat:1"}}, {"last", {{"chat:1", 5}}}}}});
    late.next("subscribed");
    CHECK(late.next("n") == 1);
    w.reset();
    disk.join();
}

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// The helper for devices: telemetry, status and alerts go to the device's room, its groups and global.
#include "support/world.hpp"

#include <fanfare/device.hpp>

using namespace fanfare;
using namespace fanfare::test;

TEST_CASE("what a device says reaches its own room, its groups and global")
{
    world w;
    w.serve();
    client own{w.port()};
    client hall{w.port()};
    client all{w.port()};
    client other{w.port()};
    own.subscribe({"device:s-1"});
    hall.subscribe({"group:hall"});
    all.subscribe({"global"});
    other.subscribe({"device:s-2"});
    const device d{w.hub(), "s-1", {"hall"}};

    CHECK(d.telemetry(json::value{{"temperature", 21}, {"device_id", "forged"}}).local_receivers == 3);
    d.status("offline");
    d.alert("warning", "too hot", {{"limit", 20}});
    for (auto* c : {&own, &hall, &all}) {
        const auto values = c->next("telemetry");
        CHECK(values.at("temperature") == 21);
        CHECK(values.at("device_id") == "s-1");
        CHECK(c->next("device_status").at("status") == "offline");
        const auto alert = c->next("alert");
        CHECK(alert.at("severity") == "warning");
        CHECK(alert.at("message") == "too hot");
        CHECK(alert.at("limit") == 20);
        CHECK(alert.at("device_id") == "s-1");
    }
    CHECK(other.drain().empty());
}

TEST_CASE("a device refuses values that are no object, and names that cannot be rooms")
{
    world w;
    w.serve();
    const device d{w.hub(), "s-1"};
    CHECK(d.telemetry(json::value(7)).error == error::invalid_message);
    CHECK_THROWS_AS((device{w.hub(), "bad name"}), boost::system::system_error);
    CHECK_THROWS_AS((device{w.hub(), "s-1", {"bad,group"}}), boost::system::system_error);
}

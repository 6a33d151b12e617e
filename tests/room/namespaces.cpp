// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "support/catch.hpp"

#include <fanfare/detail/room/namespaces.hpp>
#include <fanfare/error.hpp>

#include <boost/system/system_error.hpp>

#include <string>
#include <string_view>

using namespace fanfare;
using fanfare::detail::namespaces;
using namespace std::chrono_literals;

namespace {

error_code problem_of(const namespaces& all, std::string_view room)
{
    error_code ec;
    const auto rules = all.rules_for(room, ec);
    CHECK((rules != nullptr) == !ec);
    return ec;
}

// What configuring ends with, and its words.
struct refusal {
    error_code code{};
    std::string words{};
};
template <class F>
refusal refused(F f)
{
    try {
        f();
    } catch (const boost::system::system_error& e) {
        return {e.code(), e.what()};
    }
    return {};
}

bool names(const refusal& r, std::string_view word)
{
    INFO(r.words);
    return r.words.find(word) != std::string::npos;
}

} // namespace

TEST_CASE("a new hub knows devices, groups, users and one room for all", "[namespaces]")
{
    const namespaces all{32, true};
    for (const auto* room : {"global", "device:1", "group:a", "user:alice", "user:tenant:alice"})
        CHECK_FALSE(problem_of(all, room));
    for (const auto* room : {"chat:1", "global:1", "device", "globals"})
        CHECK(problem_of(all, room) == error::unknown_room);
}

TEST_CASE("what is no name of a room is refused, however it is configured", "[namespaces]")
{
    const namespaces all{16, true};
    for (const auto* room : {"", "device:", ":", "device:a b", "device:*", "device:\n", "device:\xff"})
        CHECK(problem_of(all, room) == error::invalid_room);
    CHECK_FALSE(problem_of(all, "device:123456789"));
    CHECK(problem_of(all, "device:1234567890") == error::invalid_room);
}

TEST_CASE("what is kept under a name of an earlier version may be read, and only that", "[namespaces]")
{
    const namespaces all{32, true};
    error_code ec;
    CHECK(all.rules_to_read("device:a\xc2\xa0", ec));
    CHECK_FALSE(ec);
    CHECK(problem_of(all, "device:a\xc2\xa0") == error::invalid_room);
    CHECK_FALSE(all.rules_to_read("device:a b", ec));
    CHECK(ec == error::invalid_room);
    CHECK_FALSE(all.rules_to_read("nowhere:a", ec));
    CHECK(ec == error::unknown_room);
}

TEST_CASE("rules are those of the namespace before the first colon, or of the one room of that name",
          "[namespaces]")
{
    namespaces all{32, true};
    all.configure("chat:", {.client_publish = true});
    all.configure("chat", {.presence = true});
    CHECK(all.rules_for("chat:1:2")->client_publish);
    CHECK_FALSE(all.rules_for("chat:1")->presence);
    CHECK(all.rules_for("chat")->presence);
    CHECK_FALSE(all.rules_for("chat")->client_publish);
}

TEST_CASE("rules that are set again hold for those who ask from then on", "[namespaces]")
{
    namespaces all{32, true};
    const auto before = all.rules_for("device:1");
    all.configure("device:", {.client_publish = true});
    CHECK_FALSE(before->client_publish);
    CHECK(all.rules_for("device:1")->client_publish);
    CHECK(all.rules_for("device:1") == all.rules_for("device:2")); // one for all rooms
}

TEST_CASE("a namespace has a name without a colon inside", "[namespaces]")
{
    namespaces all{16, true};
    for (const std::string name : {"", ":", "a:b", "a:b:", "a::", "a b:", "a*", "12345678901234567"}) {
        INFO(name);
        const auto r = refused([&] { all.configure(name, {}); });
        CHECK(r.code == error::invalid_room);
        CHECK(names(r, "fanfare::hub::configure: " + name));
    }
    CHECK_FALSE(refused([&] { all.configure("1234567890123456", {}); }).code);
}

TEST_CASE("rules that cannot work are refused with what is wrong, and the old ones stay", "[namespaces]")
{
    namespaces all{32, true};
    all.configure("chat:", {.client_publish = true});
    const auto wrong = [&all](const room_options& rules, std::string_view words) {
        const auto r = refused([&] { all.configure("chat:", rules); });
        CHECK(r.code == error::invalid_config);
        CHECK(names(r, "chat:"));
        CHECK(names(r, words));
    };
    wrong({.overflow = overflow_policy::resync}, "resync and history_age need history");
    wrong({.history_age = 1s}, "resync and history_age need history");
    wrong({.history = 1, .history_age = -1ms}, "history_age must not be negative");
    wrong({.idempotency_window = 0ms}, "idempotency_window must be above zero");
    CHECK(all.rules_for("chat:1")->client_publish);
    CHECK_FALSE(refused([&] {
                    all.configure("chat:", {.overflow = overflow_policy::resync, .history = 1, .history_age = 1s});
                }).code);
    CHECK(all.rules_for("chat:1")->history == 1);
}

TEST_CASE("a room has no history where the processes of the bus share no store", "[namespaces]")
{
    namespaces all{32, false};
    const auto r = refused([&] { all.configure("chat:", {.history = 10}); });
    CHECK(r.code == error::invalid_config);
    CHECK(names(r, "history needs a store that the bus's other processes share"));
    CHECK(problem_of(all, "chat:1") == error::unknown_room);
    all.configure("chat:", {});
    CHECK_FALSE(problem_of(all, "chat:1"));
}

TEST_CASE("whoever asks for rules without an error code gets an exception that names the room", "[namespaces]")
{
    const namespaces all{32, true};
    CHECK(all.rules_for("device:1") != nullptr);
    const auto unknown = refused([&] { all.rules_for("chat:1"); });
    CHECK(unknown.code == error::unknown_room);
    CHECK(names(unknown, "chat:1"));
    const auto invalid = refused([&] { all.rules_for("not a room"); });
    CHECK(invalid.code == error::invalid_room);
    CHECK(names(invalid, "not a room"));
}

TEST_CASE("whoever asks for a room of a namespace that was configured without its colon is told so",
          "[namespaces]")
{
    namespaces rules{64, true};
    rules.configure("order", {});
    try {
        rules.rules_for("order:1");
        FAIL("order:1 is no room");
    } catch (const boost::system::system_error& wrong) {
        CHECK(wrong.code() == error::unknown_room);
        CHECK(std::string_view{wrong.what()}.find("order:, with the colon") != std::string_view::npos);
    }
}

TEST_CASE("a namespace keeps the number of its metrics, and those above the limit share one", "[namespaces]")
{
    namespaces all{32, true};
    all.configure("chat:", {});
    const auto number = all.rules_for("chat:1")->number;
    CHECK(number != 0);
    CHECK(all.names().at(number) == "chat:");
    CHECK(all.names().front().empty());
    all.configure("chat:", {.client_publish = true});
    CHECK(all.rules_for("chat:1")->number == number);
    for (int i = 0; i != 100; ++i)
        all.configure("n" + std::to_string(i) + ':', {});
    CHECK(all.names().size() == detail::max_metric_namespaces);
    CHECK(all.rules_for("n99:1")->number == 0);
    CHECK(all.rules_for("chat:2")->number == number);
}

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "support/catch.hpp"

#include <fanfare/detail/base/identity_fields.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <chrono>
#include <string>
#include <vector>

using namespace fanfare;
using namespace fanfare::detail;
using namespace std::chrono_literals;

namespace {

using wall = std::chrono::system_clock;
using names = std::vector<std::string>;

bool same(const identity& a, const identity& b)
{
    return a.user_id == b.user_id && a.claims == b.claims && a.expires_at == b.expires_at && a.rooms == b.rooms &&
           a.token_id == b.token_id && a.issued_at == b.issued_at;
}

wall::time_point at(std::int64_t milliseconds)
{
    return wall::time_point{std::chrono::milliseconds{milliseconds}};
}

json::object parsed(const std::string& text)
{
    return json::parse(text).as_object();
}

} // namespace

TEST_CASE("an identity comes back as it was written", "[identity]")
{
    const std::vector<identity> all{
        {},
        {.user_id = "ann"},
        {.user_id = "ann", .claims = {{"a", {1, 2.5, "x", nullptr}}}, .rooms = {"chat:1", "news:2"}},
        {.user_id = "ann", .expires_at = at(1'900'000'000'123), .token_id = "j-1", .issued_at = at(-5)},
        {.claims = {{"token_id", 1}}, .issued_at = at(0)},
    };
    for (const auto& who : all) {
        const auto text = json::serialize(identity_fields(who));
        INFO(text);
        const auto back = read_identity(parsed(text));
        REQUIRE(back);
        CHECK(same(*back, who));
    }
    // Times are whole milliseconds, never later than they were.
    CHECK(read_identity(identity_fields({.expires_at = at(5) + 999us}))->expires_at == at(5));
    CHECK(read_identity(identity_fields({.expires_at = at(-5) - 1us}))->expires_at == at(-6));
}

TEST_CASE("what is no identity is not guessed at", "[identity]")
{
    for (const auto* text :
         {R"({})", R"({"user_id":"a","claims":{}})", R"({"user_id":"a","rooms":[]})",
          R"({"claims":{},"rooms":[]})", R"({"user_id":1,"claims":{},"rooms":[]})",
          R"({"user_id":"a","claims":[],"rooms":[]})", R"({"user_id":"a","claims":{},"rooms":{}})",
          R"({"user_id":"a","claims":{},"rooms":[1]})", R"({"user_id":"a","claims":{},"rooms":[],"more":1})",
          R"({"user_id":"a","claims":{},"rooms":[],"token_id":1})",
          R"({"user_id":"a","claims":{},"rooms":[],"expires_at_ms":null})",
          R"({"user_id":"a","claims":{},"rooms":[],"expires_at_ms":1.5})",
          R"({"user_id":"a","claims":{},"rooms":[],"issued_at_ms":"1"})",
          R"({"user_id":"a","claims":{},"rooms":[],"expires_at_ms":9223372036854775807})"}) {
        INFO(text);
        CHECK_FALSE(read_identity(parsed(text)));
    }
}

TEST_CASE("a change leaves what it does not name", "[identity]")
{
    const identity before{.user_id = "ann",
                          .claims = {{"role", "guest"}},
                          .expires_at = at(1000),
                          .rooms = {"chat:1"},
                          .token_id = "j",
                          .issued_at = at(1)};
    const auto after = [&](const identity_change& change) {
        const auto read = read_change(parsed(json::serialize(change_fields(change))));
        REQUIRE(read);
        return changed(before, *read);
    };
    CHECK(same(after({}), before));
    auto wanted = before;
    wanted.claims = {{"role", "admin"}};
    CHECK(same(after({.claims = json::object{{"role", "admin"}}}), wanted));
    wanted = before;
    wanted.expires_at = at(2000);
    CHECK(same(after({.expires_at = at(2000)}), wanted));
    wanted.expires_at.reset();
    CHECK(same(after({.expires_at = at(2000), .never_expires = true}), wanted));
    wanted = before;
    wanted.rooms = {};
    CHECK(same(after({.rooms = names{}}), wanted));
    wanted.rooms = {"chat:2", "chat:3"};
    CHECK(same(after({.rooms = names{"chat:2", "chat:3"}}), wanted));
    for (const auto* text :
         {R"({"claims":null})", R"({"rooms":null})", R"({"rooms":[null]})", R"({"expires_at_ms":true})"}) {
        INFO(text);
        CHECK_FALSE(read_change(parsed(text)));
    }
}

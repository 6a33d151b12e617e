// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// What a hub knows to be revoked, and what a revocation may be.
#include "support/catch.hpp"

#include <fanfare/detail/base/json_fields.hpp>
#include <fanfare/detail/revocation/revocation_list.hpp>

#include <boost/json/parse.hpp>

#include <chrono>
#include <string>

using namespace fanfare;
using namespace fanfare::detail;
using namespace std::chrono_literals;

namespace {

using wall = std::chrono::system_clock;
using verdict = revocation_list::verdict;
using added = revocation_list::added;

const wall::time_point now{1'800'000'000s};

identity issued(std::string user, wall::time_point at, std::string token = {})
{
    return {.user_id = std::move(user), .token_id = std::move(token), .issued_at = at};
}

revocation by_user(std::string user, wall::time_point before = now)
{
    return {.user_id = std::move(user), .issued_before = before, .until = now + 1h};
}

} // namespace

TEST_CASE("revocations: a user's credentials that were issued before a time", "[revocation]")
{
    revocation_list list;
    CHECK(list.add(by_user("ann"), now) == added::changed);
    CHECK(list.check(issued("ann", now - 1ms), now) == verdict::revoked);
    CHECK(list.check({.user_id = "ann"}, now) == verdict::revoked); // whenever it was issued
    CHECK(list.check(issued("ann", now), now) == verdict::valid);
    CHECK(list.check(issued("bob", now - 1ms), now) == verdict::valid);
    CHECK(list.check({}, now) == verdict::valid);
    CHECK(list.check(issued("ann", now - 1ms), now + 1h) == verdict::valid); // expired by then
}

TEST_CASE("revocations: a credential of the same second counts as issued before", "[revocation]")
{
    revocation_list list;
    list.add(by_user("ann", now + 500ms), now);
    CHECK(list.check(issued("ann", now), now) == verdict::revoked); // issued at 0.2, or at 0.7: `iat` is the same
    CHECK(list.check(issued("ann", now + 1s), now) == verdict::valid);
}

TEST_CASE("revocations: a token, of anybody or of one user", "[revocation]")
{
    revocation_list list;
    list.add({.token_id = "t1", .until = now + 1h}, now);
    list.add({.user_id = "ann", .token_id = "t2", .until = now + 1h}, now);
    CHECK(list.check(issued("ann", now, "t1"), now) == verdict::revoked);
    CHECK(list.check(issued("bob", now, "t1"), now) == verdict::revoked);
    CHECK(list.check(issued("", now, "t1"), now) == verdict::revoked);
    CHECK(list.check(issued("ann", now, "t2"), now) == verdict::revoked);
    CHECK(list.check(issued("bob", now, "t2"), now) == verdict::valid);
    CHECK(list.check(issued("", now, "t2"), now) == verdict::valid);
    CHECK(list.check(issued("ann", now, "t3"), now) == verdict::valid);
    CHECK(list.check(issued("ann", now), now) == verdict::valid);
    CHECK(list.check(issued("ann", now, "t1"), now + 1h) == verdict::valid);
}

TEST_CASE("revocations: everybody's that were issued before a time", "[revocation]")
{
    revocation_list list;
    list.add(by_user(""), now);
    CHECK(list.check(issued("ann", now - 1s), now) == verdict::revoked);
    CHECK(list.check(issued("", now - 1s), now) == verdict::revoked);
    CHECK(list.check({.token_id = "t"}, now) == verdict::revoked);
    CHECK(list.check(issued("ann", now), now) == verdict::valid);
    CHECK(list.check({}, now) == verdict::valid); // no credential
}

TEST_CASE("revocations: the later of two times counts", "[revocation]")
{
    revocation_list list;
    CHECK(list.add(by_user("ann"), now) == added::changed);
    CHECK(list.add(by_user("ann"), now) == added::nothing);
    CHECK(list.add(by_user("ann", now - 1h), now) == added::nothing);
    CHECK(list.add(by_user("ann", now + 10s), now) == added::changed);
    CHECK(list.check(issued("ann", now + 9s), now) == verdict::revoked);
    auto longer = by_user("ann", now - 1h);
    longer.until = now + 2h;
    CHECK(list.add(longer, now) == added::changed);
    CHECK(list.check(issued("ann", now + 9s), now + 90min) == verdict::revoked);
    CHECK(list.size() == 1);
}

TEST_CASE("revocations: a full list refuses, and what has expired makes room", "[revocation]")
{
    revocation_list list{3};
    list.add({.token_id = "t", .until = now + 1s}, now);
    list.add({.user_id = "ann", .token_id = "t", .until = now + 1h}, now);
    list.add(by_user("bob"), now);
    CHECK(list.size() == 3);
    CHECK(list.add(by_user("cat"), now) == added::full);
    CHECK(list.add(by_user(""), now) == added::full);
    CHECK(list.add({.token_id = "u", .until = now + 1h}, now) == added::full);
    CHECK(list.add(by_user("bob", now + 1s), now) == added::changed); // it has its place
    CHECK(list.check(issued("cat", now - 1s), now) == verdict::valid);
    CHECK(list.add(by_user("cat"), now + 1s) == added::changed);
    CHECK(list.size() == 3);
    CHECK(list.check(issued("ann", now, "t"), now + 1s) == verdict::revoked);
    list.forget_expired(now + 1h);
    CHECK(list.size() == 0);
    CHECK(list.add(by_user("ann"), now + 1h) == added::nothing);
}

TEST_CASE("revocations: a full list looks for what has expired once a second", "[revocation]")
{
    revocation_list list{2};
    list.add({.token_id = "t", .until = now + 100ms}, now);
    list.add(by_user("bob"), now);
    CHECK(list.add(by_user("cat"), now + 999ms) == added::full);
    CHECK(list.size() == 2);
    CHECK(list.add(by_user("cat"), now + 1s) == added::changed);
    CHECK(list.size() == 2);
    CHECK(list.add(by_user("dan"), now + 2s) == added::full);
}

TEST_CASE("revocations: one by itself concerns whom the list would name", "[revocation]")
{
    const identity all[]{{},
                         issued("ann", now - 1s),
                         issued("ann", now),
                         issued("bob", now - 1s, "t"),
                         issued("ann", now - 1s, "t"),
                         issued("", now - 1s, "t"),
                         {.user_id = "ann"},
                         {.token_id = "t"}};
    for (const auto& one : {by_user("ann"), by_user(""), revocation{.token_id = "t", .until = now + 1h},
                            revocation{.user_id = "ann", .token_id = "t", .until = now + 1h}}) {
        revocation_list list;
        list.add(one, now);
        for (const auto& who : all)
            for (const auto at : {now, now + 59min, now + 1h}) {
                INFO(one.user_id << '/' << one.token_id << ' ' << who.user_id << '/' << who.token_id);
                CHECK(concerns(one, who, at) == (list.check(who, at) == verdict::revoked));
            }
    }
    CHECK(concerns(by_user("ann"), {.user_id = "ann"}, now));
    CHECK_FALSE(concerns({.user_id = "ann", .issued_before = now}, {.user_id = "ann"}, now)); // not settled
}

TEST_CASE("revocations: while the list is not complete nobody's credential is good", "[revocation]")
{
    revocation_list list;
    CHECK(list.complete());
    list.set_complete(false);
    CHECK(list.check(issued("ann", now), now) == verdict::unknown);
    CHECK(list.check({.token_id = "t"}, now) == verdict::unknown);
    CHECK(list.check({}, now) == verdict::valid);
    list.add(by_user("ann"), now);
    CHECK(list.check(issued("ann", now - 1s), now) == verdict::revoked);
    list.set_complete(true);
    CHECK(list.check(issued("ann", now), now) == verdict::valid);
}

TEST_CASE("revocations: what is left out is filled in, and times are rounded up", "[revocation]")
{
    const auto at = now + 1us;
    const auto user = settled({.user_id = "ann"}, at, 24h);
    CHECK(user.issued_before == now + 1ms);
    CHECK(user.until == now + 24h + 1ms);
    const auto token = settled({.token_id = "t", .until = now + 5s}, at, 24h);
    CHECK_FALSE(token.issued_before);
    CHECK(token.until == now + 5s);
    CHECK_FALSE(settled({}, at, 24h).issued_before); // never everybody by mistake
}

TEST_CASE("revocations: what cannot be is named", "[revocation]")
{
    const auto problem = [](revocation one) { return revocation_problem(settled(std::move(one), now, 1h), now); };
    CHECK(problem({.user_id = "ann"}).empty());
    CHECK(problem({.user_id = "ann", .token_id = "t"}).empty());
    CHECK(problem({.issued_before = now}).empty());
    CHECK(problem({}) == "issued_before must be given where there is neither user_id nor token_id");
    CHECK(problem({.token_id = "t", .issued_before = now}) == "issued_before must not be given with token_id");
    CHECK(problem({.token_id = std::string(4'096, 't')}).empty());
    CHECK(problem({.token_id = std::string(4'097, 't')}) == "token_id must be at most 4096 bytes of UTF-8");
    CHECK(problem({.token_id = "\xff"}) == "token_id must be at most 4096 bytes of UTF-8");
    CHECK(problem({.user_id = "\xff"}) == "user_id must be at most 4096 bytes of UTF-8");
    CHECK(problem({.user_id = "ann", .reason = std::string(124, 'r')}) ==
          "reason must be at most 123 bytes of UTF-8");
    CHECK(problem({.token_id = "t", .until = now}) == "until must be in the future");
    CHECK(problem({.token_id = "t", .until = now + 367 * 24h}) == "until must be within 366 days");
    CHECK(problem({.token_id = "t", .until = wall::time_point::max()}) == "until must be within 366 days");
    CHECK(problem({.issued_before = now + 2h}) == "issued_before must not be after until");
}

TEST_CASE("revocations: other processes read what was written, and nothing else", "[revocation]")
{
    for (const auto& one :
         {by_user("ann"), by_user(""), revocation{.token_id = "t", .until = now + 1h, .reason = "lost"},
          revocation{.user_id = "ann", .token_id = "t", .until = now + 1ms}}) {
        const auto got = read_revocation(revocation_fields(one));
        REQUIRE(got);
        CHECK(got->user_id == one.user_id);
        CHECK(got->token_id == one.token_id);
        CHECK(got->issued_before == one.issued_before);
        CHECK(got->until == one.until);
        CHECK(got->reason == one.reason);
    }
    for (const auto* bad :
         {R"({})", R"({"user":"ann"})", R"({"user":"ann","until_ms":1})",
          R"({"user":1,"before_ms":1,"until_ms":1})", R"({"user":"","before_ms":1,"until_ms":1})",
          R"({"token":null,"before_ms":1,"until_ms":1})", R"({"token":"t","before_ms":1,"until_ms":1})",
          R"({"token":"t","until_ms":"1"})", R"({"until_ms":1})", R"({"user":"ann","before_ms":"x","until_ms":1})",
          R"({"token":"t","until_ms":1,"reason":7})"}) {
        INFO(bad);
        CHECK_FALSE(read_revocation(json::parse(bad).as_object()));
    }
    CHECK_FALSE(read_revocation({{"token", std::string(4'097, 't')}, {"until_ms", 1}}));
    CHECK(revocation_key({.user_id = "b", .token_id = "a"}) != revocation_key({.user_id = "ab"}));
    CHECK(revocation_key({.user_id = "", .token_id = "ab"}) != revocation_key({.user_id = "b", .token_id = "a"}));
}

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_TESTING_REVOCATION_CHECKS_HPP
#define FANFARE_DETAIL_TESTING_REVOCATION_CHECKS_HPP

#include <fanfare/config.hpp>
#include <fanfare/revocation.hpp>
#include <fanfare/testing/blocking_revocations.hpp>
#include <fanfare/testing/check.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <set>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace fanfare::detail::revocation_promises {

using testing::blocking_revocations;
using testing::findings;
using time_point = std::chrono::system_clock::time_point;

inline time_point in_hours(int hours)
{
    using namespace std::chrono;
    return floor<milliseconds>(system_clock::now()) + std::chrono::hours{hours} + milliseconds{7};
}

/// Two handles of one store, as two hubs have them, and where a check says what it saw.
template <class Handles>
struct revocation_world {
    using store_type = std::remove_cvref_t<decltype(std::declval<Handles&>()->here())>;

    revocation_world(findings& found, std::chrono::milliseconds wait, const Handles& handles)
        : look{found}, patience{wait}, here{handles->here(), wait}, there{handles->there(), wait}
    {}

    findings& look;
    std::chrono::milliseconds patience;
    blocking_revocations<store_type> here, there;
};

inline const revocation* find_revocation(const std::vector<revocation>& all, std::string_view user,
                                         std::string_view token)
{
    for (const auto& one : all)
        if (one.user_id == user && one.token_id == token)
            return &one;
    return nullptr;
}

template <class World>
void check_added(World& w)
{
    auto& look = w.look;
    std::string cursor;
    look.about("R1", "an empty store is read");
    look.equal("the number of revocations", w.here.read_all(cursor).size(), 0);
    const std::string odd = "a \"b\" \n{c}:\xC3\xA4"; // texts of others
    const std::vector<revocation> given{
        {.user_id = "ann", .issued_before = in_hours(-1), .until = in_hours(1), .reason = odd},
        {.token_id = odd, .until = in_hours(2)},
        {.user_id = "ann", .token_id = "t", .until = in_hours(3)},
        {.issued_before = in_hours(0), .until = in_hours(4)},
        {.user_id = "old", .issued_before = time_point{}, .until = in_hours(24 * 365)}};
    for (const auto& one : given)
        w.here.add(one);
    cursor.clear();
    const auto got = w.there.read_all(cursor);
    look.equal("the number of revocations", got.size(), given.size());
    for (const auto& one : given) {
        look.about("R1", "one handle adds, the other reads");
        const auto* same = find_revocation(got, one.user_id, one.token_id);
        look.require(same != nullptr, "each is read");
        look.about("R4", "one handle adds, the other reads");
        look.expect(same->issued_before == one.issued_before, "issued_before is as it was given");
        look.expect(same->until == one.until, "until is as it was given");
        look.equal("the reason", same->reason, one.reason);
    }
}

template <class World>
void check_merged(World& w)
{
    auto& look = w.look;
    look.about("R2", "the same user is revoked again");
    const auto early = in_hours(-2), late = in_hours(-1), soon = in_hours(1), then = in_hours(2);
    w.here.add({.user_id = "ann", .issued_before = early, .until = then});
    w.there.add({.user_id = "ann", .issued_before = late, .until = soon});
    w.here.add({.user_id = "ann", .issued_before = early, .until = soon});
    w.here.add({.token_id = "t", .until = soon});
    w.there.add({.token_id = "t", .until = then});
    std::string cursor;
    const auto all = w.there.read_all(cursor);
    look.equal("the number of revocations", all.size(), 2);
    const auto* user = find_revocation(all, "ann", "");
    const auto* token = find_revocation(all, "", "t");
    look.require(user && token, "both are read");
    look.expect(user->issued_before == late, "the later issued_before counts");
    look.expect(user->until == then, "the later until counts");
    look.expect(token->until == then, "a token's later until counts");
}

template <class World>
void check_pages(World& w)
{
    auto& look = w.look;
    look.about("R3", "1,200 are read by pages");
    for (int i = 0; i != 1'200; ++i)
        w.here.add({.token_id = std::to_string(i), .until = in_hours(1)});
    std::string cursor;
    std::set<std::string> tokens;
    for (const auto& one : w.there.read_all(cursor))
        tokens.insert(one.token_id);
    look.equal("the number of different ones", tokens.size(), 1'200);
    look.expect(w.there.read(cursor).entries.empty(), "nothing follows the last cursor");
    w.there.add({.token_id = "new", .until = in_hours(1)});
    w.here.add({.token_id = "7", .until = in_hours(2)});
    auto more = cursor;
    const auto added = w.here.read_all(more);
    look.expect(find_revocation(added, "", "new") != nullptr, "what was added since follows a cursor");
    look.expect(find_revocation(added, "", "7") != nullptr, "what was changed since follows a cursor");
    std::string unknown = "what is this";
    look.expect(w.here.read_all(unknown).size() >= 1'201,
                "a cursor that it does not know begins at the beginning");
}

template <class World>
void check_handlers(World& w)
{
    auto& look = w.look;
    look.about("R5", "the calls of handlers are counted");
    constexpr std::size_t most = 50;
    const auto calls = std::make_shared<std::atomic<std::size_t>>(0);
    for (std::size_t i = 0; i != most; ++i) {
        w.here.store().async_add({.token_id = "often", .until = in_hours(1)}, [calls](error_code) { ++*calls; });
        w.here.store().async_read("", [calls](error_code, const revocation_page&) { ++*calls; });
    }
    look.expect(testing::eventually(w.patience, [&] { return *calls >= 2 * most; }), "each handler is called");
    w.here.read(); // whatever came twice has come by now
    look.equal("the number of calls", calls->load(), 2 * most);
}

} // namespace fanfare::detail::revocation_promises

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// The checks of presence stores find what is wrong with one, and name the clause.
#include "support/conformance.hpp"

#include <fanfare/presence.hpp>
#include <fanfare/presence/memory.hpp>
#include <fanfare/testing/presence_conformance.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace fanfare;

namespace {

enum class fault {
    none,
    tells_everybody, // each connection is the first of its user
    leaves_nowhere,  // who was not there is the last of its user
    refreshes_enter, // a refresh brings in who is missing
    forgets_info,
    ignores_limit,
    answers_twice,
    answers_never,
};

// Presence in memory, with one fault.
class faulty_presence {
public:
    faulty_presence(memory_presence store, fault what) : held_{std::move(store)}, what_{what} {}

    void async_enter(std::string_view room, presence_client client, const presence_changed& handler)
    {
        if (is(fault::forgets_info))
            client.info = nullptr;
        const bool named = !client.user_id.empty() && room.starts_with("chat:");
        const bool often = room == "often";
        held_.async_enter(room, std::move(client), [&](error_code ec, presence_change change) {
            if (is(fault::tells_everybody) && named)
                change.first_of_user = true;
            if (!(is(fault::answers_never) && often))
                handler(ec, change);
            if (is(fault::answers_twice) && often)
                handler(ec, change);
        });
    }
    void async_leave(std::string_view room, std::string_view id, const presence_changed& handler)
    {
        held_.async_leave(room, id, [&](error_code ec, presence_change change) {
            if (is(fault::leaves_nowhere) && room == "never")
                change.last_of_user = true;
            handler(ec, change);
        });
    }
    void async_refresh(std::vector<presence_entries> entries, const presence_refreshed& handler)
    {
        if (is(fault::refreshes_enter))
            for (const auto& [room, ids] : entries)
                for (const auto& id : ids)
                    held_.async_enter(room, {id, {}, nullptr}, [](error_code, const presence_change&) {});
        held_.async_refresh(std::move(entries), handler);
    }
    void async_read(std::string_view room, std::size_t limit, const presence_was_read& handler)
    {
        held_.async_read(room, is(fault::ignores_limit) ? std::size_t{5000} : limit, handler);
    }
    std::chrono::milliseconds lifetime() const { return held_.lifetime(); }

private:
    bool is(fault what) const { return what_ == what; }

    memory_presence held_;
    fault what_;
};

struct handles {
    explicit handles(fault what) : one{memory_presence{}, what}, other{one} {}
    faulty_presence& here() { return one; }
    faulty_presence& there() { return other; }
    faulty_presence one, other;
};

using clauses = std::set<std::string>;

clauses broken_by(fault what)
{
    const testing::check_options impatient{.patience = std::chrono::seconds{what == fault::none ? 30 : 1}};
    return test::broken_clauses(
        testing::presence_checks([what] { return std::make_unique<handles>(what); }, impatient));
}

} // namespace

TEST_CASE("the checks of presence stores find nothing in a store without a fault", "[presence][conformance]")
{
    CHECK(broken_by(fault::none) == clauses{});
}

TEST_CASE("the checks of presence stores name the clause that a faulty store breaks", "[presence][conformance]")
{
    const auto [what, expected] = GENERATE(table<fault, clauses>({
        {fault::tells_everybody, {"P1"}},
        {fault::leaves_nowhere, {"P2"}},
        {fault::refreshes_enter, {"P3"}},
        {fault::forgets_info, {"P4"}},
        {fault::ignores_limit, {"P5"}},
        {fault::answers_twice, {"P7"}},
        {fault::answers_never, {"P7"}},
    }));
    INFO("fault " << static_cast<int>(what));
    CHECK(broken_by(what) == expected);
}

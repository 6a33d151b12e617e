// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// The checks of stores find what is wrong with a store, and name the clause.
#include "support/conformance.hpp"

#include <fanfare/store.hpp>
#include <fanfare/store/memory.hpp>
#include <fanfare/testing/store_conformance.hpp>

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
    skips_offset,        // the twentieth message is answered as the one after
    epoch_comes_late,    // a room of 100 messages has none before its first message
    keeps_too_many,      // whatever the limit says
    keeps_too_long,      // whatever the age is
    from_is_included,    // a short page begins with the message that the reader has
    ignores_bytes,       // of a page
    forgets_except,      // which connection does not get a message
    forgets_keys,        // idempotency keys
    keeps_keys,          // idempotency keys, for ever
    answers_twice,       // an append
    answers_never,       // the last append of many
    hides_newest,        // of those that were answered
    processes_are_apart, // the third handle has a store of its own
    confuses_rooms,      // whose names begin alike
};

// The store in memory, with one fault.
class faulty_store {
public:
    faulty_store(memory_store store, fault what) : held_{std::move(store)}, what_{what} {}

    void async_append(history_append message, const append_done& done)
    {
        message.room = name_of(message.room);
        message.limits = limits_of(message.limits);
        if (is(fault::forgets_except))
            message.message.except = 0;
        if (is(fault::forgets_keys))
            message.idempotency_key = {};
        const bool twentieth = is(fault::skips_offset) && message.message.body == R"({"n":20})" &&
                               message.limits.messages == 100 && message.idempotency_key.empty();
        const bool last = message.message.body == R"({"n":200})";
        held_.async_append(std::move(message), [this, done, last, twentieth](append_answer answer) {
            if (twentieth)
                ++answer.at.offset;
            if (!is(fault::answers_never) || !last)
                done(answer);
            if (is(fault::answers_twice))
                done(answer);
        });
    }
    void async_read(std::string_view room, history_query query, const history_done& done)
    {
        query.limits = limits_of(query.limits);
        if (is(fault::from_is_included) && query.limit <= 10 && query.from != 0 && !query.newest_first)
            --query.from;
        if (is(fault::ignores_bytes))
            query.bytes = max_history_page_bytes;
        held_.async_read(name_of(room), query, [this, done, query](error_code ec, history_page page) {
            if (is(fault::epoch_comes_late) && page.top.offset == 0 && query.limits.messages == 100)
                page.top = {};
            if (is(fault::hides_newest) && query.limits.messages == 40 && page.top.offset > 1)
                --page.top.offset;
            done(ec, std::move(page));
        });
    }

private:
    bool is(fault what) const { return what_ == what; }
    std::string_view name_of(std::string_view room) const
    {
        return is(fault::confuses_rooms) && room.starts_with("device:") ? room.substr(0, 8) : room;
    }
    history_limits limits_of(history_limits limits) const
    {
        if (is(fault::keeps_too_many) && limits.messages <= 3)
            limits.messages = 1000;
        if (is(fault::keeps_too_long))
            limits.age = {};
        if (is(fault::keeps_keys))
            limits.idempotency_window = std::chrono::hours{1};
        return limits;
    }

    memory_store held_;
    fault what_;
};

static_assert(store<faulty_store>);

struct handles {
    handles(std::size_t n, fault what) : all(n, faulty_store{memory_store{}, what})
    {
        if (what == fault::processes_are_apart && n == 3)
            all.back() = faulty_store{memory_store{}, what};
    }
    faulty_store& store(std::size_t i) { return all[i]; }
    std::vector<faulty_store> all;
};

using clauses = std::set<std::string>;

clauses broken_by(fault what)
{
    // What a faulty store never does is waited for so long; what a good one does takes much less.
    const testing::check_options impatient{.patience = std::chrono::seconds{what == fault::none ? 30 : 2}};
    return test::broken_clauses(
        testing::store_checks([what](std::size_t n) { return std::make_unique<handles>(n, what); }, impatient));
}

} // namespace

TEST_CASE("the checks of stores find nothing in a store without a fault", "[store][conformance]")
{
    CHECK(broken_by(fault::none) == clauses{});
}

TEST_CASE("the checks of stores name the clause that a faulty store breaks", "[store][conformance]")
{
    const auto [what, expected] = GENERATE(table<fault, clauses>({
        {fault::skips_offset, {"S1"}},
        {fault::epoch_comes_late, {"S2"}},
        {fault::keeps_too_many, {"S3"}},
        {fault::keeps_too_long, {"S4"}},
        {fault::from_is_included, {"S5"}},
        {fault::ignores_bytes, {"S6"}},
        {fault::forgets_except, {"S7"}},
        {fault::forgets_keys, {"S8"}},
        {fault::keeps_keys, {"S9"}},
        {fault::answers_twice, {"S10"}},
        {fault::answers_never, {"S10"}},
        {fault::hides_newest, {"S11"}},
        {fault::processes_are_apart, {"S12"}},
        {fault::confuses_rooms, {"S13"}},
    }));
    INFO("fault " << static_cast<int>(what));
    CHECK(broken_by(what) == expected);
}

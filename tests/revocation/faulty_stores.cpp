// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// The checks of revocation stores find what is wrong with one, and name the clause; ours in memory breaks none.
#include "revocation/conformance.hpp"

#include <fanfare/revocation/memory.hpp>

#include <boost/system/system_error.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace fanfare;
using namespace fanfare::test;

namespace {

enum class fault {
    none,
    forgets,         // what concerns everybody
    keeps_the_first, // of two times, whichever is later
    loses_the_rest,  // of what is more than a page
    ignores_new,     // after a cursor
    rounds_times,    // to seconds
    answers_twice,
    answers_never,
};

// Revocations in memory, with one fault.
class faulty_store {
public:
    faulty_store(memory_revocation_store store, fault what) : held_{std::move(store)}, what_{what} {}

    void async_add(revocation what, const revocation_added& handler)
    {
        const bool often = what.token_id == "often";
        if (is(fault::forgets) && what.user_id.empty() && what.token_id.empty())
            return handler({});
        if (is(fault::rounds_times) && !what.reason.empty())
            what.until = std::chrono::ceil<std::chrono::seconds>(*what.until);
        if (is(fault::keeps_the_first) && what.user_id == "ann" && what.token_id.empty() &&
            std::exchange(*known_, true))
            return handler({});
        held_.async_add(what, [&](error_code ec) {
            if (!(is(fault::answers_never) && often))
                handler(ec);
            if (is(fault::answers_twice) && often)
                handler(ec);
        });
    }
    void async_read(std::string_view cursor, const revocations_were_read& handler)
    {
        held_.async_read(cursor, [&](error_code ec, revocation_page page) {
            if (is(fault::loses_the_rest))
                page.more = false;
            if (is(fault::ignores_new) && !cursor.empty() && page.entries.size() < 3)
                page.entries.clear();
            handler(ec, page);
        });
    }

private:
    bool is(fault what) const { return what_ == what; }

    memory_revocation_store held_;
    fault what_;
    std::shared_ptr<bool> known_ = std::make_shared<bool>(false); // by all handles
};

using clauses = std::set<std::string>;

clauses broken_by(fault what)
{
    const testing::check_options impatient{.patience = std::chrono::seconds{what == fault::none ? 30 : 1}};
    return broken_clauses(testing::revocation_checks(
        [what] {
            const faulty_store one{memory_revocation_store{}, what};
            return handles_of(one, one);
        },
        impatient));
}

} // namespace

TEST_CASE("the checks of revocation stores find nothing in a store without a fault", "[revocation][conformance]")
{
    CHECK(broken_by(fault::none) == clauses{});
}

TEST_CASE("the checks of revocation stores name the clause that a faulty store breaks",
          "[revocation][conformance]")
{
    const auto [what, expected] = GENERATE(table<fault, clauses>({
        {fault::forgets, {"R1"}},
        {fault::keeps_the_first, {"R2"}},
        {fault::loses_the_rest, {"R3"}},
        {fault::ignores_new, {"R3"}},
        {fault::rounds_times, {"R4"}},
        {fault::answers_twice, {"R5"}},
        {fault::answers_never, {"R5"}},
    }));
    INFO("fault " << static_cast<int>(what));
    CHECK(broken_by(what) == expected);
}

TEST_CASE("revocations in memory: what every store does", "[revocation][conformance]")
{
    run_as_sections(testing::revocation_checks([] {
        const memory_revocation_store one;
        return handles_of(one, one);
    }));
}

TEST_CASE("revocations in memory: a full store refuses until something has expired", "[revocation]")
{
    using namespace std::chrono_literals;
    CHECK_THROWS_AS(memory_revocation_store{0}, boost::system::system_error);
    CHECK_THROWS_AS(memory_revocation_store{100'001}, boost::system::system_error);
    testing::blocking_revocations store{memory_revocation_store{2}};
    const auto now = std::chrono::system_clock::now();
    store.add({.token_id = "1", .until = now + 1h});
    store.add({.token_id = "2", .until = now - 1ms}); // expired
    store.add({.token_id = "3", .until = now + 1h});
    CHECK_THROWS_AS(store.add({.token_id = "4", .until = now + 1h}), boost::system::system_error);
    store.add({.token_id = "3", .until = now + 2h}); // it has its place
    CHECK(store.read().entries.size() == 2);
}

namespace {

struct throwing_store {
    void async_add(const revocation&, const revocation_added&) { throw std::runtime_error{"add"}; }
    void async_read(std::string_view, const revocations_were_read&) { throw std::runtime_error{"read"}; }
};

struct forgetful_store {
    static constexpr bool between_processes = false;
    void async_add(const revocation&, const revocation_added&) {}
    void async_read(std::string_view, const revocations_were_read&) {}
    link_status status() const { return {false, "away"}; }
};

// What both operations are answered.
std::vector<error_code> answers_of(any_revocation_store store)
{
    std::vector<error_code> all;
    store.async_add({.token_id = "t"}, [&](error_code ec) { all.push_back(ec); });
    store.async_read("", [&](error_code ec, const revocation_page&) { all.push_back(ec); });
    return all;
}

} // namespace

TEST_CASE("any_revocation_store answers whatever the store that it holds does", "[revocation]")
{
    const std::vector<error_code> failed(2, error::store_failed);
    CHECK(answers_of(throwing_store{}) == failed);
    CHECK(answers_of(forgetful_store{}) == failed);
    CHECK(answers_of(memory_revocation_store{}) == std::vector<error_code>(2));
    std::size_t told = 0;
    any_revocation_store store{throwing_store{}};
    store.on_exception([&](const std::exception_ptr&) { ++told; });
    store.async_add({.token_id = "t"}, [](error_code) {});
    store.async_read("", [](error_code, const revocation_page&) {});
    CHECK(told == 2);
    CHECK(store.between_processes());
    CHECK(store.status().up);
    CHECK_FALSE(any_revocation_store{forgetful_store{}}.between_processes());
    CHECK_FALSE(any_revocation_store{forgetful_store{}}.status().up);
    CHECK_FALSE(any_revocation_store{});
}

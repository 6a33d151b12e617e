// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// The checks of inboxes find what is wrong with an inbox, and name the clause.
#include "support/conformance.hpp"

#include <fanfare/error.hpp>
#include <fanfare/inbox.hpp>
#include <fanfare/inbox/memory.hpp>
#include <fanfare/testing/inbox_conformance.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
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
    forgets_user,      // of what is answered to an add
    loses_data_text,   // what is listed has values only
    marks_backwards,   // the ids that were changed
    counts_no_changes, // of a mark of all
    pages_overlap,     // a page begins with the last of the page before
    pages_too_large,   // 200 whatever their bytes
    takes_any_cursor,  // that is malformed
    shows_strangers,   // as marked
    takes_long_titles,
    forgets_keys,
    keeps_all, // above the limit
    drifts,    // a count is one too high
    answers_twice,
    answers_never,
};

// The inbox in memory, with one fault.
class faulty_inbox {
public:
    faulty_inbox(memory_inbox inbox, fault what) : held_{std::move(inbox)}, what_{what} {}

    void async_add(inbox_add what, const inbox_was_added& handler)
    {
        if (is(fault::forgets_keys) && what.user_id == "i")
            what.idempotency_key.clear();
        if (is(fault::takes_long_titles) && what.title.size() > 1024)
            what.title.resize(1024);
        const auto user = what.user_id;
        held_.async_add(std::move(what), [this, handler, user](error_code ec, inbox_added added) {
            if (is(fault::forgets_user) && user == "a:1")
                added.item.user_id = "somebody";
            if (is(fault::answers_never) && user == "re")
                return;
            handler(ec, added);
            if (is(fault::answers_twice) && user == "re")
                handler(ec, added);
        });
    }
    void async_list(std::string_view user, inbox_query query, const inbox_was_listed& handler)
    {
        if (is(fault::takes_any_cursor) && query.cursor.size() < 24)
            query.cursor.clear();
        const bool whole = is(fault::pages_too_large) && user == "big";
        if (whole)
            return list_whole(query, handler);
        const bool later = !query.cursor.empty();
        held_.async_list(user, query,
                         [this, handler, later, name = std::string{user}](error_code ec, inbox_page page) {
                             if (is(fault::loses_data_text))
                                 for (auto& one : page.items)
                                     one.data_text.clear();
                             if (is(fault::pages_overlap) && later && name == "pages" && !page.items.empty())
                                 page.items.insert(page.items.begin(), page.items.front());
                             handler(ec, page);
                         });
    }
    void async_mark(std::string_view user, const inbox_mark& how, const inbox_was_marked& handler)
    {
        held_.async_mark(
            user, how, [this, all = how.all, handler, name = std::string{user}](error_code ec, inbox_marked done) {
                if (is(fault::marks_backwards) && name == "m")
                    std::reverse(done.ids.begin(), done.ids.end());
                if (is(fault::counts_no_changes) && all)
                    done.changed = 0;
                if (is(fault::shows_strangers))
                    done.unknown.clear();
                handler(ec, done);
            });
    }
    void async_counts(std::string_view user, const inbox_was_counted& handler)
    {
        held_.async_counts(user, [this, handler, name = std::string{user}](error_code ec, inbox_counts now) {
            if (is(fault::drifts) && name == "drift")
                ++now.unread;
            handler(ec, now);
        });
    }

private:
    bool is(fault what) const { return what_ == what; }
    // All pages as one.
    void list_whole(inbox_query query, const inbox_was_listed& handler)
    {
        inbox_page all;
        do
            held_.async_list("big", query, [&](error_code, const inbox_page& page) {
                all.items.insert(all.items.end(), page.items.begin(), page.items.end());
                query.cursor = page.next_cursor;
            });
        while (!query.cursor.empty());
        handler({}, all);
    }

    memory_inbox held_;
    fault what_;
};

static_assert(inbox_store<faulty_inbox>);

struct handles {
    handles(fault what, const memory_inbox_options& options) : one{memory_inbox{options}, what}, other{one} {}
    faulty_inbox& here() { return one; }
    faulty_inbox& there() { return other; }
    faulty_inbox one, other;
};

using clauses = std::set<std::string>;

clauses broken_by(fault what)
{
    const testing::check_options impatient{.patience = std::chrono::seconds{what == fault::none ? 30 : 1}};
    auto all = testing::inbox_checks([what] { return std::make_unique<handles>(what, memory_inbox_options{}); },
                                     impatient);
    memory_inbox_options ten;
    ten.limits.items = what == fault::keeps_all ? 20 : 10;
    all.push_back(
        testing::inbox_limit_check([what, ten] { return std::make_unique<handles>(what, ten); }, impatient));
    return test::broken_clauses(all);
}

} // namespace

TEST_CASE("the checks of inboxes find nothing in an inbox without a fault", "[inbox][conformance]")
{
    CHECK(broken_by(fault::none) == clauses{});
}

TEST_CASE("the checks of inboxes name the clause that a faulty inbox breaks", "[inbox][conformance]")
{
    const auto [what, expected] = GENERATE(table<fault, clauses>({
        {fault::forgets_user, {"I1"}},
        {fault::loses_data_text, {"I2"}},
        {fault::marks_backwards, {"I3"}},
        {fault::counts_no_changes, {"I4"}},
        {fault::pages_overlap, {"I5"}},
        {fault::pages_too_large, {"I6"}},
        {fault::takes_any_cursor, {"I7"}},
        {fault::shows_strangers, {"I8"}},
        {fault::takes_long_titles, {"I9"}},
        {fault::forgets_keys, {"I10"}},
        {fault::keeps_all, {"I11"}},
        {fault::drifts, {"I12"}},
        {fault::answers_twice, {"I13"}},
        {fault::answers_never, {"I13"}},
    }));
    INFO("fault " << static_cast<int>(what));
    CHECK(broken_by(what) == expected);
}

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// A room's history, page by page.
#include "history/reader_support.hpp"

#include <fanfare/error.hpp>

#include <boost/json/parse.hpp>

#include <algorithm>
#include <optional>

using namespace fanfare;
using namespace fanfare::test::histories;
using offsets = std::vector<std::int64_t>;

namespace {

struct answer {
    error_code error{};
    history_part part{};
};

struct paging : reading {
    std::optional<answer> last;

    paging() { rules.configure("chat:", {.history = 100, .history_age = std::chrono::seconds{9}}); }
    void ask(const history_request& what, std::string_view room = "chat:1")
    {
        last.reset();
        reader.read_page(room, what, [this](error_code ec, history_part part) {
            last = answer{ec, std::move(part)};
        });
    }
    // What the store is asked for it.
    history_query asked(const history_request& what)
    {
        ask(what);
        return script.next().query;
    }
    answer answered(const history_request& what, const history_page& with)
    {
        ask(what);
        script.next().done({}, with);
        REQUIRE(last);
        return *last;
    }
};

offsets offsets_of(const history_part& part)
{
    offsets all;
    for (const auto& m : part.messages)
        all.push_back(json::parse(m).at("offset").as_int64());
    return all;
}

history_page newest_first(history_page p)
{
    std::reverse(p.messages.begin(), p.messages.end());
    return p;
}

history_page first_of(history_page p, std::size_t count)
{
    p.messages.resize(count);
    return p;
}

} // namespace

TEST_CASE("a page has the messages as the clients got them, with their place", "[history_reader]")
{
    paging h;
    const auto a = h.answered({.since = position{epoch, 4}}, page(4, 6, 3));
    CHECK_FALSE(a.error);
    CHECK(a.part.top == position{epoch, 6});
    CHECK(a.part.oldest == 3);
    CHECK(offsets_of(a.part) == offsets{5, 6});
    CHECK_FALSE(a.part.more);
    const auto one = json::parse(a.part.messages.at(0));
    CHECK(one.at("epoch").as_string() == "0000000000000007");
    CHECK(one.at("type").as_string() == "n");
    CHECK(h.count.store_reads.get() == 1);
}

TEST_CASE("the store is asked for the page and with the room's own limits", "[history_reader]")
{
    paging h;
    const auto oldest = h.asked({.since = position{epoch, 4}, .limit = 10});
    CHECK(oldest.from == 4);
    CHECK(oldest.limit == 10);
    CHECK(oldest.bytes == 1024 * 1024);
    CHECK(h.asked({.bytes = 77}).bytes == 77);
    CHECK_FALSE(oldest.newest_first);
    CHECK(oldest.limits.messages == 100);
    CHECK(oldest.limits.age == std::chrono::seconds{9});
    const auto newest = h.asked({.newest_first = true});
    CHECK(newest.newest_first);
    CHECK(newest.from == 0);
    CHECK(newest.limit == 100);
}

TEST_CASE("a page has one message at least and a thousand at most", "[history_reader]")
{
    paging h;
    CHECK(h.asked({.limit = 0}).limit == 1);
    CHECK(h.asked({.limit = 1000}).limit == 1000);
    CHECK(h.asked({.limit = 5000}).limit == 1000);
}

TEST_CASE("before the first message there is nothing to read", "[history_reader]")
{
    paging h;
    CHECK(h.asked({.since = position{epoch, 0}, .newest_first = true}).limit == 0);
    CHECK(h.asked({.since = position{epoch, 1}, .newest_first = true}).limit == 100);
    CHECK(h.asked({.since = position{epoch, 0}}).limit == 100);
}

TEST_CASE("a page tells whether there is more in its direction", "[history_reader]")
{
    paging h;
    const auto more = [&h](const history_request& what, const history_page& with) {
        return h.answered(what, with).part.more;
    };
    CHECK(more({}, first_of(page(0, 6), 2)));
    CHECK_FALSE(more({}, page(0, 6)));
    CHECK(more({.newest_first = true}, first_of(newest_first(page(0, 6, 3)), 3)));
    CHECK_FALSE(more({.newest_first = true}, newest_first(page(0, 6, 3))));
    CHECK_FALSE(more({}, page(6, 6, 7))); // nothing is kept
}

TEST_CASE("a position that the history does not have is refused", "[history_reader]")
{
    paging h;
    const auto problem = [&h](const position& since, bool newest) {
        auto a = h.answered({.since = since, .newest_first = newest}, page(0, 6));
        if (a.error) {
            CHECK(a.part.messages.empty());
        }
        return a.error;
    };
    CHECK(problem({epoch + 1, 2}, false) == error::invalid_position);
    CHECK(problem({epoch + 1, 2}, true) == error::invalid_position);
    CHECK_FALSE(problem({epoch, 6}, false)); // the end is one
    CHECK(problem({epoch, 7}, false) == error::invalid_position);
    CHECK_FALSE(problem({epoch, 7}, true)); // everything is before it
    CHECK(problem({epoch, 8}, true) == error::invalid_position);
    CHECK(h.count.store_failures.get() == 0);
}

TEST_CASE("rooms that are none, or keep nothing, are refused without asking the store", "[history_reader]")
{
    paging h;
    const auto problem = [&h](std::string_view room) {
        h.ask({}, room);
        REQUIRE(h.last);
        return h.last->error;
    };
    CHECK(problem("not a room") == error::invalid_room);
    CHECK(problem("nowhere:1") == error::unknown_room);
    CHECK(problem("device:1") == error::no_history);
    CHECK(h.script.waiting() == 0);
    CHECK(h.count.store_reads.get() == 0);
}

TEST_CASE("a page that the store cannot read is answered with why, and counted", "[history_reader]")
{
    paging h;
    h.ask({.since = position{epoch + 1, 2}});
    h.script.next().done(error::store_failed, page(0, 6));
    REQUIRE(h.last);
    CHECK(h.last->error == error::store_failed);
    CHECK(h.last->part.messages.empty());
    CHECK(h.count.store_failures.get() == 1);
}

TEST_CASE("pages for the application take turns, and too many are refused", "[history_reader]")
{
    paging h;
    std::vector<error_code> answers;
    const auto ask = [&] {
        h.reader.read_page_in_turn("chat:1", {},
                                   [&](error_code ec, const history_part&) { answers.push_back(ec); });
    };
    for (int i = 0; i != 6; ++i)
        ask();
    h.run();
    CHECK(h.script.waiting() == 2); // at a time
    CHECK(answers == std::vector<error_code>{error::too_many_requests});
    h.script.next().done({}, page(0, 3));
    CHECK(h.script.waiting() == 1); // not from inside of the store's answer
    h.run();
    CHECK(h.script.waiting() == 2);
    CHECK(answers.size() == 2);
    h.life.reach(detail::lifetime::stage::stopping);
    while (h.script.waiting() != 0) {
        h.script.next().done({}, page(0, 3));
        h.run();
    }
    REQUIRE(answers.size() == 6); // what had not begun is not read any more
    CHECK(answers[2] == error_code{});
    CHECK(answers[3] == error::shutting_down);
    CHECK(h.count.store_reads.get() == 3);
}

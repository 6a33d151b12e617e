// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "support/catch.hpp"

#include <fanfare/detail/session/catch_up.hpp>

#include <boost/json/parse.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

using namespace fanfare;
using namespace fanfare::detail;
using state = catch_up::state;
using live_step = catch_up::live_step;
using words = std::vector<std::string>;

namespace {

constexpr std::uint64_t epoch = 7;

shared_frame message(std::uint64_t offset, std::uint64_t in = epoch)
{
    return encode_stored("{}", {.room = "r", .at = {in, offset}});
}

shared_slice slice(std::uint64_t from, std::uint64_t top, std::uint64_t oldest = 1, std::uint64_t in = epoch)
{
    history_slice s{.top = {in, top}, .from = from, .oldest = oldest};
    for (auto i = std::max(from + 1, oldest); i <= top; ++i)
        s.frames.push_back(message(i, in));
    return std::make_shared<const history_slice>(std::move(s));
}

std::string text_of(const shared_frame& f)
{
    if (f->is_gap())
        return json::parse(f->payload()).at("payload").at("reason").as_string().c_str();
    return f->at() ? std::to_string(f->at().offset) : "plain";
}

words all_of(catch_up& c)
{
    words all;
    while (const auto f = c.next())
        all.push_back(text_of(f));
    return all;
}

// A receiver that has everything up to `sent`, and whose read of the history has begun.
catch_up reading(std::uint64_t sent)
{
    catch_up c{"r", {epoch, sent}};
    c.begin_reading();
    return c;
}

} // namespace

TEST_CASE("a receiver that returns gets what it missed and is then live", "[catch_up]")
{
    auto c = reading(3);
    CHECK(c.room() == "r");
    REQUIRE(c.take_slice(slice(3, 6)));
    CHECK(c.end() == position{epoch, 6});
    CHECK(all_of(c) == words{"4", "5", "6"});
    CHECK(c.now() == state::complete);
    CHECK(c.sent() == position{epoch, 6});
    CHECK(c.live(message(7)) == live_step::caught_up);
}

TEST_CASE("a read that others share gives a receiver its own part only", "[catch_up]")
{
    auto c = reading(5);
    REQUIRE(c.take_slice(slice(1, 7)));
    CHECK(all_of(c) == words{"6", "7"});
}

TEST_CASE("messages that come while the history is read follow it once and in order", "[catch_up]")
{
    auto c = reading(3);
    for (std::uint64_t i = 5; i != 9; ++i)
        CHECK(c.live(message(i)) == live_step::drop);
    REQUIRE(c.take_slice(slice(3, 6)));
    CHECK(text_of(c.next()) == "4");
    CHECK(c.live(message(9)) == live_step::drop); // and while it is sent
    CHECK(all_of(c) == words{"5", "6", "7", "8", "9"});
    CHECK(c.live(message(9)) == live_step::drop);
    CHECK(c.live(message(10)) == live_step::caught_up);
}

TEST_CASE("a receiver that missed nothing gets nothing from the history", "[catch_up]")
{
    auto c = reading(6);
    REQUIRE(c.take_slice(slice(6, 6)));
    CHECK(all_of(c).empty());
    CHECK(c.live(message(6)) == live_step::drop);
    CHECK(c.live(message(7)) == live_step::caught_up);
}

TEST_CASE("a slice that begins too late is not whole", "[catch_up]")
{
    auto trimmed = reading(3);
    CHECK_FALSE(trimmed.take_slice(slice(3, 9, 5)));
    auto not_read = reading(3);
    CHECK_FALSE(not_read.take_slice(slice(4, 9)));
    auto just_enough = reading(3);
    CHECK(just_enough.take_slice(slice(3, 9, 4)));
}

TEST_CASE("a position of another epoch, of the future or of a store that fails is not whole", "[catch_up]")
{
    auto other = reading(3);
    CHECK_FALSE(other.take_slice(slice(3, 9, 1, 8)));
    auto future = reading(10);
    CHECK_FALSE(future.take_slice(slice(9, 9)));
    auto broken = reading(3);
    CHECK_FALSE(
        broken.take_slice(std::make_shared<const history_slice>(history_slice{.error = error::store_failed})));
    catch_up nowhere{"r", {}};
    nowhere.begin_reading();
    CHECK_FALSE(nowhere.take_slice(slice(0, 9)));
}

TEST_CASE("a client that was told that something is lost goes on live from there", "[catch_up]")
{
    auto c = reading(3);
    c.live(message(9));
    c.live(message(10));
    REQUIRE_FALSE(c.take_slice(slice(3, 9, 6)));
    c.continue_live_at({epoch, 9});
    CHECK(all_of(c) == words{"10"});
    CHECK(c.live(message(11)) == live_step::caught_up);
}

TEST_CASE("a live receiver that lost something is told by a gap and gets what is left", "[catch_up]")
{
    auto c = reading(3);
    REQUIRE_FALSE(c.take_slice(slice(3, 9, 6)));
    c.continue_with_gap({});
    const auto gap = c.next();
    CHECK(text_of(gap) == "history_lost");
    CHECK(gap->at() == position{epoch, 5});
    CHECK(all_of(c) == words{"6", "7", "8", "9"});
    CHECK(c.live(message(10)) == live_step::caught_up);
}

TEST_CASE("after a new epoch a live receiver is told and follows the new history from its beginning", "[catch_up]")
{
    auto c = reading(30);
    c.live(message(3, 8));
    REQUIRE_FALSE(c.take_slice(slice(30, 2, 1, 8)));
    c.continue_with_gap({});
    const auto gap = c.next();
    CHECK(text_of(gap) == "history_lost");
    CHECK(gap->at() == position{8, 0});
    CHECK(all_of(c).empty());
    REQUIRE(c.must_read());
    c.begin_reading();
    REQUIRE(c.take_slice(slice(0, 3, 1, 8)));
    CHECK(all_of(c) == words{"1", "2", "3"});
    CHECK(c.live(message(4, 8)) == live_step::caught_up);
}

TEST_CASE("when the store fails the receiver is told and goes on with what comes", "[catch_up]")
{
    auto c = reading(3);
    c.live(message(12));
    REQUIRE_FALSE(
        c.take_slice(std::make_shared<const history_slice>(history_slice{.error = error::store_failed})));
    c.continue_with_gap({});
    CHECK(all_of(c) == words{"link_lost", "12"});
    CHECK(c.live(message(13)) == live_step::caught_up);
}

TEST_CASE("a client that asks for the newest gets those that are there and then what is live", "[catch_up]")
{
    catch_up c{"r", {}};
    c.begin_reading();
    c.live(message(10));
    c.take_slice(slice(6, 9, 3));
    c.begin_at_oldest();
    CHECK(all_of(c) == words{"7", "8", "9", "10"});

    catch_up empty{"r", {}};
    empty.begin_reading();
    empty.take_slice(slice(0, 0));
    empty.begin_at_oldest();
    CHECK(all_of(empty).empty());
    CHECK(empty.live(message(1)) == live_step::caught_up);
}

TEST_CASE("what was sent live before is not sent again from the history", "[catch_up]")
{
    auto c = reading(3);
    c.skip(5, 7);
    REQUIRE(c.take_slice(slice(3, 9)));
    CHECK(all_of(c) == words{"4", "5", "8", "9"});
    CHECK(c.sent() == position{epoch, 9});
}

TEST_CASE("what was sent live before is sent again if it is another message: of a new epoch", "[catch_up]")
{
    const auto of_new_epoch = [](std::uint64_t began) {
        auto fresh = *slice(0, 9, 1, 9);
        fresh.began = began;
        return std::make_shared<const history_slice>(fresh);
    };
    auto lost = reading(3);
    lost.skip(5, 7);
    REQUIRE_FALSE(lost.take_slice(of_new_epoch(0)));
    lost.continue_with_gap({});
    CHECK(all_of(lost) == words{"history_lost", "1", "2", "3", "4", "5", "6", "7", "8", "9"});

    auto kept = reading(3); // the store kept what it had up to 8, and began an epoch after it
    kept.skip(5, 7);
    REQUIRE_FALSE(kept.take_slice(of_new_epoch(8)));
    kept.continue_with_gap({});
    CHECK(all_of(kept) == words{"history_lost", "4", "5", "8", "9"});
}

TEST_CASE("what waits while the history is read is bounded, and the rest is read again", "[catch_up]")
{
    auto c = reading(0);
    constexpr std::uint64_t last = catch_up::max_buffered + 50;
    for (std::uint64_t i = 3; i <= last; ++i)
        REQUIRE(c.live(message(i)) == live_step::drop);
    REQUIRE(c.take_slice(slice(0, 4)));
    CHECK(all_of(c).size() == catch_up::max_buffered + 2);
    REQUIRE(c.must_read());
    CHECK(c.live(message(last + 1)) == live_step::drop);
    c.begin_reading();
    REQUIRE(c.take_slice(slice(c.sent().offset, last + 1)));
    CHECK(all_of(c).back() == std::to_string(last + 1));
    CHECK(c.now() == state::complete);
}

TEST_CASE("a hole between the history and what is live is read and not passed over", "[catch_up]")
{
    auto while_reading = reading(3);
    while_reading.live(message(8));
    REQUIRE(while_reading.take_slice(slice(3, 5)));
    CHECK(all_of(while_reading) == words{"4", "5"});
    CHECK(while_reading.must_read());

    auto settled = reading(3);
    REQUIRE(settled.take_slice(slice(3, 5)));
    all_of(settled);
    CHECK(settled.live(message(7)) == live_step::drop);
    CHECK(settled.must_read());
    settled.begin_reading();
    REQUIRE(settled.take_slice(slice(5, 7)));
    CHECK(all_of(settled) == words{"6", "7"});
}

TEST_CASE("a plain message that has no place in the history comes once, whatever goes on", "[catch_up]")
{
    const auto plain = frame::make(ws_opcode::text, "plain", {.room = "r"});
    catch_up c{"r", {epoch, 3}};
    CHECK(c.live(plain) == live_step::pass);
    c.begin_reading();
    const auto waits = c.live(plain) == live_step::drop; // it may pass at once, or come with the others
    c.take_slice(slice(3, 4));
    const auto all = all_of(c);
    CHECK(std::count(all.begin(), all.end(), "plain") == (waits ? 1 : 0));
    CHECK(std::count(all.begin(), all.end(), "4") == 1);
    CHECK(c.live(plain) == live_step::pass);
    CHECK(c.now() == state::complete);
}

TEST_CASE("plain messages and live ones keep their order while the history is read", "[catch_up]")
{
    const auto plain = frame::make(ws_opcode::text, "plain", {.room = "r"});
    auto c = reading(3);
    c.live(message(5));
    c.live(plain);
    c.live(message(6));
    REQUIRE(c.take_slice(slice(3, 5)));
    CHECK(all_of(c) == words{"4", "5", "plain", "6"});
}

TEST_CASE("a read that ends before the history did is continued, without a live message that shows it",
          "[catch_up]")
{
    auto c = reading(0);
    auto part = *slice(0, 5);
    part.top.offset = 8;
    REQUIRE(c.take_slice(std::make_shared<const history_slice>(part)));
    CHECK(all_of(c) == words{"1", "2", "3", "4", "5"});
    REQUIRE(c.must_read());
    c.begin_reading();
    REQUIRE(c.take_slice(slice(5, 8)));
    CHECK(all_of(c) == words{"6", "7", "8"});
    CHECK(c.now() == state::complete);
}

TEST_CASE("late messages of a history that is gone are not shown after the new one", "[catch_up]")
{
    auto c = reading(30);
    c.live(message(31));
    c.live(message(3, 8));
    REQUIRE_FALSE(c.take_slice(slice(30, 2, 1, 8)));
    c.continue_with_gap({});
    CHECK(all_of(c) == words{"history_lost"});
    c.begin_reading();
    CHECK(c.live(message(32)) == live_step::drop);
    REQUIRE(c.take_slice(slice(0, 3, 1, 8)));
    CHECK(all_of(c) == words{"1", "2", "3"});
    CHECK(c.live(message(33)) == live_step::drop);
    CHECK(c.live(message(4, 8)) == live_step::caught_up);
}

TEST_CASE("after a store that failed nothing comes twice", "[catch_up]")
{
    auto c = reading(3);
    for (std::uint64_t i = 2; i != 6; ++i)
        c.live(message(i));
    REQUIRE_FALSE(
        c.take_slice(std::make_shared<const history_slice>(history_slice{.error = error::store_failed})));
    c.continue_with_gap({});
    CHECK(all_of(c) == words{"link_lost", "4", "5"});
}

TEST_CASE("a gap of the live stream reaches only those whom the history does not help", "[catch_up]")
{
    const auto gap = [](std::uint64_t at, std::uint64_t in = epoch) { return encode_lost("r", {in, at}, {}); };
    auto helped = reading(3);
    helped.live(gap(6));
    helped.live(message(7));
    REQUIRE(helped.take_slice(slice(3, 6)));
    CHECK(all_of(helped) == words{"4", "5", "6", "7"});

    // What others lack is looked for in the history first.
    auto not_helped = reading(3);
    not_helped.live(gap(6));
    not_helped.live(message(7));
    REQUIRE(not_helped.take_slice(slice(3, 4)));
    CHECK(all_of(not_helped) == words{"4"});
    REQUIRE(not_helped.must_read());
    not_helped.begin_reading();
    REQUIRE_FALSE(not_helped.take_slice(slice(4, 7, 7)));
    not_helped.continue_with_gap({});
    CHECK(all_of(not_helped) == words{"history_lost", "7"});
    CHECK(not_helped.live(message(8)) == live_step::caught_up);
}

TEST_CASE("a gap of the live stream does not hide from a receiver what the history still has", "[catch_up]")
{
    const auto gap = [](std::uint64_t at, std::uint64_t in = epoch) { return encode_lost("r", {in, at}, {}); };
    auto c = reading(3);
    c.take_slice(slice(3, 6));
    all_of(c);
    CHECK(c.live(gap(6)) == live_step::drop);
    // Without a place it says that something may be lacking, and that is found out here anyway.
    CHECK(c.live(encode_missed("r", {})) == live_step::drop);
    CHECK(c.now() == state::complete);
    CHECK(c.live(gap(9)) == live_step::drop);
    REQUIRE(c.must_read());
    c.begin_reading();
    REQUIRE(c.take_slice(slice(6, 10)));
    CHECK(all_of(c) == words{"7", "8", "9", "10"});
    CHECK(c.live(gap(1, 8)) == live_step::caught_up); // of another history, which this one does not know
}

TEST_CASE("a gap of an epoch that the live stream comes through is believed only if the history says so",
          "[catch_up]")
{
    const auto gap = [](std::uint64_t at, std::uint64_t in) { return encode_lost("r", {in, at}, {}); };
    // Told its place in epoch 9, while the live stream is still in 7, and then comes through 8.
    auto ahead = reading(3);
    ahead.live(gap(0, 8));
    ahead.live(message(1, 8));
    REQUIRE_FALSE(ahead.take_slice(slice(3, 2, 1, 9)));
    ahead.continue_live_at({9, 2});
    CHECK(all_of(ahead).empty());
    REQUIRE(ahead.must_read());
    ahead.begin_reading();
    REQUIRE(ahead.take_slice(slice(2, 2, 1, 9)));
    CHECK(all_of(ahead).empty());
    CHECK(ahead.live(message(2, 8)) == live_step::drop);
    CHECK(ahead.live(gap(0, 9)) == live_step::drop);
    CHECK(ahead.live(message(3, 9)) == live_step::caught_up);

    // The same, but 8 is the newest.
    auto behind = reading(3);
    REQUIRE_FALSE(behind.take_slice(slice(3, 2, 1, 9)));
    behind.continue_live_at({9, 2});
    CHECK(all_of(behind).empty());
    CHECK(behind.live(gap(0, 8)) == live_step::drop);
    REQUIRE(behind.must_read());
    behind.begin_reading();
    REQUIRE_FALSE(behind.take_slice(slice(2, 1, 1, 8)));
    behind.continue_with_gap({});
    CHECK(all_of(behind) == words{"history_lost"});
    CHECK(behind.sent() == position{8, 0}); // from its beginning, which was not read yet
    CHECK(behind.must_read());
}

TEST_CASE("a history that is brought back is found by a receiver that has passed it", "[catch_up]")
{
    auto c = reading(3);
    REQUIRE_FALSE(c.take_slice(slice(3, 2, 1, 8)));
    c.continue_live_at({8, 2});
    CHECK(all_of(c).empty());
    std::uint64_t next = 4;
    while (!c.must_read()) {
        REQUIRE(c.live(message(next++)) == live_step::drop);
        REQUIRE(next < 1000);
    }
    c.begin_reading();
    REQUIRE_FALSE(c.take_slice(slice(2, next)));
    c.continue_with_gap({});
    CHECK(all_of(c) == words{"history_lost"});
    CHECK(c.live(message(next + 1)) == live_step::caught_up);
}

TEST_CASE("while the history cannot be read a receiver stays in its epoch, and is told so once", "[catch_up]")
{
    const auto failed = std::make_shared<const history_slice>(history_slice{.error = error::store_failed});
    auto c = reading(5);
    REQUIRE_FALSE(c.take_slice(failed));
    c.wait_for_history();
    CHECK(all_of(c).empty());
    CHECK(c.waits_for_history());
    CHECK(c.sent() == position{epoch, 5});
    for (const auto& told : {words{"link_lost"}, words{}}) { // by the first read that fails, not by the next
        REQUIRE(c.must_read());
        c.begin_reading();
        CHECK(c.live(message(3, 8)) == live_step::drop); // of an epoch before or after its own: nobody knows
        REQUIRE_FALSE(c.take_slice(failed));
        c.continue_with_gap({});
        CHECK(all_of(c) == told);
        CHECK(c.waits_for_history());
    }

    SECTION("what comes of its epoch it gets")
    {
        c.begin_reading();
        REQUIRE_FALSE(c.take_slice(failed));
        c.continue_with_gap({});
        CHECK(all_of(c).empty());
        CHECK(c.live(message(5)) == live_step::drop);
        CHECK(c.live(message(9)) == live_step::caught_up);
    }
    SECTION("when it can be read the other epoch follows from its beginning")
    {
        c.begin_reading();
        REQUIRE_FALSE(c.take_slice(slice(0, 4, 1, 8)));
        CHECK_FALSE(c.waits_for_history());
        c.continue_with_gap({});
        CHECK(all_of(c) == words{"history_lost", "1", "2", "3", "4"});
        CHECK(c.live(message(5, 8)) == live_step::caught_up);
    }
    SECTION("or nothing of the one that is over")
    {
        c.begin_reading();
        REQUIRE(c.take_slice(slice(0, 7)));
        CHECK(all_of(c) == words{"6", "7"});
        CHECK(c.live(message(4, 8)) == live_step::drop);
        CHECK_FALSE(c.must_read());
        CHECK(c.live(message(8)) == live_step::caught_up);
    }
}

TEST_CASE("the more often the history could not be read, the less often messages of another epoch ask it",
          "[catch_up]")
{
    const auto failed = std::make_shared<const history_slice>(history_slice{.error = error::store_failed});
    auto c = reading(5);
    std::vector<std::size_t> messages; // from one read to the next
    for (int read = 0; read != 9; ++read) {
        REQUIRE_FALSE(c.take_slice(failed));
        c.continue_with_gap({});
        all_of(c);
        messages.push_back(0);
        while (!c.must_read()) {
            REQUIRE(c.live(message(1, 8)) == live_step::drop);
            REQUIRE(++messages.back() < 1000);
        }
        c.begin_reading();
    }
    CHECK(messages == std::vector<std::size_t>{1, 2, 4, 8, 16, 32, 64, 64, 64});
    REQUIRE_FALSE(c.take_slice(slice(0, 2, 1, 8)));
    c.continue_with_gap({});
    CHECK(all_of(c) == words{"history_lost", "1", "2"});
}

TEST_CASE("what waits for a history that could not be read makes way, but for what is in no history", "[catch_up]")
{
    const auto plain = frame::make(ws_opcode::text, "plain", {.room = "r"});
    auto c = reading(5);
    c.live(message(6));
    REQUIRE(c.live(plain) == live_step::drop);
    c.live(message(7));
    REQUIRE_FALSE(
        c.take_slice(std::make_shared<const history_slice>(history_slice{.error = error::store_failed})));
    c.wait_for_history();
    CHECK(c.held() == plain->wire().size());
    CHECK_FALSE(c.waits_for_history()); // ends: it would be lost
    CHECK(all_of(c) == words{"plain"});
    CHECK(c.held() == 0);
    CHECK(c.waits_for_history());
    CHECK(c.must_read());
    c.begin_reading();
    CHECK_FALSE(c.waits_for_history());
    REQUIRE(c.take_slice(slice(5, 8)));
    CHECK(all_of(c) == words{"6", "7", "8"});
}

TEST_CASE("while a socket is full live messages are let go and come from the history later", "[catch_up]")
{
    catch_up c{"r", {epoch, 3}};
    CHECK(c.now() == state::waiting);
    CHECK(c.live(message(4)) == live_step::drop);
    CHECK(c.next() == nullptr);
    c.begin_reading();
    REQUIRE(c.take_slice(slice(3, 4)));
    CHECK(all_of(c) == words{"4"});
}

TEST_CASE("whenever the history answers and the socket drains, a receiver gets every message once", "[catch_up]")
{
    const auto seed = GENERATE(range(1u, 41u));
    INFO("seed " << seed);
    std::mt19937 random{seed};
    const auto below = [&](std::uint64_t n) { return random() % n; };
    std::uint64_t top = below(50);
    std::uint64_t next = 1;
    catch_up c{"r", {epoch, 0}};
    bool over = false;
    const auto take = [&](const shared_frame& f) { REQUIRE(f->at().offset == next++); };
    for (int round = 0; round < 2000 || !over; ++round) {
        REQUIRE(round < 200'000);
        if (round < 2000 && below(2) == 0 && below(30) != 0) {
            const auto f = message(++top);
            const auto what = over ? live_step::pass : c.live(f);
            over = over || what == live_step::caught_up;
            if (what != live_step::drop)
                take(f);
        } else if (over && round < 2000 && below(50) == 0) {
            c = catch_up{"r", {epoch, next - 1}}; // its outbox was full
            over = false;
        } else if (!over && c.must_read() && below(3) == 0) {
            c.begin_reading();
        } else if (!over && c.now() == state::reading && below(4) == 0) {
            const auto end = std::min(top, c.sent().offset + 1 + below(40)); // a read has a limit
            auto part = *slice(c.sent().offset - std::min<std::uint64_t>(c.sent().offset, below(5)), end);
            part.top.offset = top;
            REQUIRE(c.take_slice(std::make_shared<const history_slice>(std::move(part))));
        } else if (!over && c.now() == state::sending) {
            for (auto n = below(20); n != 0; --n)
                if (const auto f = c.next())
                    take(f);
        } else if (!over && c.now() == state::complete && round >= 2000) {
            const auto f = message(++top);
            over = c.live(f) == live_step::caught_up;
            if (over)
                take(f);
        }
    }
    CHECK(next == top + 1);
}

TEST_CASE("of what was read no more waits than there is room for, and the rest is read again", "[catch_up]")
{
    const auto one = message(1)->wire().size();
    auto c = reading(0);
    REQUIRE(c.take_slice(slice(0, 9), 3 * one + 1, false));
    CHECK(c.held() == 3 * one);
    CHECK(c.end() == position{epoch, 9}); // all of it will come
    CHECK(c.goes_on());
    CHECK(all_of(c) == words{"1", "2", "3"});
    CHECK(c.held() == 0);
    REQUIRE(c.must_read());
    c.begin_reading();
    REQUIRE(c.take_slice(slice(3, 9), one - 1, false)); // no room at all now
    CHECK(c.held() == 0);
    CHECK(all_of(c).empty());
    REQUIRE(c.must_read());
    c.begin_reading();
    REQUIRE(c.take_slice(slice(3, 9), one - 1, true)); // too large for any room: alone
    CHECK(all_of(c) == words{"4"});
    c.begin_reading();
    REQUIRE(c.take_slice(slice(4, 9)));
    CHECK(c.held() == 5 * one);
    CHECK(all_of(c) == words{"5", "6", "7", "8", "9"});
    CHECK(c.now() == state::complete);
}

TEST_CASE("what a part of a slice does not need is not kept with it", "[catch_up]")
{
    auto whole = std::make_shared<history_slice>(*slice(0, 9));
    const std::weak_ptr<history_slice> kept = whole;
    auto c = reading(0);
    REQUIRE(c.take_slice(whole, 3 * message(1)->wire().size(), false));
    whole.reset();
    CHECK(kept.expired());
    CHECK(all_of(c) == words{"1", "2", "3"});
}

TEST_CASE("the newest begin with the oldest that is kept, also when there is no room for any", "[catch_up]")
{
    catch_up c{"r", {epoch, 2}};
    c.begin_reading();
    REQUIRE_FALSE(c.take_slice(slice(2, 9, 5), 0, false));
    c.begin_at_oldest();
    CHECK(c.sent() == position{epoch, 4});
    CHECK(all_of(c).empty());
    REQUIRE(c.must_read());
    c.begin_reading();
    REQUIRE(c.take_slice(slice(4, 9, 5)));
    CHECK(all_of(c) == words{"5", "6", "7", "8", "9"});
}

TEST_CASE("live messages that wait have the room that is left, and are read again if it is not enough",
          "[catch_up]")
{
    const auto one = message(1)->wire().size();
    auto c = reading(3);
    CHECK(c.live(message(6), one) == live_step::drop);
    CHECK(c.held() == one);
    CHECK(c.live(message(7), one - 1) == live_step::drop);
    CHECK(c.held() == one);
    REQUIRE(c.take_slice(slice(3, 5)));
    CHECK(all_of(c) == words{"4", "5", "6"});
    CHECK(c.held() == 0);
    REQUIRE(c.must_read());
    c.begin_reading();
    REQUIRE(c.take_slice(slice(6, 7)));
    CHECK(all_of(c) == words{"7"});
    CHECK(c.now() == state::complete);
}

TEST_CASE("what waits and can be read again is let go of for what cannot", "[catch_up]")
{
    const auto plain = frame::make(ws_opcode::text, "plain", {.room = "r"});
    auto c = reading(3);
    c.live(message(6));
    c.live(plain);
    const bool read = GENERATE(false, true);
    if (read) {
        REQUIRE(c.take_slice(slice(3, 5)));
        CHECK(text_of(c.next()) == "4");
    }
    c.release();
    CHECK(c.held() == plain->wire().size());
    if (!read) {
        REQUIRE(c.take_slice(slice(3, 5)));
        CHECK(text_of(c.next()) == "4");
        CHECK(text_of(c.next()) == "5");
    }
    CHECK(all_of(c) == words{"plain"});
    CHECK(c.held() == 0);
    REQUIRE(c.must_read());
    const auto at = c.sent().offset;
    CHECK(at == (read ? 4 : 5));
    c.begin_reading();
    REQUIRE(c.take_slice(slice(at, 6)));
    CHECK(all_of(c).back() == "6");
    CHECK(c.now() == state::complete);
}

TEST_CASE("where nobody knows the position a receiver does not get again what it has", "[catch_up]")
{
    auto c = reading(5);
    CHECK(c.live(message(4)) == live_step::drop);
    REQUIRE_FALSE(
        c.take_slice(std::make_shared<const history_slice>(history_slice{.error = error::store_failed})));
    c.continue_with_gap({});
    CHECK(all_of(c) == words{"link_lost"});
    CHECK(c.live(message(5)) == live_step::drop);
    CHECK(c.live(message(6)) == live_step::caught_up);
}

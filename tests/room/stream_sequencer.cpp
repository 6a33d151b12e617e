// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "support/catch.hpp"

#include <fanfare/detail/room/stream_sequencer.hpp>

#include <boost/json/parse.hpp>

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

using namespace fanfare;
using namespace fanfare::detail;
using step = stream_sequencer::step;

namespace {

constexpr std::uint64_t epoch = 7;

shared_frame message(std::uint64_t offset, std::uint64_t in = epoch)
{
    return encode_stored("{}", {.room = "r", .at = {in, offset}});
}

shared_frame plain()
{
    return frame::make(ws_opcode::text, "plain", {.room = "r"});
}

// What the store would answer: everything after `from`, of what begins at `oldest`.
history_slice slice(std::uint64_t from, std::uint64_t top, std::uint64_t oldest = 1, std::uint64_t in = epoch)
{
    history_slice s{.top = {in, top}, .from = from, .oldest = oldest};
    for (auto i = std::max(from + 1, oldest); i <= top; ++i)
        s.frames.push_back(message(i, in));
    return s;
}

history_slice failed()
{
    return {.error = error::store_failed};
}

std::vector<step> feed(stream_sequencer& s, const std::vector<std::uint64_t>& offsets)
{
    std::vector<step> all;
    for (const auto o : offsets)
        all.push_back(s.live(message(o)));
    return all;
}

// Offsets, and a gap marker as its reason.
std::vector<std::string> told(const std::vector<shared_frame>& frames)
{
    std::vector<std::string> all;
    for (const auto& f : frames)
        all.push_back(f->is_gap() ? json::parse(f->payload()).at("payload").at("reason").as_string().c_str()
                                  : std::to_string(f->at().offset));
    return all;
}

// The answer to a repair; the history must not be asked again.
std::vector<std::string> repaired(stream_sequencer& s, const history_slice& answer)
{
    std::vector<shared_frame> out;
    CHECK_FALSE(s.repaired(answer, "r", {}, out));
    return told(out);
}

using words = std::vector<std::string>;

} // namespace

TEST_CASE("messages in the order of their offsets pass at once, from wherever the stream is found",
          "[stream_sequencer]")
{
    stream_sequencer s;
    CHECK_FALSE(s.last());
    CHECK(feed(s, {41, 42, 43}) == std::vector<step>(3, step::pass));
    CHECK(s.last() == position{epoch, 43});
    stream_sequencer seeded;
    seeded.seed({epoch, 40});
    CHECK(seeded.live(message(41)) == step::pass);
    CHECK(seeded.live(message(43)) == step::repair);
}

TEST_CASE("a message that comes twice in a row passes once", "[stream_sequencer]")
{
    stream_sequencer s;
    CHECK(feed(s, {1, 1, 2, 2}) == std::vector<step>{step::pass, step::drop, step::pass, step::drop});
}

TEST_CASE("a plain message of a publisher that knows no history passes whatever the stream waits for",
          "[stream_sequencer]")
{
    stream_sequencer s;
    CHECK(s.live(plain()) == step::pass);
    CHECK_FALSE(s.last());
    CHECK(feed(s, {1, 5}) == std::vector<step>{step::pass, step::repair});
    CHECK(s.live(plain()) == step::pass);
    CHECK(s.last() == position{epoch, 1});
}

TEST_CASE("a hole is filled from the history and what waited behind it follows once", "[stream_sequencer]")
{
    stream_sequencer s;
    CHECK(feed(s, {1, 4, 5, 6}) == std::vector<step>{step::pass, step::repair, step::hold, step::hold});
    CHECK(s.last() == position{epoch, 1});
    CHECK(repaired(s, slice(1, 5)) == words{"2", "3", "4", "5", "6"});
    CHECK(feed(s, {7}) == std::vector<step>{step::pass});
}

TEST_CASE("a second hole behind the first is asked for in its turn", "[stream_sequencer]")
{
    stream_sequencer s;
    feed(s, {1, 3, 6});
    std::vector<shared_frame> out;
    CHECK(s.repaired(slice(1, 4), "r", {}, out));
    CHECK(told(out) == words{"2", "3", "4"});
    CHECK(feed(s, {7}) == std::vector<step>{step::hold});
    CHECK(repaired(s, slice(4, 7)) == words{"5", "6", "7"});
}

TEST_CASE("messages that overtook each other come in order", "[stream_sequencer]")
{
    stream_sequencer s;
    feed(s, {1, 3, 2, 4});
    CHECK(repaired(s, slice(1, 4)) == words{"2", "3", "4"});
    CHECK(feed(s, {5}) == std::vector<step>{step::pass});
}

TEST_CASE("an old message that comes again is checked and not repeated", "[stream_sequencer]")
{
    stream_sequencer s;
    feed(s, {1, 2, 3});
    CHECK(feed(s, {2}) == std::vector<step>{step::repair});
    CHECK(repaired(s, slice(3, 3)).empty());
    CHECK(feed(s, {4}) == std::vector<step>{step::pass});
}

TEST_CASE("a hole that the history no longer holds is told, with the place where the stream goes on",
          "[stream_sequencer]")
{
    stream_sequencer s;
    feed(s, {1, 9});
    std::vector<shared_frame> out;
    CHECK_FALSE(s.repaired(slice(1, 9, 6), "r", {}, out));
    CHECK(told(out) == words{"history_lost", "6", "7", "8", "9"});
    CHECK(out.front()->at() == position{epoch, 5});

    stream_sequencer nothing_kept;
    feed(nothing_kept, {1, 9});
    out.clear();
    CHECK_FALSE(nothing_kept.repaired(slice(1, 9, 10), "r", {}, out));
    CHECK(told(out) == words{"history_lost", "9"}); // which waited
    CHECK(out.front()->at() == position{epoch, 8});
    CHECK(feed(nothing_kept, {10}) == std::vector<step>{step::pass});
}

TEST_CASE("what comes next passes before a gap is told, and shows whether there is one", "[stream_sequencer]")
{
    stream_sequencer s;
    feed(s, {1});
    CHECK(s.missed());
    feed(s, {2, 3});
    std::vector<shared_frame> out;
    CHECK_FALSE(s.repaired(slice(1, 9, 8), "r", {}, out)); // 4 to 7 have come and gone meanwhile
    CHECK(told(out) == words{"2", "3", "history_lost", "8", "9"});
    CHECK(out[2]->at() == position{epoch, 7});

    CHECK(s.missed());
    feed(s, {10, 11});
    CHECK(repaired(s, failed()) == words{"10", "11"}); // nothing was missed
    CHECK(s.missed());
    feed(s, {12, 14});
    out.clear();
    CHECK_FALSE(s.repaired(failed(), "r", {}, out));
    CHECK(told(out) == words{"12", "link_lost", "14"});
    CHECK(out[1]->at() == position{epoch, 13});
}

TEST_CASE("a history that lost everything by age is told once, and what waited passes once", "[stream_sequencer]")
{
    stream_sequencer s;
    feed(s, {1, 9, 10}); // 9 has shown the hole
    CHECK(repaired(s, slice(1, 8, 9)) == words{"history_lost", "9", "10"});
    CHECK(feed(s, {11}) == std::vector<step>{step::pass});
}

TEST_CASE("a history that began anew is told and followed from its beginning", "[stream_sequencer]")
{
    stream_sequencer s;
    feed(s, {1, 2, 3});
    CHECK(s.live(message(1, 8)) == step::repair);
    CHECK(s.live(message(2, 8)) == step::hold);
    std::vector<shared_frame> out;
    CHECK_FALSE(s.repaired(slice(3, 2, 1, 8), "r", {}, out));
    CHECK(told(out) == words{"history_lost", "1", "2"});
    CHECK(s.last() == position{8, 2});
    CHECK(s.live(message(3, 8)) == step::pass);
}

TEST_CASE("a history that began anew is sent from its beginning, though none of it has come live",
          "[stream_sequencer]")
{
    stream_sequencer s;
    feed(s, {1, 2, 3, 4, 5});
    REQUIRE(s.missed());
    std::vector<shared_frame> out;
    CHECK(s.repaired(slice(5, 4, 1, 8), "r", {}, out)); // the read began behind all of it
    CHECK(told(out) == words{"history_lost"});
    CHECK(out.front()->at() == position{8, 0});
    CHECK(s.last() == position{8, 0});
    CHECK(s.live(message(5, 8)) == step::hold);
    CHECK(repaired(s, slice(0, 5, 1, 8)) == words{"1", "2", "3", "4", "5"});
    CHECK(s.live(message(6, 8)) == step::pass);

    CHECK(s.missed()); // and what is not kept of it is told with the first gap
    out.clear();
    CHECK(s.repaired(slice(6, 9, 4, 9), "r", {}, out));
    CHECK(told(out) == words{"history_lost"});
    CHECK(out.front()->at() == position{9, 3});
    CHECK(repaired(s, slice(3, 9, 4, 9)) == words{"4", "5", "6", "7", "8", "9"});
}

TEST_CASE("of an epoch that goes on from what was there members get what they lack", "[stream_sequencer]")
{
    const auto had = GENERATE(as<std::uint64_t>{}, 5, 3); // with 3 they were behind when it was restarted
    stream_sequencer s;
    s.seed({epoch, had});
    REQUIRE(s.missed());
    auto answer = slice(had, 7, 1, 8);
    answer.began = 5;
    std::vector<shared_frame> out;
    CHECK_FALSE(s.repaired(answer, "r", {}, out));
    CHECK(out.front()->at() == position{8, had});
    CHECK(told(out) == (had == 5 ? words{"history_lost", "6", "7"} : words{"history_lost", "4", "5", "6", "7"}));
}

TEST_CASE("a history that was set back is told, and what is published on it passes", "[stream_sequencer]")
{
    stream_sequencer s;
    feed(s, {1, 2, 3, 4, 5});
    CHECK(feed(s, {3}) == std::vector<step>{step::repair});
    CHECK(repaired(s, slice(5, 3)) == words{"history_lost", "3"});
    CHECK(feed(s, {4}) == std::vector<step>{step::pass});
}

TEST_CASE("a late message of a history that is gone is not shown to those who follow the new one",
          "[stream_sequencer]")
{
    stream_sequencer s;
    feed(s, {1, 2});
    s.live(message(1, 8));
    CHECK(repaired(s, slice(2, 1, 1, 8)) == words{"history_lost", "1"});
    CHECK(s.live(message(3)) == step::drop);
    CHECK(s.live(message(2, 8)) == step::pass);
}

TEST_CASE("a history that was brought back is found after some messages", "[stream_sequencer]")
{
    stream_sequencer s;
    feed(s, {1, 2});
    s.live(message(1, 8));
    repaired(s, slice(2, 1, 1, 8));
    std::uint64_t next = 3;
    auto what = step::drop;
    for (; what == step::drop && next != 1000; ++next)
        what = s.live(message(next));
    REQUIRE(what == step::repair);
    std::vector<shared_frame> out;
    CHECK_FALSE(s.repaired(slice(1, next - 1), "r", {}, out));
    CHECK(out.front()->at() == position{epoch, 2}); // where it was left
    const auto all = told(out);
    CHECK(all.front() == "history_lost");
    CHECK(all[1] == "3");
    CHECK(all.back() == std::to_string(next - 1));
    CHECK(s.live(message(next)) == step::pass);
    CHECK(s.live(message(2, 8)) == step::drop);
}

TEST_CASE("however many late messages come of a history that is gone, a store that fails brings none of it back",
          "[stream_sequencer]")
{
    stream_sequencer s;
    feed(s, {1, 2});
    REQUIRE(s.live(message(1, 8)) == step::repair);
    CHECK(repaired(s, slice(2, 1, 1, 8)) == words{"history_lost", "1"});
    int reads = 0;
    for (std::uint64_t i = 3; i != 203; ++i)
        if (s.live(message(i)) == step::repair) {
            ++reads;
            CHECK(repaired(s, failed()).empty());
        }
    CHECK(reads == 3); // now and then it is asked for
    CHECK(s.last() == position{8, 1});
    CHECK(s.live(message(2, 8)) == step::pass);
}

TEST_CASE("late messages of a history that is gone are known by the first of them", "[stream_sequencer]")
{
    stream_sequencer s;
    s.seed({8, 1});
    REQUIRE(s.live(message(5)) == step::repair);
    CHECK(s.live(message(3)) == step::hold); // overtaken
    CHECK(repaired(s, slice(1, 1, 1, 8)).empty());
    CHECK(s.live(message(6)) == step::drop);
    CHECK(s.live(message(2, 8)) == step::pass);
}

TEST_CASE("a stray message of an unknown history changes nothing", "[stream_sequencer]")
{
    stream_sequencer s;
    feed(s, {1, 2, 3});
    CHECK(s.live(message(9, 99)) == step::repair);
    CHECK(feed(s, {4}) == std::vector<step>{step::hold});
    CHECK(repaired(s, slice(3, 4)) == words{"4"});
    CHECK(feed(s, {5}) == std::vector<step>{step::pass});
}

TEST_CASE("a message that the store knows nothing of is not asked for over and over", "[stream_sequencer]")
{
    stream_sequencer s;
    feed(s, {10, 12});
    std::vector<shared_frame> out;
    int reads = 1;
    while (s.repaired(slice(s.last().offset, 10), "r", {}, out))
        REQUIRE(++reads < 10);
    // What the store takes from then on passes.
    CHECK(s.live(message(s.last().offset + 1)) == step::pass);
}

TEST_CASE("while the store fails members are told and the stream goes on with what there is", "[stream_sequencer]")
{
    stream_sequencer s;
    feed(s, {1, 4, 5});
    std::vector<shared_frame> out;
    CHECK_FALSE(s.repaired(failed(), "r", {}, out));
    CHECK(told(out) == words{"link_lost", "4", "5"});
    CHECK(out.front()->at() == position{epoch, 3});
    CHECK(feed(s, {6}) == std::vector<step>{step::pass});
}

TEST_CASE("when nothing waits a failed store loses no place", "[stream_sequencer]")
{
    stream_sequencer s;
    feed(s, {1, 2});
    CHECK(s.missed());
    std::vector<shared_frame> out;
    CHECK_FALSE(s.repaired(failed(), "r", {}, out));
    CHECK(told(out) == words{"link_lost"});
    CHECK_FALSE(out.front()->at());
    CHECK(s.last() == position{epoch, 2});
    CHECK(feed(s, {3, 5}) == std::vector<step>{step::pass, step::repair});
}

TEST_CASE("after a lost link the history is read though no message has shown a hole", "[stream_sequencer]")
{
    stream_sequencer nobody_knows;
    CHECK_FALSE(nobody_knows.missed());

    stream_sequencer s;
    feed(s, {1, 2});
    CHECK(s.missed());
    CHECK_FALSE(s.missed()); // one read is under way
    std::vector<shared_frame> out;
    // It may have begun before the link was lost the second time.
    CHECK(s.repaired(slice(2, 4), "r", {}, out));
    CHECK(told(out) == words{"3", "4"});
    CHECK(repaired(s, slice(4, 4)).empty());
    CHECK(feed(s, {5}) == std::vector<step>{step::pass});
}

TEST_CASE("what waits behind a hole is bounded, and what is above the bound is read again", "[stream_sequencer]")
{
    stream_sequencer s;
    feed(s, {1});
    constexpr auto last = stream_sequencer::max_held + 100;
    for (std::uint64_t i = 3; i <= last; ++i)
        REQUIRE(s.live(message(i)) != step::pass);
    std::vector<shared_frame> out;
    auto part = slice(1, 2);
    part.top.offset = last;
    CHECK(s.repaired(part, "r", {}, out));
    CHECK(out.size() == stream_sequencer::max_held + 1);
    CHECK_FALSE(s.repaired(slice(s.last().offset, last), "r", {}, out));
    REQUIRE(out.size() == last - 1);
    for (std::uint64_t i = 0; i != out.size(); ++i)
        REQUIRE(out[i]->at().offset == i + 2);
}

TEST_CASE("a room that nobody was in for a while begins wherever it is by then", "[stream_sequencer]")
{
    stream_sequencer s;
    feed(s, {1, 4});
    const auto before = s.round();
    s.reset();
    CHECK(s.round() != before); // so that the read under way is known for an old one
    CHECK_FALSE(s.last());
    CHECK(feed(s, {9, 10, 12}) == std::vector<step>{step::pass, step::pass, step::repair});
    CHECK(repaired(s, slice(10, 12)) == words{"11", "12"});
    CHECK(repaired(s, slice(1, 4)).empty()); // nobody asked
}

TEST_CASE("a read that ends before the history did is continued, without a message that shows it",
          "[stream_sequencer]")
{
    stream_sequencer s;
    feed(s, {1});
    REQUIRE(s.missed());
    auto part = slice(1, 3);
    part.top.offset = 5;
    std::vector<shared_frame> out;
    CHECK(s.repaired(part, "r", {}, out));
    CHECK(told(out) == words{"2", "3"});
    CHECK(repaired(s, slice(3, 5)) == words{"4", "5"});
}

TEST_CASE("whatever the bus loses, repeats or swaps, every message comes once and in order", "[stream_sequencer]")
{
    const auto seed = GENERATE(range(1u, 41u));
    INFO("seed " << seed);
    std::mt19937 random{seed};
    const auto below = [&](std::uint64_t n) { return random() % n; };
    stream_sequencer s;
    std::uint64_t top = 0;
    std::uint64_t next = 1;
    bool repairing = false;
    std::vector<std::uint64_t> on_the_way;
    const auto take = [&](const shared_frame& f) { REQUIRE(f->at().offset == next++); };
    const auto answer = [&](std::uint64_t limit) {
        auto part = slice(s.last().offset, top);
        if (part.frames.size() > limit)
            part.frames.resize(limit);
        std::vector<shared_frame> out;
        repairing = s.repaired(part, "r", {}, out);
        for (const auto& f : out)
            take(f);
    };
    s.seed({epoch, 0});
    for (int round = 0; round != 3000; ++round) {
        if (below(3) != 0)
            on_the_way.push_back(++top);
        if (!on_the_way.empty() && below(3) != 0) {
            const auto which = below(4) == 0 ? below(on_the_way.size()) : 0;
            const auto at = on_the_way.begin() + static_cast<std::ptrdiff_t>(which);
            const auto f = message(*at);
            if (below(20) != 0) { // else it comes twice
                on_the_way.erase(at);
            }
            if (below(10) == 0)
                continue; // lost
            const auto what = s.live(f);
            if (what == step::pass)
                take(f);
            REQUIRE_FALSE((repairing && what == step::repair));
            repairing = repairing || what == step::repair;
        }
        if (repairing && below(5) == 0)
            answer(1 + below(8));
    }
    if (!repairing)
        repairing = s.missed();
    for (int i = 0; repairing && i != 5000; ++i)
        answer(1 + below(8));
    if (next != top + 1 && s.missed()) {
        answer(top);
        REQUIRE_FALSE(repairing);
    }
    CHECK(next == top + 1);
    CHECK(s.last() == position{epoch, top});
}

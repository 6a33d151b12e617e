// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// The reads of a room's history that returning clients and the live stream share.
#include "history/reader_support.hpp"

#include <fanfare/error.hpp>

using namespace fanfare;
using namespace fanfare::test::histories;
using offsets = std::vector<std::uint64_t>;

namespace {

offsets offsets_of(const history_slice& slice)
{
    offsets all;
    for (const auto& f : slice.frames)
        all.push_back(f->at().offset);
    return all;
}

// Reads, and what they were answered.
struct shared_reading : reading {
    room_ptr chat = room("chat:1");
    std::vector<shared_slice> answers;

    void read_after(const position& from, room_ptr where = {})
    {
        reader.read_after(where ? where : chat, {.from = from},
                          [this](const shared_slice& s) { answers.push_back(s); });
    }
};

} // namespace

TEST_CASE("many who return to a room at once share one read, which begins at the earliest place",
          "[history_reader]")
{
    shared_reading h;
    for (const auto offset : {5u, 2u, 9u})
        h.read_after({epoch, offset});
    CHECK(h.script.waiting() == 0); // the caller may be inside of the store
    h.run();
    const auto asked = h.script.next();
    CHECK(asked.room == "chat:1");
    CHECK(asked.query.from == 2);
    CHECK(asked.query.limits.messages == 100);
    CHECK_FALSE(asked.query.newest_first);
    CHECK(h.answers.empty());
    asked.done({}, page(2, 11));
    REQUIRE(h.answers.size() == 3);
    CHECK(h.answers[1] == h.answers[0]); // one set of frames for all
    CHECK(h.answers[2] == h.answers[0]);
    CHECK(h.answers[0]->top == position{epoch, 11});
    CHECK(h.answers[0]->from == 2);
    CHECK(h.answers[0]->oldest == 1);
    CHECK(offsets_of(*h.answers[0]) == offsets{3, 4, 5, 6, 7, 8, 9, 10, 11});
    CHECK(h.answers[0]->frames.front()->room() == "chat:1");
    CHECK(h.count.store_reads.get() == 1);
    h.run();
    CHECK(h.script.waiting() == 0);
}

TEST_CASE("who asks while a read is under way gets the next one, which begins after the call", "[history_reader]")
{
    shared_reading h;
    h.read_after({epoch, 5});
    h.run();
    h.read_after({epoch, 1});
    h.read_after({epoch, 3});
    h.run();
    REQUIRE(h.script.waiting() == 1);
    h.script.next().done({}, page(5, 6));
    CHECK(h.answers.size() == 1);
    CHECK(h.script.waiting() == 0); // not from inside of the store's answer
    h.run();
    REQUIRE(h.script.waiting() == 1);
    const auto second = h.script.next();
    CHECK(second.query.from == 1);
    second.done({}, page(1, 7));
    REQUIRE(h.answers.size() == 3);
    CHECK(h.answers[1] == h.answers[2]);
    CHECK(h.answers[1] != h.answers[0]);
    CHECK(h.count.store_reads.get() == 2);
}

TEST_CASE("a reader may ask again from its answer", "[history_reader]")
{
    shared_reading h;
    h.reader.read_after(h.chat, {.from = {epoch, 5}}, [&](const shared_slice& s) { h.read_after(s->top); });
    h.run();
    h.script.next().done({}, page(5, 6));
    h.run();
    const auto again = h.script.next();
    CHECK(again.query.from == 6);
    again.done({}, page(6, 6));
    REQUIRE(h.answers.size() == 1);
    CHECK(h.answers[0]->frames.empty());
}

TEST_CASE("positions of different epochs do not share a read: an old one would make it longer", "[history_reader]")
{
    shared_reading h;
    h.read_after({epoch, 80});
    h.read_after({epoch + 1, 3});
    h.read_after({epoch, 90});
    h.run();
    REQUIRE(h.script.waiting() == 1); // one after the other
    const auto first = h.script.next();
    CHECK(first.query.from == 80);
    first.done({}, page(80, 90));
    CHECK(h.answers.size() == 2);
    h.run();
    const auto second = h.script.next();
    CHECK(second.query.from == 3);
    second.done({}, page(3, 90));
    REQUIRE(h.answers.size() == 3);
    CHECK(h.answers[2]->from == 3);
    h.run();
    CHECK(h.script.waiting() == 0);
}

TEST_CASE("rooms are read independently of each other", "[history_reader]")
{
    shared_reading h;
    h.read_after({epoch, 1});
    h.read_after({epoch, 2}, h.room("chat:2"));
    h.run();
    REQUIRE(h.script.waiting() == 2);
    h.script.next();
    h.script.next().done({}, page(2, 2));
    CHECK(h.answers.size() == 2); // the first was let go without an answer, which is one
}

TEST_CASE("a failed read is told to all who share it, and the next one is tried", "[history_reader]")
{
    shared_reading h;
    h.read_after({epoch, 1});
    h.read_after({epoch, 2});
    h.run();
    SECTION("the store says that it has failed")
    {
        h.script.next().done(error::store_failed, page(1, 2));
    }
    SECTION("the store lets it go without a word")
    {
        h.script.next();
    }
    REQUIRE(h.answers.size() == 2);
    for (const auto& one : h.answers) {
        CHECK(one->error == error::store_failed);
        CHECK(one->frames.empty());
    }
    CHECK(h.count.store_failures.get() == 1);
    h.read_after({epoch, 1});
    h.run();
    h.script.next().done({}, page(1, 2));
    REQUIRE(h.answers.size() == 3);
    CHECK_FALSE(h.answers[2]->error);
    CHECK(h.count.store_failures.get() == 1);
}

TEST_CASE("for who missed more than a client may get, nobody reads that far back", "[history_reader]")
{
    shared_reading h;
    h.chat->stream->seed({epoch, 1000});
    h.read_after({epoch, 10});
    h.read_after({epoch, 990});
    h.run();
    const auto asked = h.script.next();
    CHECK(asked.query.limit == shared_reading::max_recovery);
    CHECK(asked.query.from == 950);
    asked.done({}, page(950, 1000, 901));
    REQUIRE(h.answers.size() == 2);
    CHECK_FALSE(h.answers[0]->reaches_back_to(10)); // it is told so
    CHECK(h.answers[0]->reaches_back_to(990));

    const auto small = h.room("small:1", 20);
    small->stream->seed({epoch, 1000});
    h.read_after({epoch, 10}, small);
    h.run();
    const auto less = h.script.next();
    CHECK(less.query.limit == 20); // there never is more
    CHECK(less.query.from == 980);
}

TEST_CASE("a room's position is asked for once, and all who wait are told when it is known", "[history_reader]")
{
    shared_reading h;
    std::vector<int> told;
    CHECK(h.reader.learn_position(h.chat, [&] { told.push_back(1); }));
    CHECK(h.reader.learn_position(h.chat, [&] { told.push_back(2); }));
    REQUIRE(h.script.waiting() == 1);
    const auto asked = h.script.next();
    CHECK(asked.query.limit == 0); // no message is read
    CHECK(told.empty());
    asked.done({}, page(12, 12));
    CHECK(told == std::vector<int>{1, 2});
    CHECK(h.chat->stream->last() == position{epoch, 12});
    CHECK_FALSE(h.reader.learn_position(h.chat, [&] { told.push_back(3); })); // it is known by now
    CHECK_FALSE(h.reader.learn_position(h.room("plain:1", 0), [&] { told.push_back(4); }));
    CHECK(told.size() == 2);
}

TEST_CASE("where a room's position cannot be known who waits goes on, and the next one asks again",
          "[history_reader]")
{
    shared_reading h;
    int told = 0;
    h.reader.learn_position(h.chat, [&] { ++told; });
    h.script.next().done(error::store_failed, {});
    CHECK(told == 1);
    CHECK_FALSE(h.chat->stream->last());
    CHECK(h.reader.learn_position(h.chat, [&] { ++told; }));
    h.script.next().done({}, page(3, 3));
    CHECK(told == 2);
    CHECK(h.chat->stream->last() == position{epoch, 3});
}

TEST_CASE("a position is asked for again if the room missed something while the store looked", "[history_reader]")
{
    shared_reading h;
    int told = 0;
    h.reader.learn_position(h.chat, [&] { ++told; });
    h.chat->stream->seed_again = true;
    h.script.next().done({}, page(3, 3));
    CHECK(told == 0);
    CHECK(h.script.waiting() == 0); // not from inside of the store's answer
    h.run();
    h.script.next().done({}, page(5, 5));
    CHECK(told == 1);
    CHECK(h.chat->stream->last() == position{epoch, 5});
}

TEST_CASE("a message that passes while the store looks tells the room's position better", "[history_reader]")
{
    shared_reading h;
    int told = 0;
    h.reader.learn_position(h.chat, [&] { ++told; });
    h.chat->stream->live(encode_stored("{}", {.room = "chat:1", .at = {epoch, 9}}));
    h.script.next().done({}, page(8, 8));
    CHECK(told == 1);
    CHECK(h.chat->stream->last() == position{epoch, 9});
}

// ---- pages

namespace {

// A page of the store that ends early.
history_page first_of(history_page p, std::size_t count)
{
    p.messages.resize(count);
    return p;
}

} // namespace

TEST_CASE("a read asks for a page, and who has its messages already waits for the one that is theirs",
          "[history_reader]")
{
    shared_reading h;
    for (const auto offset : {0u, 30u, 2u})
        h.read_after({epoch, offset});
    h.run();
    const auto first = h.script.next();
    CHECK(first.query.bytes == shared_reading::page_bytes);
    CHECK(first.query.from == 0);
    first.done({}, first_of(page(0, 40), 5));
    REQUIRE(h.answers.size() == 2); // 30 is not in it
    h.run();
    const auto second = h.script.next();
    CHECK(second.query.from == 30);
    second.done({}, first_of(page(30, 40), 5));
    REQUIRE(h.answers.size() == 3);
    CHECK(offsets_of(*h.answers[2]) == offsets{31, 32, 33, 34, 35});
    CHECK(h.answers[2]->reaches_back_to(30));
    h.run();
    CHECK(h.script.waiting() == 0);
}

TEST_CASE("who has waited for longest gets the second page at the latest, whoever else asks for older ones",
          "[history_reader]")
{
    shared_reading h;
    std::vector<shared_slice> mine;
    h.reader.read_after(h.chat, {.from = {epoch, 30}}, [&](const shared_slice& s) { mine.push_back(s); });
    for (int reads = 0; mine.empty(); ++reads) {
        REQUIRE(reads < 2);
        h.read_after({epoch, 0});
        h.run();
        const auto asked = h.script.next();
        asked.done({}, first_of(page(asked.query.from, 40), 5));
    }
    CHECK(offsets_of(*mine.at(0)).front() == 31);
}

TEST_CASE("the hub's own live stream comes before those who return", "[history_reader]")
{
    shared_reading h;
    h.read_after({epoch, 0});
    h.run();
    h.read_after({epoch, 1});
    std::vector<shared_slice> repair;
    h.reader.read_after(h.chat, {.from = {epoch, 39}, .urgent = true},
                        [&](const shared_slice& s) { repair.push_back(s); });
    for (int reads = 0; repair.empty(); ++reads) {
        REQUIRE(reads < 3); // one is under way, one may be for the earliest
        const auto asked = h.script.next();
        asked.done({}, first_of(page(asked.query.from, 40), 1));
        h.run();
    }
    CHECK(offsets_of(*repair.at(0)) == offsets{40});
}

TEST_CASE("who only wants to know what there is makes nobody read messages", "[history_reader]")
{
    shared_reading h;
    const auto ask = [&](std::uint64_t offset) {
        h.reader.read_after(h.chat, {.from = {epoch, offset}, .messages = false},
                            [&](const shared_slice& s) { h.answers.push_back(s); });
    };
    ask(3);
    ask(7);
    h.run();
    const auto alone = h.script.next();
    CHECK(alone.query.limit == 0);
    alone.done({}, first_of(page(0, 40, 5), 0));
    REQUIRE(h.answers.size() == 2);
    CHECK(h.answers[0]->frames.empty());
    CHECK_FALSE(h.answers[0]->reaches_back_to(3));
    CHECK(h.answers[1]->reaches_back_to(7));

    ask(7); // with others
    h.read_after({epoch, 20});
    h.run();
    const auto shared = h.script.next();
    CHECK(shared.query.from == 20);
    shared.done({}, first_of(page(20, 40, 5), 5));
    REQUIRE(h.answers.size() == 4);
    const auto bare = h.answers[2]->frames.empty() ? h.answers[2] : h.answers[3];
    CHECK(bare->frames.empty());
    CHECK(bare->reaches_back_to(7));
    CHECK_FALSE(bare->reaches_back_to(3));
}

TEST_CASE("a read for those who have gone is never made", "[history_reader]")
{
    shared_reading h;
    bool here = true;
    const auto held = std::make_shared<int>(0);
    const auto ask = [&] {
        h.reader.read_after(h.chat, {.from = {epoch, 1}, .wanted = [&] { return here; }},
                            [&, held](const shared_slice& s) { h.answers.push_back(s); });
    };
    ask();
    here = false;
    h.run();
    CHECK(h.script.waiting() == 0);
    CHECK(h.answers.empty());
    CHECK(held.use_count() == 1); // nothing of it is left
    CHECK(h.count.store_reads.get() == 0);

    h.read_after({epoch, 9}); // another one, who gets a page of their own
    here = true;
    ask();
    here = false;
    h.run();
    const auto asked = h.script.next();
    CHECK(asked.query.from == 9);
    asked.done({}, page(9, 9));
    CHECK(h.answers.size() == 1);
}

TEST_CASE("who reads the same messages later shares their frames", "[history_reader]")
{
    shared_reading h;
    h.read_after({epoch, 0});
    h.run();
    h.script.next().done({}, first_of(page(0, 9), 5));
    h.read_after({epoch, 3});
    h.run();
    h.script.next().done({}, page(3, 9));
    REQUIRE(h.answers.size() == 2);
    CHECK(h.answers[1]->frames.at(0) == h.answers[0]->frames.at(3)); // 4
    CHECK(h.answers[1]->frames.at(1) == h.answers[0]->frames.at(4)); // 5
    CHECK(h.answers[1]->bytes == 6 * h.answers[0]->bytes / 5);

    h.read_after({epoch + 1, 3}); // another message, of the same offset
    h.run();
    h.script.next().done({}, page(3, 9, 1, epoch + 1));
    REQUIRE(h.answers.size() == 3);
    CHECK(h.answers[2]->frames.at(0) != h.answers[1]->frames.at(0));
    h.read_after({epoch, 3}, h.room("chat:2")); // of another room
    h.run();
    h.script.next().done({}, page(3, 9));
    REQUIRE(h.answers.size() == 4);
    CHECK(h.answers[3]->frames.at(0) != h.answers[1]->frames.at(0));
}

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_TESTING_STORE_PAGE_CHECKS_HPP
#define FANFARE_DETAIL_TESTING_STORE_PAGE_CHECKS_HPP

// Offsets and epochs, what is kept for how long, and what a page holds.
#include <fanfare/detail/testing/store_world.hpp>
#include <fanfare/position.hpp>
#include <fanfare/store.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace fanfare::detail::store_promises {

template <class World>
void check_offsets_grow(World& w)
{
    auto& look = w.look;
    look.about("S1", "appending 20 messages, one after the other");
    auto store = w[0];
    std::uint64_t epoch = 0;
    for (std::uint64_t i = 1; i <= 20; ++i) {
        const auto answer = store.append("chat:a", body(i), hundred);
        look.require_equal("the error of an append", answer.error, error_code{});
        look.expect(!answer.duplicate, "an append without a key is no duplicate");
        look.equal("the offset of an append", answer.at.offset, i);
        look.expect(answer.at.epoch != 0, "the epoch of an append is not 0");
        look.expect(i == 1 || answer.at.epoch == epoch, "all appends have the epoch of the first one");
        epoch = answer.at.epoch;
        look.expect(answer.published || answer.stored,
                    "an append's answer holds the stored message, unless the store has published it");
        if (answer.stored) {
            look.equal("the offset of the stored message in the answer", answer.stored->offset, i);
            look.equal("the body of the stored message in the answer", answer.stored->body, body(i));
        }
    }
    const auto page = store.read("chat:a", {.limit = 100, .limits = hundred});
    look.require_equal("the error of the read", store.error(), error_code{});
    look.equal("the page's newest position", page.top, position{epoch, 20});
    look.equal("the oldest offset that is kept", page.oldest, 1);
    look.require_equal("the offsets of the page", offsets(page), range(1, 20));
    look.equal("the body of the first message", page.messages.front().body, body(1));
    look.equal("the body of the last message", page.messages.back().body, body(20));
}

template <class World>
void check_epoch_from_the_first_read(World& w)
{
    auto& look = w.look;
    look.about("S2", "reading a room that nobody has used, then appending through another handle");
    auto store = w[0];
    auto other = w[1];
    const auto before = store.read("chat:a", {.limit = 10, .limits = hundred});
    look.require_equal("the error of the read", store.error(), error_code{});
    look.expect(before.top.epoch != 0, "a room that nobody has used has an epoch that is not 0");
    look.equal("the newest offset of a room that nobody has used", before.top.offset, 0);
    look.equal("the oldest offset of a room that nobody has used", before.oldest, 1);
    look.expect(before.messages.empty(), "a room that nobody has used has no messages");
    look.equal("the position that the other handle reads", other.read("chat:a", {.limits = hundred}).top,
               before.top);
    const auto first = other.append("chat:a", "{}", hundred);
    look.equal("the position of the first message", first.at, position{before.top.epoch, 1});
    look.equal("the position that is read after the first message", store.read("chat:a", {.limits = hundred}).top,
               first.at);
}

template <class World>
void check_count_limit(World& w)
{
    auto& look = w.look;
    look.about("S3", "appending more messages than the limit");
    auto store = w[0];
    const history_limits three{.messages = 3};
    const auto last = fill(store, "chat:a", 50, three);
    auto page = store.read("chat:a", {.limit = 100, .limits = three});
    look.equal("the newest position", page.top, last);
    look.equal("the oldest offset that is kept", page.oldest, 48);
    look.equal("the offsets of the kept messages", offsets(page), range(48, 50));
    page = store.read("chat:a", {.from = 10, .limit = 100, .limits = three}); // where nothing is left
    look.equal("the oldest offset of a page that begins where nothing is left", page.oldest, 48);
    look.equal("the offsets of a page that begins where nothing is left", offsets(page), range(48, 50));
    const history_limits one{.messages = 1};
    fill(store, "chat:b", 5, one);
    page = store.read("chat:b", {.limit = 100, .newest_first = true, .limits = one});
    look.equal("the oldest offset in a room that keeps one message", page.oldest, 5);
    look.equal("the messages of a room that keeps one", bodies(page), std::vector{body(5)});
}

template <class World>
void check_age_limit(World& w)
{
    auto& look = w.look;
    look.about("S4", "appending to a room that keeps them for 200 ms and to one that keeps them for an hour");
    auto store = w[0];
    const history_limits hour{.messages = 100, .age = 1h}, moment{.messages = 100, .age = 200ms};
    const auto kept = fill(store, "chat:old", 5, hour);
    const auto gone = fill(store, "chat:new", 5, moment);
    look.expect(
        w.eventually([&] { return store.read("chat:new", {.limit = 9, .limits = moment}).messages.empty(); }),
        "messages that are too old are gone in the end");
    auto page = store.read("chat:new", {.limit = 9, .limits = moment});
    look.equal("the newest position of a room whose messages are gone", page.top, gone);
    look.equal("the oldest offset of a room whose messages are gone", page.oldest, 6);
    page = store.read("chat:old", {.limit = 9, .limits = hour});
    look.equal("the newest position of the room that keeps its messages for an hour", page.top, kept);
    look.equal("the offsets of the room that keeps its messages for an hour", offsets(page), range(1, 5));
    const auto next = store.append("chat:new", body(6), moment);
    look.equal("the position of the next message in the room whose messages were gone", next.at,
               position{gone.epoch, 6});
    look.expect(w.eventually([&] { return store.read("chat:new", {.limits = moment}).oldest == 7; }),
                "the next message is gone in the end, and the oldest offset is 7");
}

template <class World>
void check_pages(World& w)
{
    auto& look = w.look;
    look.about("S5", "reading 30 messages page by page");
    auto store = w[0];
    const auto top = fill(store, "chat:a", 30, hundred);
    const auto read = [&](std::uint64_t from, std::size_t limit, bool newest_first) {
        const auto page =
            store.read("chat:a", {.from = from, .limit = limit, .newest_first = newest_first, .limits = hundred});
        look.equal("the error of a read", store.error(), error_code{});
        look.equal("the newest position of each page", page.top, top);
        look.equal("the oldest offset of each page", page.oldest, 1);
        for (const auto& m : page.messages)
            look.equal("a message's body", m.body, body(m.offset));
        return offsets(page);
    };
    const auto down = [](std::uint64_t first, std::uint64_t last) {
        auto out = range(last, first);
        std::reverse(out.begin(), out.end());
        return out;
    };
    look.expect(read(0, 0, false).empty(), "a read of no messages, oldest first, has none");
    look.expect(read(0, 0, true).empty(), "a read of no messages, newest first, has none");
    look.equal("the first 10 messages", read(0, 10, false), range(1, 10));
    look.equal("the 10 messages after offset 10", read(10, 10, false), range(11, 20));
    look.equal("the messages after offset 25", read(25, 10, false), range(26, 30));
    look.equal("one message after offset 29", read(29, 1, false), range(30, 30));
    look.expect(read(30, 10, false).empty(), "there is nothing after the newest message");
    look.expect(read(31, 10, false).empty(), "there is nothing after an offset that was not given yet");
    look.expect(read(std::numeric_limits<std::uint64_t>::max(), 10, false).empty(),
                "there is nothing after the largest offset");
    look.equal("all messages, oldest first", read(0, 1000, false), range(1, 30));
    look.equal("the newest 10 messages", read(0, 10, true), down(30, 21));
    look.equal("the 10 messages before offset 21", read(21, 10, true), down(20, 11));
    look.equal("the messages before offset 2", read(2, 10, true), down(1, 1));
    look.expect(read(1, 10, true).empty(), "there is nothing before offset 1");
    look.equal("the 2 messages before offset 31", read(31, 2, true), down(30, 29));
    look.equal("the 2 messages before the largest offset",
               read(std::numeric_limits<std::uint64_t>::max(), 2, true), down(30, 29));
    look.equal("all messages, newest first", read(0, 1000, true), down(30, 1));
}

// Bytes of bodies and keys.
inline std::size_t bytes_of(const history_page& page)
{
    std::size_t all = 0;
    for (const auto& m : page.messages)
        all += m.body.size() + m.key.size();
    return all;
}

template <class World>
void check_byte_limit(World& w)
{
    auto& look = w.look;
    look.about("S6", "reading 60 messages in pages of so many bytes");
    auto store = w[0];
    // 60 messages of 12 to 5,000 bytes, so that pages begin and end with small and with large ones.
    const auto sized = [](std::uint64_t n) {
        return stored_message{.body = "{\"n\":\"" + std::string(n * n * 977 % 4900, 'x') + "\"}",
                              .key = std::string(n % 3 * 30, 'k')};
    };
    for (std::uint64_t i = 1; i <= 60; ++i)
        look.require_equal("the error of an append", store.append("chat:a", sized(i), hundred).error,
                           error_code{});
    for (const bool newest_first : {false, true})
        for (const std::size_t bytes : {std::size_t{0}, std::size_t{1}, std::size_t{3000}, std::size_t{20'000}}) {
            std::vector<std::uint64_t> all;
            for (std::uint64_t from = 0; all.size() != 60; from = all.back()) {
                const auto page = store.read(
                    "chat:a",
                    {.from = from, .limit = 100, .bytes = bytes, .newest_first = newest_first, .limits = hundred});
                look.require_equal("the error of a read", store.error(), error_code{});
                look.require(!page.messages.empty(), "a page has at least one message, whatever its size");
                look.expect(page.messages.size() == 1 || bytes_of(page) <= bytes,
                            "a page of several messages is within the limit of bytes");
                look.equal("the oldest offset of each page", page.oldest, 1);
                look.equal("the newest offset of each page", page.top.offset, 60);
                for (const auto& m : page.messages)
                    all.push_back(m.offset);
                look.require(all.size() <= 60, "no message comes twice");
            }
            if (newest_first)
                std::reverse(all.begin(), all.end());
            look.equal("the offsets of all pages together", all, range(1, 60));
        }
    look.expect(store.read("chat:a", {.limit = 0, .bytes = 20'000, .limits = hundred}).messages.empty(),
                "a read of no messages has none");
    look.equal("the number of messages of a read of at most 2",
               store.read("chat:a", {.limit = 2, .bytes = 20'000, .limits = hundred}).messages.size(), 2);
}

} // namespace fanfare::detail::store_promises

#endif

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
        look.require_equal("answer.error", answer.error, error_code{});
        look.equal("answer.duplicate", answer.duplicate, false);
        look.equal("answer.at.offset", answer.at.offset, i);
        look.expect(answer.at.epoch != 0, "answer.at.epoch != 0");
        look.expect(i == 1 || answer.at.epoch == epoch, "i == 1 || answer.at.epoch == epoch");
        epoch = answer.at.epoch;
        look.expect(answer.published || answer.stored, "answer.published || answer.stored");
        if (answer.stored) {
            look.equal("answer.stored->offset", answer.stored->offset, i);
            look.equal("answer.stored->body", answer.stored->body, body(i));
        }
    }
    const auto page = store.read("chat:a", {.limit = 100, .limits = hundred});
    look.require_equal("store.error()", store.error(), error_code{});
    look.equal("page.top", page.top, position{epoch, 20});
    look.equal("page.oldest", page.oldest, 1);
    look.require_equal("offsets(page)", offsets(page), range(1, 20));
    look.equal("page.messages.front().body", page.messages.front().body, body(1));
    look.equal("page.messages.back().body", page.messages.back().body, body(20));
}

template <class World>
void check_epoch_from_the_first_read(World& w)
{
    auto& look = w.look;
    look.about("S2", "reading a room that nobody has used, then appending through another handle");
    auto store = w[0];
    auto other = w[1];
    const auto before = store.read("chat:a", {.limit = 10, .limits = hundred});
    look.require_equal("store.error()", store.error(), error_code{});
    look.expect(before.top.epoch != 0, "before.top.epoch != 0");
    look.equal("before.top.offset", before.top.offset, 0);
    look.equal("before.oldest", before.oldest, 1);
    look.equal("before.messages.empty()", before.messages.empty(), true);
    look.equal("other.read(\"chat:a\", {.limits = hundred}).top", other.read("chat:a", {.limits = hundred}).top,
               before.top);
    const auto first = other.append("chat:a", "{}", hundred);
    look.equal("first.at", first.at, position{before.top.epoch, 1});
    look.equal("store.read(\"chat:a\", {.limits = hundred}).top", store.read("chat:a", {.limits = hundred}).top,
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
    look.equal("page.top", page.top, last);
    look.equal("page.oldest", page.oldest, 48);
    look.equal("offsets(page)", offsets(page), range(48, 50));
    page = store.read("chat:a", {.from = 10, .limit = 100, .limits = three}); // where nothing is left
    look.equal("page.oldest", page.oldest, 48);
    look.equal("offsets(page)", offsets(page), range(48, 50));
    const history_limits one{.messages = 1};
    fill(store, "chat:b", 5, one);
    page = store.read("chat:b", {.limit = 100, .newest_first = true, .limits = one});
    look.equal("page.oldest", page.oldest, 5);
    look.equal("bodies(page)", bodies(page), std::vector{body(5)});
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
        "w.eventually([&] { return store.read(\"chat:new\", {.limit = 9, .limits = moment}).messages.empty(); })");
    auto page = store.read("chat:new", {.limit = 9, .limits = moment});
    look.equal("page.top", page.top, gone); // the place is known, what was there is not
    look.equal("page.oldest", page.oldest, 6);
    page = store.read("chat:old", {.limit = 9, .limits = hour});
    look.equal("page.top", page.top, kept);
    look.equal("offsets(page)", offsets(page), range(1, 5));
    const auto next = store.append("chat:new", body(6), moment);
    look.equal("next.at", next.at, position{gone.epoch, 6});
    look.expect(w.eventually([&] { return store.read("chat:new", {.limits = moment}).oldest == 7; }),
                "w.eventually([&] { return store.read(\"chat:new\", {.limits = moment}).oldest == 7; })");
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
        look.equal("store.error()", store.error(), error_code{});
        look.equal("page.top", page.top, top);
        look.equal("page.oldest", page.oldest, 1);
        for (const auto& m : page.messages)
            look.equal("m.body", m.body, body(m.offset));
        return offsets(page);
    };
    const auto down = [](std::uint64_t first, std::uint64_t last) {
        auto out = range(last, first);
        std::reverse(out.begin(), out.end());
        return out;
    };
    look.equal("read(0, 0, false).empty()", read(0, 0, false).empty(), true);
    look.equal("read(0, 0, true).empty()", read(0, 0, true).empty(), true);
    look.equal("read(0, 10, false)", read(0, 10, false), range(1, 10));
    look.equal("read(10, 10, false)", read(10, 10, false), range(11, 20));
    look.equal("read(25, 10, false)", read(25, 10, false), range(26, 30));
    look.equal("read(29, 1, false)", read(29, 1, false), range(30, 30));
    look.equal("read(30, 10, false).empty()", read(30, 10, false).empty(), true);
    look.equal("read(31, 10, false).empty()", read(31, 10, false).empty(), true);
    look.equal("read(std::numeric_limits<std::uint64_t>::max(), 10, false).empty()",
               read(std::numeric_limits<std::uint64_t>::max(), 10, false).empty(), true);
    look.equal("read(0, 1000, false)", read(0, 1000, false), range(1, 30));
    look.equal("read(0, 10, true)", read(0, 10, true), down(30, 21));
    look.equal("read(21, 10, true)", read(21, 10, true), down(20, 11));
    look.equal("read(2, 10, true)", read(2, 10, true), down(1, 1));
    look.equal("read(1, 10, true).empty()", read(1, 10, true).empty(), true);
    look.equal("read(31, 2, true)", read(31, 2, true), down(30, 29));
    look.equal("read(std::numeric_limits<std::uint64_t>::max(), 2, true)",
               read(std::numeric_limits<std::uint64_t>::max(), 2, true), down(30, 29));
    look.equal("read(0, 1000, true)", read(0, 1000, true), down(30, 1));
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
        look.require_equal("store.append(\"chat:a\", sized(i), hundred).error",
                           store.append("chat:a", sized(i), hundred).error, error_code{});
    for (const bool newest_first : {false, true})
        for (const std::size_t bytes : {std::size_t{0}, std::size_t{1}, std::size_t{3000}, std::size_t{20'000}}) {
            std::vector<std::uint64_t> all;
            for (std::uint64_t from = 0; all.size() != 60; from = all.back()) {
                const auto page = store.read(
                    "chat:a",
                    {.from = from, .limit = 100, .bytes = bytes, .newest_first = newest_first, .limits = hundred});
                look.require_equal("store.error()", store.error(), error_code{});
                look.require_equal("page.messages.empty()", page.messages.empty(), false); // one of any size
                look.expect(page.messages.size() == 1 || bytes_of(page) <= bytes,
                            "page.messages.size() == 1 || bytes_of(page) <= bytes");
                look.equal("page.oldest", page.oldest, 1);
                look.equal("page.top.offset", page.top.offset, 60);
                for (const auto& m : page.messages)
                    all.push_back(m.offset);
                look.require(all.size() <= 60, "all.size() <= 60");
            }
            if (newest_first)
                std::reverse(all.begin(), all.end());
            look.equal("all", all, range(1, 60));
        }
    look.equal("store.read(\"chat:a\", {.limit = 0, .bytes = 20'000, .limits = hundred}).messages.empty()",
               store.read("chat:a", {.limit = 0, .bytes = 20'000, .limits = hundred}).messages.empty(), true);
    look.equal("store.read(\"chat:a\", {.limit = 2, .bytes = 20'000, .limits = hundred}).messages.size()",
               store.read("chat:a", {.limit = 2, .bytes = 20'000, .limits = hundred}).messages.size(), 2);
}

} // namespace fanfare::detail::store_promises

#endif

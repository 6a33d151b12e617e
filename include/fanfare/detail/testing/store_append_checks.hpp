// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_TESTING_STORE_APPEND_CHECKS_HPP
#define FANFARE_DETAIL_TESTING_STORE_APPEND_CHECKS_HPP

// What a message keeps, idempotency keys, and rooms beside each other.
#include <fanfare/detail/testing/store_world.hpp>
#include <fanfare/position.hpp>
#include <fanfare/store.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace fanfare::detail::store_promises {

template <class World>
void check_everything_is_kept(World& w)
{
    auto& look = w.look;
    look.about("S7", "reading through one handle what was appended through another");
    auto store = w[0];
    auto other = w[1];
    const std::string room = "group:o'hara \"%s\" k\xc3\xa4se \xf0\x9f\x98\x80";
    std::string bytes;
    for (int c = 1; c != 256; ++c)
        bytes += static_cast<char>(c);
    const std::vector<stored_message> sent{
        {.body = R"({"payload":"it's \"quoted\"; DROP TABLE x; -- \\"})", .key = "o'key \"\xe2\x82\xac\""},
        {.body = "{\"a\":\"\xf0\x9f\x98\x80\"}", .key = "k", .except = std::numeric_limits<std::uint64_t>::max()},
        {.body = "{\"x\":\"" + std::string(200'000, 'x') + "\"}", .key = std::string(128, 'k'), .except = 1},
        {.body = "{}", .except = std::uint64_t{1} << 63U},
        {.body = bytes, .key = bytes.substr(0, 128)},
    };
    for (const auto& m : sent)
        look.require_equal("the error of an append", store.append(room, m, hundred).error, error_code{});
    const auto page = other.read(room, {.limit = 10, .limits = hundred});
    look.require_equal("the number of messages of the page", page.messages.size(), sent.size());
    for (std::size_t i = 0; i != sent.size(); ++i) {
        look.equal("a message's offset", page.messages[i].offset, i + 1);
        look.equal("a message's body", page.messages[i].body, sent[i].body);
        look.equal("a message's key", page.messages[i].key, sent[i].key);
        look.equal("the connection that a message leaves out", page.messages[i].except, sent[i].except);
    }
}

template <class World>
void check_idempotency(World& w)
{
    auto& look = w.look;
    look.about("S8", "appending again with the key of the first message");
    auto store = w[0];
    auto other = w[1];
    const history_limits two{.messages = 2};
    const std::string key = "o'key \"\xf0\x9f\x98\x80\" \\ " + std::string(100, 'k');
    const auto first = store.append("chat:a", "{\"first\":1}", two, key);
    look.require_equal("the error of the first append", first.error, error_code{});
    look.expect(!first.duplicate, "the first append is no duplicate");
    for (auto* one : {&store, &other}) {
        const auto again = one->append("chat:a", "{\"second\":1}", two, key);
        look.equal("the error of an append with a known key", again.error, error_code{});
        look.expect(again.duplicate, "an append with a known key is a duplicate");
        look.expect(!again.published, "a duplicate is not published");
        look.equal("the position of a duplicate", again.at, first.at);
    }
    look.equal("the newest position after duplicates", store.read("chat:a", {.limits = two}).top, first.at);
    look.expect(!store.append("chat:a", "{}", two, key + '2').duplicate,
                "an append with another key is no duplicate");
    look.expect(!store.append("chat:b", "{}", two, key).duplicate,
                "an append with the same key in another room is no duplicate");
    look.expect(!store.append("chat:a", "{}", two).duplicate, "an append without a key is no duplicate");
    const auto fourth = store.append("chat:a", "{}", two);
    look.expect(!fourth.duplicate, "a second append without a key is no duplicate");
    look.equal("the offset of the fourth message", fourth.at.offset, 4);
    const auto late = other.append("chat:a", "{}", two, key);
    look.expect(late.duplicate, "an append is a duplicate although the limit has pushed the key's message out");
    look.equal("the position of a duplicate whose message has been pushed out", late.at, first.at);
    look.equal("the newest position after that duplicate", store.read("chat:a", {.limits = two}).top, fourth.at);
}

template <class World>
void check_idempotency_window(World& w)
{
    auto& look = w.look;
    look.about("S9", "appending again and again with a key that is known for 300 ms");
    auto store = w[0];
    const history_limits brief{.messages = 100, .idempotency_window = 300ms};
    look.equal("the offset of the first append", store.append("chat:a", "{}", brief, "k").at.offset, 1);
    std::optional<testing::stored_answer> answer;
    // Asking again does not prolong it.
    look.expect(w.eventually([&] {
        answer.emplace(store.append("chat:a", "{}", brief, "k"));
        return !answer->duplicate;
    }),
                "the key is forgotten in the end, although it is asked for again and again");
    look.equal("the error of an append with the forgotten key", answer->error, error_code{});
    look.equal("the offset of an append with the forgotten key", answer->at.offset, 2);
}

template <class World>
void check_many_rooms(World& w)
{
    auto& look = w.look;
    look.about("S13", "appending to 300 rooms");
    auto store = w[0];
    std::vector<position> tops;
    const auto name = [](std::size_t i) { return "device:" + std::to_string(i); };
    for (std::size_t i = 0; i != 300; ++i)
        tops.push_back(fill(store, name(i), 1 + i % 3, hundred));
    for (std::size_t i = 0; i != 300; ++i) {
        const auto page = store.read(name(i), {.limit = 10, .limits = hundred});
        look.equal("a room's newest position", page.top, tops[i]);
        look.equal("the offsets of a room's messages", offsets(page), range(1, 1 + i % 3));
    }
}

} // namespace fanfare::detail::store_promises

#endif

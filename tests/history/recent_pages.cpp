// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Frames that those who read the same messages share: of the very same messages only.
#include "history/reader_support.hpp"

#include <fanfare/detail/wire/envelope.hpp>

using namespace fanfare;
using namespace fanfare::test::histories;

TEST_CASE("a store that was set back gives a place again, and its new message is not taken for the old one",
          "[history_reader]")
{
    reading h;
    const auto chat = h.room("chat:1");
    std::vector<shared_slice> answers;
    const auto read = [&](const history_page& from_store) {
        h.reader.read_after(chat, {.from = {epoch, 0}}, [&](const shared_slice& s) { answers.push_back(s); });
        h.run();
        h.script.next().done({}, from_store);
    };
    auto all = page(0, 5);
    for (auto& m : all.messages)
        m.body = R"({"type":"n","payload":)" + std::to_string(m.offset) + "}";
    read(all);
    const auto first = answers.at(0);
    // 4 is another one now, of the same size; 5 has another key, 6 comes for the first time, 1 to 3 are what they were.
    auto& changed = all.messages.at(3);
    changed.body = R"({"type":"n","payload":9})";
    all.messages.at(4).key = "k";
    all.messages.push_back({.offset = 6, .body = R"({"type":"n","payload":6})"});
    all.top.offset = 6;
    read(all);
    const auto second = answers.at(1);
    REQUIRE(second->frames.size() == 6);
    for (std::size_t i = 0; i != 3; ++i)
        CHECK(second->frames[i] == first->frames[i]);
    CHECK(second->frames[3]->payload() == R"({"type":"n","payload":9,"offset":4,"epoch":"0000000000000007"})");
    CHECK(second->frames[4]->key() == "k");
    // What is new is shared from now on.
    read(all);
    CHECK(answers.at(2)->frames == second->frames);
}

TEST_CASE("a frame is known as what was stored by its whole text, its key and whom it passes over", "[envelope]")
{
    const std::string_view body = R"({"type":"n"})";
    const auto made = encode_stored(body, {.room = "r", .key = "k", .except = 3, .at = {1, 10}});
    CHECK(is_stored_as(*made, body, "k", 3));
    CHECK_FALSE(is_stored_as(*made, body, "k", 4));
    CHECK_FALSE(is_stored_as(*made, body, "", 3));
    CHECK_FALSE(is_stored_as(*made, R"({"type":"m"})", "k", 3));
    CHECK_FALSE(is_stored_as(*made, R"({})", "k", 3));
    CHECK_FALSE(is_stored_as(*made, R"({"type":"n" })", "k", 3));
    CHECK_FALSE(is_stored_as(*made, made->payload(), "k", 3)); // its place is no part of it
}

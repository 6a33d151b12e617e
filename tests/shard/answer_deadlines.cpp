// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "support/catch.hpp"

#include <fanfare/detail/shard/answer_deadlines.hpp>

#include <functional>
#include <memory>
#include <utility>
#include <vector>

using namespace fanfare::detail;

namespace {

struct asked final : awaits_answer {
    explicit asked(std::function<void()> f) : told{std::move(f)} {}
    void expire() override { told(); }
    std::function<void()> told;
};

} // namespace

TEST_CASE("what is not answered expires at its tick, in order, and what was answered or is gone does not",
          "[answer_deadlines]")
{
    answer_deadlines all;
    std::vector<int> expired;
    std::vector<std::shared_ptr<asked>> kept;
    const auto ask = [&](int name, std::uint32_t tick) {
        kept.push_back(std::make_shared<asked>([&expired, name] { expired.push_back(name); }));
        return all.add(tick, kept.back());
    };
    ask(1, 10);
    const auto answered = ask(2, 10);
    ask(3, 10);
    ask(4, 11);
    ask(5, 12);
    all.remove(answered);
    kept[2].reset(); // 3
    all.expire(9);
    CHECK(expired.empty());
    all.expire(11);
    CHECK(expired == std::vector<int>{1, 4});
    CHECK(all.size() == 1);
    all.remove(answered);
    all.expire(100);
    CHECK(expired == std::vector<int>{1, 4, 5});
    CHECK(all.size() == 0);
}

TEST_CASE("what expires may ask anew, and answer others", "[answer_deadlines]")
{
    answer_deadlines all;
    int again = 0;
    const auto later = std::make_shared<asked>([&] { ++again; });
    std::uint64_t other = 0;
    const auto first = std::make_shared<asked>([&] {
        all.remove(other);
        all.add(20, later);
    });
    const auto never = std::make_shared<asked>([] { FAIL("it was answered"); });
    all.add(10, first);
    other = all.add(10, never);
    all.expire(10);
    CHECK(again == 0);
    CHECK(all.size() == 1);
    all.expire(20);
    CHECK(again == 1);
}

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_TESTING_STORE_WORLD_HPP
#define FANFARE_DETAIL_TESTING_STORE_WORLD_HPP

#include <fanfare/position.hpp>
#include <fanfare/store.hpp>
#include <fanfare/testing/blocking_store.hpp>
#include <fanfare/testing/check.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

/// What the checks of stores share. Not in `detail` itself: the names are short.
namespace fanfare::detail::store_promises {

using testing::broken_promise;
using testing::findings;
using namespace std::chrono_literals;

inline constexpr history_limits hundred{.messages = 100};

inline std::vector<std::string> bodies(const history_page& page)
{
    std::vector<std::string> out;
    for (const auto& m : page.messages)
        out.push_back(m.body);
    return out;
}

inline std::vector<std::uint64_t> offsets(const history_page& page)
{
    std::vector<std::uint64_t> out;
    for (const auto& m : page.messages)
        out.push_back(m.offset);
    return out;
}

inline std::vector<std::uint64_t> range(std::uint64_t first, std::uint64_t last)
{
    std::vector<std::uint64_t> out;
    for (auto i = first; i <= last; ++i)
        out.push_back(i);
    return out;
}

inline std::string body(std::uint64_t n)
{
    return "{\"n\":" + std::to_string(n) + '}';
}

/// Appends numbered messages, one after the other.
template <class Blocking>
position fill(Blocking& store, std::string_view room, std::uint64_t count, history_limits limits)
{
    position last;
    for (std::uint64_t i = 1; i <= count; ++i) {
        const auto answer = store.append(room, body(i), limits);
        if (answer.error)
            throw broken_promise{"S1", "an append to " + std::string{room} +
                                           " was answered with an error: " + answer.error.message()};
        last = answer.at;
    }
    return last;
}

/// Handles of one new store, what a check of it needs to wait, and where it says what it saw.
template <class Stores>
class store_world {
public:
    using store_type = std::remove_cvref_t<decltype((*std::declval<Stores&>()).store(0))>;
    static_assert(fanfare::store<store_type>);

    store_world(findings& found, std::chrono::milliseconds patience, Stores stores, std::size_t)
        : look{found}, patience_{patience}, stores_{std::move(stores)}
    {}

    testing::blocking_store<store_type> operator[](std::size_t i)
    {
        return testing::blocking_store<store_type>{stores_->store(i), patience_};
    }
    store_type store(std::size_t i) { return stores_->store(i); }
    template <class F>
    bool eventually(F holds) const
    {
        return testing::eventually(patience_, std::move(holds));
    }

    findings& look;

private:
    const std::chrono::milliseconds patience_;
    Stores stores_;
};

} // namespace fanfare::detail::store_promises

#endif

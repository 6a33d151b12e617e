// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_STORE_BLOCKING_STORE_HPP
#define FANFARE_TESTS_STORE_BLOCKING_STORE_HPP

// What a test of a store asks with.
#if __has_include(<catch2/catch_test_macros.hpp>)
#include <catch2/catch_test_macros.hpp>
#else
#include <catch2/catch.hpp>
#endif

#include <fanfare/store.hpp>

#include <boost/system/error_code.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace fanfare::test {

inline constexpr std::chrono::seconds store_patience{30};

template <class F>
bool store_eventually(F holds)
{
    const auto deadline = std::chrono::steady_clock::now() + store_patience;
    while (!holds()) {
        if (std::chrono::steady_clock::now() > deadline)
            return false;
        std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
    return true;
}

// An answer to an append, with a copy of what was stored.
struct stored_answer : append_answer {
    explicit stored_answer(const append_answer& a) : append_answer{a}
    {
        if (a.message)
            stored = *a.message;
        message = nullptr;
    }
    std::optional<stored_message> stored{};
};

// A store, asked and waited for. Throws if it does not answer. Used by one thread at a time.
template <class Store>
class blocking_store {
public:
    explicit blocking_store(Store store) : store_{std::move(store)} {}

    stored_answer append(std::string_view room, stored_message message, history_limits limits,
                         std::string_view idempotency_key = {})
    {
        const auto promise = std::make_shared<std::promise<stored_answer>>();
        auto answer = promise->get_future();
        store_.async_append(
            {.room = room, .message = std::move(message), .idempotency_key = idempotency_key, .limits = limits},
            [promise](const append_answer& a) { promise->set_value(stored_answer{a}); });
        return wait(answer);
    }
    stored_answer append(std::string_view room, std::string body, history_limits limits, std::string_view key = {})
    {
        return append(room, stored_message{.body = std::move(body)}, limits, key);
    }
    // Answers the error, if any, in `error()`.
    history_page read(std::string_view room, const history_query& query)
    {
        using both = std::pair<error_code, history_page>;
        const auto promise = std::make_shared<std::promise<both>>();
        auto answer = promise->get_future();
        store_.async_read(room, query, [promise](error_code ec, history_page page) {
            promise->set_value({ec, std::move(page)});
        });
        auto [ec, page] = wait(answer);
        error_ = ec;
        return page;
    }
    error_code error() const { return error_; }

private:
    template <class Answer>
    static Answer wait(std::future<Answer>& answer)
    {
        if (answer.wait_for(store_patience) != std::future_status::ready)
            throw std::runtime_error("the store did not answer");
        return answer.get();
    }

    Store store_;
    error_code error_{};
};

namespace store_promises {

using namespace std::chrono_literals;

inline constexpr history_limits hundred{.messages = 100};

template <class Stores>
auto handle(Stores& stores, std::size_t i)
{
    using store_type = std::remove_cvref_t<decltype(stores->store(i))>;
    static_assert(store<store_type>);
    return blocking_store<store_type>{stores->store(i)};
}

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

template <class Blocking>
position fill(Blocking& store, std::string_view room, std::uint64_t count, history_limits limits)
{
    position last;
    for (std::uint64_t i = 1; i <= count; ++i) {
        const auto answer = store.append(room, body(i), limits);
        REQUIRE_FALSE(answer.error);
        last = answer.at;
    }
    return last;
}

} // namespace store_promises

} // namespace fanfare::test

#endif

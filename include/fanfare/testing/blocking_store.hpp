// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTING_BLOCKING_STORE_HPP
#define FANFARE_TESTING_BLOCKING_STORE_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/testing/blocking_answer.hpp>
#include <fanfare/position.hpp>
#include <fanfare/store.hpp>
#include <fanfare/testing/check.hpp>

#include <boost/system/error_code.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace fanfare::testing {

/// An answer to an append, with a copy of what was stored.
struct stored_answer : append_answer {
    explicit stored_answer(const append_answer& a) : append_answer{a}
    {
        if (a.message)
            stored = *a.message;
        message = nullptr;
    }
    std::optional<stored_message> stored{};
};

/// A store, asked and waited for. Throws `broken_promise` if it does not answer in time. Used by one thread at a time.
template <class Store>
class blocking_store {
public:
    /// Waits for each answer at most `patience`.
    explicit blocking_store(Store store, std::chrono::milliseconds patience = check_options{}.patience)
        : store_{std::move(store)}, patience_{patience}
    {}

    /// Appends, and answers what the store answered.
    stored_answer append(std::string_view room, stored_message message, history_limits limits,
                         std::string_view idempotency_key = {})
    {
        return detail::blocking_answer<stored_answer>(
                   "S10", patience_,
                   [&](auto done) {
                       store_.async_append({.room = room,
                                            .message = std::move(message),
                                            .idempotency_key = idempotency_key,
                                            .limits = limits},
                                           [done](const append_answer& a) { done(a.error, stored_answer{a}); });
                   })
            .second;
    }
    stored_answer append(std::string_view room, std::string body, history_limits limits, std::string_view key = {})
    {
        return append(room, stored_message{.body = std::move(body)}, limits, key);
    }
    /// Answers the page; the error, if any, in `error()`.
    history_page read(std::string_view room, const history_query& query)
    {
        auto [ec, page] = detail::blocking_answer<history_page>(
            "S10", patience_, [&](auto done) { store_.async_read(room, query, done); });
        error_ = ec;
        return page;
    }
    /// Of the last `read`.
    error_code error() const { return error_; }

private:
    Store store_;
    const std::chrono::milliseconds patience_;
    error_code error_{};
};

} // namespace fanfare::testing

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTING_BLOCKING_PRESENCE_HPP
#define FANFARE_TESTING_BLOCKING_PRESENCE_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/testing/blocking_answer.hpp>
#include <fanfare/presence.hpp>
#include <fanfare/testing/check.hpp>

#include <boost/system/system_error.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fanfare::testing {

/// A presence store, asked and waited for. Throws what it answers as an error (`boost::system::system_error`), and
/// `broken_promise` if it does not answer in time. For one thread; copies are handles of one store.
template <class Store>
class blocking_presence {
public:
    /// Waits for each answer at most `patience`.
    explicit blocking_presence(Store store, std::chrono::milliseconds patience = check_options{}.patience)
        : store_{std::move(store)}, patience_{patience}
    {}

    /// The operations of a presence store.
    presence_change enter(std::string_view room, std::string id, std::string user = {}, json::value info = nullptr)
    {
        return wait<presence_change>([&](auto done) {
            store_.async_enter(room, {std::move(id), std::move(user), std::move(info)}, done);
        });
    }
    presence_change leave(std::string_view room, std::string_view id)
    {
        return wait<presence_change>([&](auto done) { store_.async_leave(room, id, done); });
    }
    presence_refresh refresh(std::vector<presence_entries> entries)
    {
        return wait<presence_refresh>([&](auto done) { store_.async_refresh(std::move(entries), done); });
    }
    presence_list read(std::string_view room, std::size_t limit = 1000)
    {
        return wait<presence_list>([&](auto done) { store_.async_read(room, limit, done); });
    }
    /// What it asks.
    Store& store() { return store_; }

    /// How long it waits.
    std::chrono::milliseconds patience() const noexcept { return patience_; }

private:
    template <class Answer, class Start>
    Answer wait(Start start)
    {
        auto [ec, got] = detail::blocking_answer<Answer>("P7", patience_, start);
        if (ec)
            throw boost::system::system_error{ec};
        return std::move(got);
    }
    Store store_;
    std::chrono::milliseconds patience_;
};

} // namespace fanfare::testing

#endif

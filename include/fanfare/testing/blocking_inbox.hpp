// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTING_BLOCKING_INBOX_HPP
#define FANFARE_TESTING_BLOCKING_INBOX_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/testing/blocking_answer.hpp>
#include <fanfare/inbox.hpp>
#include <fanfare/testing/check.hpp>

#include <boost/system/system_error.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fanfare::testing {

/// An inbox, asked and waited for. Throws what it answers as an error (`boost::system::system_error`), and `broken_promise`
/// if it does not answer in time. For one thread; copies are handles of one inbox.
template <class Inbox>
class blocking_inbox {
public:
    /// Waits for each answer at most `patience`.
    explicit blocking_inbox(Inbox store, std::chrono::milliseconds patience = check_options{}.patience)
        : store_{std::move(store)}, patience_{patience}
    {}

    /// The operations of an inbox.
    inbox_added add(inbox_add what)
    {
        return wait<inbox_added>([&](auto done) { store_.async_add(std::move(what), done); });
    }
    inbox_added add(std::string user, std::string title, std::string key = {})
    {
        return add(
            inbox_add{.user_id = std::move(user), .title = std::move(title), .idempotency_key = std::move(key)});
    }
    inbox_page list(std::string_view user, const inbox_query& query = {})
    {
        return wait<inbox_page>([&](auto done) { store_.async_list(user, query, done); });
    }
    inbox_marked mark(std::string_view user, const inbox_mark& how)
    {
        return wait<inbox_marked>([&](auto done) { store_.async_mark(user, how, done); });
    }
    inbox_marked mark(std::string_view user, inbox_action action, std::vector<std::string> ids)
    {
        return mark(user, inbox_mark{.action = action, .ids = std::move(ids)});
    }
    inbox_marked mark_all(std::string_view user, inbox_action action)
    {
        return mark(user, inbox_mark{.action = action, .all = true});
    }
    inbox_counts counts(std::string_view user)
    {
        return wait<inbox_counts>([&](auto done) { store_.async_counts(user, done); });
    }
    /// What it asks.
    Inbox& store() { return store_; }

    /// How long it waits.
    std::chrono::milliseconds patience() const noexcept { return patience_; }

private:
    template <class Answer, class Start>
    Answer wait(Start start)
    {
        auto [ec, got] = detail::blocking_answer<Answer>("I13", patience_, start);
        if (ec)
            throw boost::system::system_error{ec};
        return std::move(got);
    }
    Inbox store_;
    std::chrono::milliseconds patience_;
};

} // namespace fanfare::testing

#endif

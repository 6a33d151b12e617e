// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_INBOX_BLOCKING_INBOX_HPP
#define FANFARE_TESTS_INBOX_BLOCKING_INBOX_HPP

// What a test of an inbox asks with.
#include "support/catch.hpp"
#include "support/eventually.hpp"

#include <fanfare/error.hpp>
#include <fanfare/inbox.hpp>

#include <boost/json/serialize.hpp>
#include <boost/system/system_error.hpp>

#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fanfare::test {

// A store, asked and waited for. Throws what the store answers as an error.
class blocking_inbox {
public:
    explicit blocking_inbox(any_inbox store) : store_{std::move(store)} {}

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
    any_inbox& store() { return store_; }

private:
    template <class Answer, class Start>
    Answer wait(Start start)
    {
        const auto promise = std::make_shared<std::promise<std::pair<error_code, Answer>>>();
        auto answer = promise->get_future();
        start([promise](error_code ec, Answer got) { promise->set_value({ec, std::move(got)}); });
        if (answer.wait_for(patience) != std::future_status::ready)
            throw std::runtime_error("the inbox did not answer");
        auto [ec, got] = answer.get();
        if (ec)
            throw boost::system::system_error{ec};
        return std::move(got);
    }
    any_inbox store_;
};

// What an operation was refused with.
template <class F>
error_code failure_of(F operation)
{
    try {
        operation();
    } catch (const boost::system::system_error& e) {
        return e.code();
    }
    return {};
}

inline std::vector<std::string> titles(const inbox_page& page)
{
    std::vector<std::string> all;
    for (const auto& one : page.items)
        all.push_back(one.title);
    return all;
}

using texts = std::vector<std::string>;

} // namespace fanfare::test

#endif

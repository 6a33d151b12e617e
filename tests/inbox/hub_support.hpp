// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_INBOX_HUB_SUPPORT_HPP
#define FANFARE_TESTS_INBOX_HUB_SUPPORT_HPP

// What the tests of inboxes in hubs share.
#include "inbox/conformance.hpp"
#include "inbox/support.hpp"
#include "support/scripted_bus.hpp"

#include <boost/json/static_resource.hpp>

namespace fanfare::test::inboxes {

// An inbox that fails, or holds its answers back, when the test says so.
class moody_inbox {
public:
    void async_add(inbox_add what, inbox_was_added handler)
    {
        // Not `this`: the hub's copy goes with the hub.
        take([state = state_, what = std::move(what), handler = answering(handler)](bool fails) mutable {
            fails ? handler(error::store_failed, {}) : state->real.async_add(what, handler);
        });
    }
    void async_list(std::string_view user, const inbox_query& query, inbox_was_listed handler)
    {
        fails() ? handler(error::store_failed, {}) : state_->real.async_list(user, query, handler);
    }
    void async_mark(std::string_view user, const inbox_mark& mark, inbox_was_marked handler)
    {
        fails() ? handler(error::store_failed, {}) : state_->real.async_mark(user, mark, answering(handler));
    }
    void async_counts(std::string_view user, inbox_was_counted handler)
    {
        fails() ? handler(boost::system::errc::make_error_code(boost::system::errc::io_error), {})
                : state_->real.async_counts(user, handler);
    }

    void fail(bool on)
    {
        const std::lock_guard lock{state_->mutex};
        state_->fails = on;
    }
    // What is asked is done, and its answer does not arrive.
    void lose_answers(bool on)
    {
        const std::lock_guard lock{state_->mutex};
        state_->loses = on;
    }
    void hold()
    {
        const std::lock_guard lock{state_->mutex};
        state_->holds = true;
    }
    std::size_t held() const
    {
        const std::lock_guard lock{state_->mutex};
        return state_->held.size();
    }
    void release()
    {
        std::vector<std::function<void(bool)>> all;
        {
            const std::lock_guard lock{state_->mutex};
            state_->holds = false;
            all.swap(state_->held);
        }
        for (auto& one : all)
            one(false);
    }

private:
    template <class Answer>
    std::function<void(error_code, Answer)> answering(std::function<void(error_code, Answer)> handler) const
    {
        const std::lock_guard lock{state_->mutex};
        if (!state_->loses)
            return handler;
        return [handler](error_code, const Answer&) { handler(error::delivery_unknown, {}); };
    }
    bool fails() const
    {
        const std::lock_guard lock{state_->mutex};
        return state_->fails;
    }
    void take(std::function<void(bool)> work)
    {
        {
            const std::lock_guard lock{state_->mutex};
            if (state_->holds)
                return state_->held.push_back(std::move(work));
        }
        work(fails());
    }
    struct state {
        mutable std::mutex mutex;
        memory_inbox real;
        bool fails = false;
        bool loses = false;
        bool holds = false;
        std::vector<std::function<void(bool)>> held;
    };
    std::shared_ptr<state> state_ = std::make_shared<state>();
};

inline std::vector<std::string> types(const std::vector<json::value>& messages)
{
    std::vector<std::string> all;
    for (const auto& m : messages)
        all.push_back(text(m, "type"));
    return all;
}

using texts = std::vector<std::string>;

} // namespace fanfare::test::inboxes

#endif

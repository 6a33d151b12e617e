// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REQUESTS_AUTHORIZE_HPP
#define FANFARE_DETAIL_REQUESTS_AUTHORIZE_HPP

#include <fanfare/auth.hpp>
#include <fanfare/config.hpp>
#include <fanfare/detail/base/initiating_call.hpp>
#include <fanfare/detail/session/session.hpp>
#include <fanfare/detail/shard/answer_deadlines.hpp>
#include <fanfare/error.hpp>

#include <boost/smart_ptr/intrusive_ptr.hpp>

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>

namespace fanfare::detail {

/// What becomes of a request when the authorizer has answered, or has not in time. Only on the session's shard, but
/// for the destructor.
class authorization final : public awaits_answer, public std::enable_shared_from_this<authorization> {
public:
    authorization(session& s, std::function<void(error)> then)
        : session_{&s}, context_{s.context_ptr()}, then_{std::move(then)}
    {}

    /// Tells the answer on, and lets go of all that waited for it. The first one counts.
    void end(error refused)
    {
        const auto then = std::exchange(then_, nullptr);
        if (!then)
            return;
        const auto context = std::exchange(context_, nullptr); // goes after the session
        const auto asked_by = std::exchange(session_, nullptr);
        asked_by->home().answers.remove(number_);
        then(refused);
    }
    /// From now on the answer may take `authorizer_timeout`.
    void begin_deadline()
    {
        auto& home = session_->home();
        const auto wait = home.ticks(context_->options.authorizer_timeout);
        number_ = home.answers.add(home.now_ticks() + wait + 1, weak_from_this());
    }

private:
    void expire() override { end(error::timed_out); }

    boost::intrusive_ptr<session> session_;
    std::shared_ptr<const session_context> context_;
    std::function<void(error)> then_;
    std::uint64_t number_ = 0; // of the deadline
};

/// An authorizer's answer on its way to the shard. The last copy of an unused one refuses. One that outlives its
/// deadline keeps nothing of the connection.
class pending_authorization {
public:
    pending_authorization(session& s, std::shared_ptr<authorization> asked)
        : home_{s.home()}, hub_{s.context_ptr()}, asked_{std::move(asked)}
    {}
    ~pending_authorization() { complete(false); }
    pending_authorization(const pending_authorization&) = delete;
    pending_authorization& operator=(const pending_authorization&) = delete;

    void complete(bool allowed)
    {
        if (completed_.exchange(true))
            return;
        const auto refused = allowed ? error{} : error::forbidden;
        // Inside of the authorizer's call, so on the shard: no detour through its queue.
        if (call_.is_inside())
            return asked_->end(refused);
        if (const auto alive = hub_.lock())
            home_.post([asked = asked_, refused](shard&) { asked->end(refused); });
    }
    /// The authorizer has been called: what comes from now on goes through the shard's queue, or too late.
    void call_returned()
    {
        call_.returned();
        if (!completed_)
            asked_->begin_deadline();
    }

private:
    shard& home_;
    std::weak_ptr<const session_context> hub_; // whose the shard is
    std::shared_ptr<authorization> asked_;
    std::atomic<bool> completed_{false};
    initiating_call call_;
};

/// Asks the hub's authorizer whether the session may do something, and calls `then(refused)` on the session's shard:
/// at once if the answer comes at once, later if it comes later or from elsewhere. `refused` is `error{}` for yes,
/// `forbidden`, or `timed_out` after `hub_options::authorizer_timeout`. No answer is a refusal. Without an
/// authorizer it is allowed. `token` is what the client has sent with its question; it is used during the call only.
template <class F>
void authorize(session& s, std::string_view room, room_action action, F then, std::string_view token = {})
{
    const auto& may = s.context().handlers.may;
    if (!may)
        return then(error{});
    const auto answer =
        std::make_shared<pending_authorization>(s, std::make_shared<authorization>(s, std::move(then)));
    const auto id = s.context().node.id_of(s.number());
    try {
        may({*s.who(), room, action, id, token}, [answer](bool allowed) { answer->complete(allowed); });
    } catch (...) {
        s.handler_failed(std::current_exception());
        answer->complete(false);
    }
    answer->call_returned();
}

} // namespace fanfare::detail

#endif

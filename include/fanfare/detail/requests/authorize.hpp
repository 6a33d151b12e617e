// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REQUESTS_AUTHORIZE_HPP
#define FANFARE_DETAIL_REQUESTS_AUTHORIZE_HPP

#include <fanfare/auth.hpp>
#include <fanfare/config.hpp>
#include <fanfare/detail/base/initiating_call.hpp>
#include <fanfare/detail/session/session.hpp>

#include <atomic>
#include <exception>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>

namespace fanfare::detail {

// An authorizer's answer on its way to the shard. The last copy of an unused one refuses.
class pending_authorization {
public:
    pending_authorization(session& s, std::function<void(bool)> then)
        : session_{&s}, context_{s.context_ptr()}, then_{std::move(then)}
    {}
    ~pending_authorization() { complete(false); }
    pending_authorization(const pending_authorization&) = delete;
    pending_authorization& operator=(const pending_authorization&) = delete;

    void complete(bool allowed)
    {
        if (completed_.exchange(true))
            return;
        // Inside of the authorizer's call, so on the shard: no detour through its queue.
        if (call_.is_inside())
            return then_(allowed);
        session_->home().post([s = session_, then = std::move(then_), allowed](shard&) { then(allowed); });
    }
    /// The authorizer has been called: what comes from now on goes through the shard's queue.
    void call_returned() noexcept { call_.returned(); }

private:
    boost::intrusive_ptr<session> session_;
    std::shared_ptr<const session_context> context_;
    std::function<void(bool)> then_;
    std::atomic<bool> completed_{false};
    initiating_call call_;
};

/// Asks the hub's authorizer whether the session may do something, and calls `then(allowed)` on the session's shard:
/// at once if the answer comes at once, later if it comes later or from elsewhere. No answer is a refusal. Without an
/// authorizer it is allowed.
template <class F>
void authorize(session& s, std::string_view room, room_action action, F then)
{
    const auto& may = s.context().handlers.may;
    if (!may)
        return then(true);
    const auto answer = std::make_shared<pending_authorization>(s, std::move(then));
    const auto id = s.context().node.id_of(s.number());
    try {
        may({*s.who(), room, action, id}, [answer](bool allowed) { answer->complete(allowed); });
    } catch (...) {
        s.handler_failed(std::current_exception());
        answer->complete(false);
    }
    answer->call_returned();
}

} // namespace fanfare::detail

#endif

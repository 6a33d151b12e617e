// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REQUESTS_CLIENT_REQUEST_HPP
#define FANFARE_DETAIL_REQUESTS_CLIENT_REQUEST_HPP

#include <fanfare/auth.hpp>
#include <fanfare/config.hpp>
#include <fanfare/detail/base/request_type.hpp>
#include <fanfare/detail/session/session.hpp>
#include <fanfare/detail/shard/request_timer.hpp>
#include <fanfare/detail/wire/envelope.hpp>
#include <fanfare/error.hpp>

#include <boost/json/value.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>

#include <functional>
#include <memory>
#include <string_view>
#include <utility>

namespace fanfare::detail {

/// Answers that a client has too many requests without an answer. A plain error: floods are the rate limit's job.
inline void refuse_request(session& s, const json::value* request_id)
{
    s.send_error(error::too_many_requests, "too many unanswered requests", request_id);
}

/// One request of a client until it is answered: who asks, the request's id, and its place among those that the
/// connection may have without an answer (`hub_options::max_pending_requests`). It keeps the session.
///
/// Only on the session's shard, but for `post`, the accessors and the destructor. One that is destroyed without an
/// answer gives its place back.
class client_request {
public:
    /// Takes a place. Null, and answered, if there is none.
    static std::shared_ptr<client_request> begin(session& s, const json::value* request_id)
    {
        if (s.begin_request())
            return std::shared_ptr<client_request>{new client_request{s, request_id}};
        refuse_request(s, request_id);
        return nullptr;
    }
    ~client_request() { finish(); }
    client_request(const client_request&) = delete;
    client_request& operator=(const client_request&) = delete;

    session& from() const noexcept { return *session_; }
    const session_context& context() const noexcept { return session_->context(); }
    /// The client's id of the request; null if it has none.
    const json::value* id() const noexcept { return id_.is_null() ? nullptr : &id_; }

    /// Gives the place back: from now on something else bounds what waits. A shutdown still waits for the answer. Once.
    void release_place() noexcept
    {
        if (!std::exchange(pending_, false))
            return;
        session_->answer_owed();
        session_->end_request(reads_);
        owed_ = true;
    }
    /// Gives the place back, and that of a read: the answer follows, or is not waited for. Once.
    void finish() noexcept
    {
        if (std::exchange(pending_, false))
            session_->end_request(reads_);
        if (std::exchange(owed_, false))
            session_->answer_given();
        if (const auto turn = std::exchange(turn_, nullptr)) // it ends after the session has counted that
            session_->read_ended();
    }
    /// The same for one whose answer is ready, unless nobody waits for it any more: measures how long it took. On the shard.
    void complete() noexcept
    {
        finish();
        if (session_->open())
            session_->home().answered(std::exchange(timed_, {}));
    }
    /// Answers, unless the connection has been closed meanwhile.
    void reply(std::string_view type, const json::value& payload)
    {
        complete();
        if (session_->open())
            session_->send_message(type, &payload, id());
    }
    /// The same with a payload that is JSON text already.
    void reply_text(std::string_view type, std::string_view payload)
    {
        complete();
        if (session_->open())
            session_->send(encode({.type = type, .request_id = id(), .payload_text = payload}, wall_now()));
    }
    void fail(const error_code& code, std::string_view message)
    {
        complete();
        if (session_->open())
            session_->send_error(code, message, id());
    }
    /// Answers what the client must not send; a flood of that ends the connection.
    void refuse(error code, std::string_view message)
    {
        complete();
        session_->refuse(code, message, id());
    }

    /// Calls `f` on the session's shard, in a turn of its own. From any thread.
    template <class F>
    void post(F f) const
    {
        session_->home().post([f = std::move(f)](shard&) { f(); });
    }

    /// Calls `start` when it is the request's turn to read from a store: never, if the connection is closed before. The
    /// read is under way until the answer. Refused if too many wait.
    template <class F>
    static void read_in_turn(const std::shared_ptr<client_request>& self, read_kind kind, F start)
    {
        auto& s = self->from();
        auto& reads = s.home().reads;
        if (!s.open())
            return;
        if (reads.waiting() >= self->context().options.max_pending_reads)
            return self->fail(error::too_many_requests, "too many requests wait to be read; try again later");
        self->reads_ = true;
        s.request_reads();
        reads.enter(kind, {s.number(), [self] { return self->from().standing_for_read(); },
                           [self, start = std::move(start)](read_turn turn) {
                               self->turn_ = std::move(turn);
                               self->from().read_began();
                               start();
                           }});
    }

private:
    client_request(session& s, const json::value* request_id)
        : session_{&s}, id_(own_value(request_id)), timed_{request_timer::take_over(s.home())}
    {}

    boost::intrusive_ptr<session> session_;
    json::value id_;
    timed_request timed_;
    bool pending_ = true;
    bool owed_ = false;  // it has no place any more, and no answer yet
    bool reads_ = false; // only
    read_turn turn_;     // of a read that is under way
};
using client_request_ptr = std::shared_ptr<client_request>;

} // namespace fanfare::detail

#endif

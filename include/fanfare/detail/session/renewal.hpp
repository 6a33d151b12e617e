// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SESSION_RENEWAL_HPP
#define FANFARE_DETAIL_SESSION_RENEWAL_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/room/room_state.hpp>
#include <fanfare/fwd.hpp>
#include <fanfare/identity.hpp>

#include <boost/json/object.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/system/error_code.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace fanfare::detail {

/// One new identity on its way to a connection: it is checked, the bus begins to carry the rooms that it grants besides, and
/// then all of it takes effect at once, or nothing of it. One of a connection after the other. Only on the session's
/// shard.
class renewal : public std::enable_shared_from_this<renewal> {
public:
    /// The new identity, made of the present one when its turn has come.
    using source = std::function<identity(const identity& now)>;
    /// Is told that it was refused; or nothing, and the payload of `refreshed`. Not called if the connection has ended.
    using done = std::function<void(error_code refused, json::object refreshed)>;

    ~renewal();
    renewal(const renewal&) = delete;
    renewal& operator=(const renewal&) = delete;

    /// Begins, maybe later, when those before have ended. Refused: `forbidden` for another user's, `too_many_requests` if
    /// too many wait, and with the errors of `admissions::check`. `on_refreshed` is called after `then`.
    static std::shared_ptr<renewal> start(session& s, source make, done then);
    /// The same for what the application wants: the client is sent `refreshed` unasked, and `renewed`, if there is one, is
    /// called when it has taken effect.
    static void start_unasked(session& s, source make, std::function<void()> renewed = {});
    /// It does not take effect any more, unless it has already, and nobody is told.
    void cancel();

private:
    renewal(session& s, source make, done then);
    void begin();
    void take_effect(const std::vector<room_ptr>& granted);
    void refuse(const error_code& why);
    void end();

    shard& home_;
    const std::uint64_t number_;            // of the connection
    boost::intrusive_ptr<session> session_; // null once it has ended
    std::shared_ptr<const session_context> context_;
    source make_;
    done then_;
    std::shared_ptr<const identity> who_;
    bool has_turn_ = false;
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/session/renewal.ipp>
#endif

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SUBSCRIBE_OPERATION_HPP
#define FANFARE_DETAIL_SUBSCRIBE_OPERATION_HPP

#include <fanfare/auth.hpp>
#include <fanfare/config.hpp>
#include <fanfare/detail/session.hpp>
#include <fanfare/error.hpp>
#include <fanfare/message.hpp>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace fanfare::detail {

/// Asks the hub's authorizer whether the session may do something, and calls `then(allowed)` on the session's shard:
/// at once if the answer comes at once, later if it comes later or from elsewhere. No answer is a refusal.
template <class F>
void ask(session& s, std::string_view room, room_action action, F then);

/// One `subscribe` request: each room is checked and asked for; when all have their answer, the
/// allowed ones are joined and the client is told about every one.
class subscribe_operation : public std::enable_shared_from_this<subscribe_operation> {
public:
    FANFARE_DECL static void start(session& s, const json::array& rooms, const json::value* since,
                                   const json::value* request_id);

private:
    struct wished {
        std::string room;
        error refused{}; // zero: not refused
        room_ptr joins{}; // to be joined
    };
    explicit subscribe_operation(session& s) : session_{&s} {}
    FANFARE_DECL void check(std::size_t i);
    FANFARE_DECL void answered();
    FANFARE_DECL void prepare();
    FANFARE_DECL void finish();

    boost::intrusive_ptr<session> session_;
    std::vector<wished> wishes_;
    std::vector<std::string> since_;
    json::value request_id_;
    std::size_t waiting_ = 1; // on the shard only
};

/// One `publish` request of a client.
struct publish_operation {
    FANFARE_DECL static void start(session& s, std::string_view room, std::string_view type,
                                   const json::value* payload, const json::value* request_id);

private:
    FANFARE_DECL static void answer(session& s, const std::string& room, const json::value& id, const receipt& done);
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/hub_core.hpp>
#include <fanfare/impl/subscribe_operation.ipp>
#endif

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REQUESTS_SUBSCRIBE_HPP
#define FANFARE_DETAIL_REQUESTS_SUBSCRIBE_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/requests/client_request.hpp>
#include <fanfare/detail/requests/subscribe_request.hpp>
#include <fanfare/detail/wire/envelope.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace fanfare::detail {

/// One `subscribe` request. Each room is checked and asked for; when all have their answer, and the bus carries the
/// allowed ones, they are joined, and what was missed is read. Then the client is told about every one, gets what it
/// missed, and goes on live.
class subscribe_operation : public std::enable_shared_from_this<subscribe_operation> {
public:
    static void start(session& s, const incoming& message);

private:
    explicit subscribe_operation(client_request_ptr request) : request_{std::move(request)} {}
    session& from() const noexcept { return request_->from(); }
    // The room's catching up that this request began, while it waits for its history; null if it was left again.
    catch_up* way_of(const requested_room& one) const
    {
        auto* way = from().catching().find(one.room);
        return way && way->number() == one.catch_up && way->now() == catch_up::state::reading ? way : nullptr;
    }
    // One that `since` or `tokens` names beside a resume token. Its own rooms come with the identity; others are only
    // known where the token is.
    requested_room& resumed_room(std::string_view room)
    {
        const bool known = asked_.find(room) || from().is_member(room);
        auto& one = asked_.add(room);
        if (!known)
            one.refused = error::not_subscribed;
        return one;
    }

    // Each step ends in the next one, at once or when what it waits for has come.
    void resume();
    void check_rooms();
    void prepare_rooms();
    void join_rooms();
    void read_histories();
    void answer();

    void resumed_with(const std::optional<std::vector<std::string>>& rooms);
    void check(std::size_t i);
    void check_history(std::size_t i);
    void choose_room(requested_room& one, std::vector<room_ptr>& chosen);
    void begin_catch_up(requested_room& one);
    void read_more();
    void was_read(std::size_t i, std::size_t most, const shared_slice& slice);
    void one_less(void (subscribe_operation::*next)());
    static position continue_at(const requested_room& one, const shared_slice& slice);
    position complete(requested_room& one);
    void tell(requested_room& one, json::object& payload);

    client_request_ptr request_;
    std::shared_ptr<const identity> who_; // whose rights were asked about
    subscribe_request asked_;
    std::optional<bool> resumed_;
    room_preparation::hold_ptr hold_; // on the bus, until the rooms are joined
    std::size_t waiting_ = 1;         // for answers, and the step itself

    static constexpr std::size_t max_reads = 2;
    std::size_t next_ = 0;  // room to read
    std::size_t reads_ = 0; // under way
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/requests/subscribe.ipp>
#endif

#endif

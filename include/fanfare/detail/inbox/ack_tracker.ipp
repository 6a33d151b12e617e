// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_INBOX_ACK_TRACKER_IPP
#define FANFARE_DETAIL_INBOX_ACK_TRACKER_IPP

#include <fanfare/detail/base/json_fields.hpp>
#include <fanfare/detail/base/random.hpp>
#include <fanfare/detail/inbox/ack_tracker.hpp>

#include <boost/json/storage_ptr.hpp>

#include <algorithm>
#include <utility>

namespace fanfare::detail {

// Messages that wait for a confirmation, and how long one may.
inline constexpr std::size_t max_waiting_acknowledgements = 10'000;
inline constexpr std::chrono::hours max_acknowledgement_timeout{24};
// An ack_id: the node's digits, and 16 random bytes.
inline constexpr std::size_t ack_node_size = 16;
inline constexpr std::size_t ack_id_size = ack_node_size + 22;
// Confirmations of a user that go on to the other hubs, each of which reads them, in so much time.
inline constexpr unsigned max_forwarded_acks = 20;
inline constexpr std::chrono::seconds forwarded_acks_window{4};

inline bool is_ack_id(std::string_view id) noexcept
{
    const auto only = [](std::string_view part, std::string_view allowed) {
        return part.find_first_not_of(allowed) == part.npos;
    };
    return id.size() == ack_id_size && only(id.substr(0, ack_node_size), "0123456789abcdef") &&
           only(id.substr(ack_node_size), "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
}

FANFARE_DECL std::string ack_tracker::expect(std::string_view user, std::chrono::milliseconds timeout,
                                             done_type done)
{
    if (count_.fetch_add(1) >= max_waiting_acknowledgements) {
        count_.fetch_sub(1);
        done(error::queue_full, {});
        return {};
    }
    auto id = parts_.node.text() + random_token(16);
    const auto until = clock::now() + std::clamp<std::chrono::milliseconds>(timeout, std::chrono::milliseconds{0},
                                                                            max_acknowledgement_timeout);
    const auto room = parts_.rooms.find("user:" + std::string{user});
    waiting one{.user = std::string{user}, .devices = room ? room->total.load() : 0, .done = std::move(done)};
    // Before the message goes out, so before anybody can confirm it.
    parts_.first.post([this, id, until, one = std::move(one)](shard&) {
        const auto at = waiting_.emplace(id, one).first;
        at->second.deadline = deadlines_.emplace(until, id);
        if (parts_.life.stopping())
            return finish(at, error::shutting_down, {});
        arm();
    });
    return id;
}

FANFARE_DECL void ack_tracker::send(std::string_view user, std::string_view type, const json::value& payload,
                                    std::chrono::milliseconds timeout, done_type done)
{
    if (!payload.is_object())
        return done(error::invalid_message, {}); // nowhere to put the id
    if (user.empty())
        return done(error::invalid_user, {});
    const auto id = expect(user, timeout, std::move(done));
    if (id.empty())
        return;
    json::object fields(payload.get_object(), json::storage_ptr{}); // not in the caller's memory
    fields["ack_id"] = id;
    const auto told = [this, hub = parts_.life.weak(), id](const receipt& fate) {
        if (const auto alive = fate ? nullptr : hub.lock())
            on_unsent(id, fate.error);
    };
    auto taken = parts_.messages.publish("user:" + std::string{user}, nullptr, type,
                                         json::value(std::move(fields)), {}, told);
    if (taken.error == error::invalid_room)
        taken.error = error::invalid_user;
    if (!taken)
        told(taken);
}

FANFARE_DECL void ack_tracker::notify(std::string_view user, const notification& what,
                                      std::chrono::milliseconds timeout, done_type done)
{
    const auto id = expect(user, timeout, std::move(done));
    if (id.empty())
        return;
    parts_.inbox.notify(
        user, what,
        [this, hub = parts_.life.weak(), id](const receipt& fate) {
            const auto alive = fate && !fate.duplicate ? nullptr : hub.lock();
            if (!alive)
                return;
            // Nobody can confirm what is not sent again: the first one has another ack_id.
            on_unsent(id, fate ? error_code{error::not_found} : fate.error);
        },
        id);
}

FANFARE_DECL void ack_tracker::on_unsent(const std::string& id, error_code why)
{
    parts_.first.post([this, id, why](shard&) {
        if (const auto at = waiting_.find(id); at != waiting_.end())
            finish(at, why, {});
    });
}

// ---- confirmations

// No hub knows all others, so an id of another node may be made up: what it costs them is bounded.
FANFARE_DECL bool ack_tracker::may_forward(std::string_view user)
{
    const auto now = clock::now();
    const std::lock_guard lock{mutex_};
    if (now >= forwarded_until_) {
        forwarded_.clear();
        forwarded_until_ = now + forwarded_acks_window;
    }
    auto& count = forwarded_[std::string{user}];
    return count < max_forwarded_acks && ++count != 0;
}

FANFARE_DECL error_code ack_tracker::confirm(std::string_view id, std::string_view user,
                                             std::string_view connection)
{
    if (!is_ack_id(id))
        return error::invalid_message;
    if (user.empty())
        return {}; // nothing waits for somebody without a name
    const auto node = id.substr(0, ack_node_size);
    if (node != parts_.node.text() && !may_forward(user))
        return error::rate_limited;
    if (node != parts_.node.text())
        return parts_.channel.send(
            {{"type", "acked"}, {"node", node}, {"id", id}, {"user", user}, {"connection", connection}});
    parts_.first.post([this, id = std::string{id}, user = std::string{user},
                       connection = std::string{connection}](shard&) { confirmed(id, user, connection); });
    return {};
}

FANFARE_DECL void ack_tracker::on_command(const json::object& command)
{
    if (text_field(command, "node") != parts_.node.text())
        return;
    parts_.first.post(
        [this, id = text_field(command, "id"), user = text_field(command, "user"),
         connection = text_field(command, "connection")](shard&) { confirmed(id, user, connection); });
}

FANFARE_DECL void ack_tracker::confirmed(const std::string& id, std::string_view user, std::string_view connection)
{
    const auto at = waiting_.find(id);
    const auto device = read_connection_id(connection);
    if (at == waiting_.end() || at->second.user != user || !device)
        return;
    parts_.inbox.retract(user, {{"id", id}}, device->tag());
    finish(at, {},
           {.connection_id = std::string{connection},
            .user_id = std::string{user},
            .at = wall_now(),
            .devices = std::max<std::size_t>(at->second.devices, 1)});
}

FANFARE_DECL void ack_tracker::finish(waiting_map::iterator at, error_code ec, acknowledgement answer)
{
    const auto done = std::move(at->second.done);
    deadlines_.erase(at->second.deadline);
    waiting_.erase(at);
    count_.fetch_sub(1);
    done(ec, std::move(answer));
}

FANFARE_DECL void ack_tracker::stop()
{
    parts_.first.post([this](shard&) {
        while (!waiting_.empty())
            finish(waiting_.begin(), error::shutting_down, {});
    });
}

// ---- time

FANFARE_DECL void ack_tracker::arm()
{
    if (deadlines_.empty() || (armed_ && *armed_ <= deadlines_.begin()->first))
        return;
    if (!io_)
        io_ = shard_io::make(parts_.first.executor());
    armed_ = deadlines_.begin()->first;
    io_->timer->expires_at(*armed_);
    io_->timer->async_wait([this, hub = parts_.life.weak()](error_code ec) {
        if (const auto alive = ec ? nullptr : hub.lock())
            on_timer();
    });
}

FANFARE_DECL void ack_tracker::on_timer()
{
    armed_.reset();
    const auto now = clock::now();
    while (!deadlines_.empty() && deadlines_.begin()->first <= now)
        finish(waiting_.find(deadlines_.begin()->second), error::timed_out, {});
    arm();
}

} // namespace fanfare::detail

#endif

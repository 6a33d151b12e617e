// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_INBOX_ACK_TRACKER_HPP
#define FANFARE_DETAIL_INBOX_ACK_TRACKER_HPP

#include <fanfare/acknowledgement.hpp>
#include <fanfare/config.hpp>
#include <fanfare/detail/base/connection_id.hpp>
#include <fanfare/detail/base/lifetime.hpp>
#include <fanfare/detail/cluster/command_channel.hpp>
#include <fanfare/detail/inbox/inbox_service.hpp>
#include <fanfare/detail/publish/publisher.hpp>
#include <fanfare/detail/shard/shard.hpp>
#include <fanfare/detail/shard/shard_io.hpp>
#include <fanfare/fwd.hpp>
#include <fanfare/message.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/system/error_code.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace fanfare::detail {

/// What an `ack_tracker` works with.
struct ack_parts {
    const node_id& node;
    shard& first;
    room_registry& rooms;
    publisher& messages;
    inbox_service& inbox;
    const command_channel& channel; // to the other hubs
    const lifetime& life;
};

/// Messages that are out to be confirmed by one of their user's devices, on whichever hub that is.
///
/// A message names its `ack_id`: the publishing hub's node, then 22 random characters. A hub whose client confirms one
/// of another node sends it on to all hubs; the one that waits checks the user. Works on the first shard; `send`,
/// `notify`, `confirm` and `stop` are thread-safe.
class ack_tracker {
public:
    using done_type = std::function<void(error_code, acknowledgement)>;

    explicit ack_tracker(const ack_parts& parts) : parts_{parts} {}
    ack_tracker(const ack_tracker&) = delete;
    ack_tracker& operator=(const ack_tracker&) = delete;

    /// Sends, and calls `done` once, on any thread: with the first confirmation, `timed_out` after `timeout`, or why
    /// it was not sent. `payload` is an object. Too many that wait: `queue_full`. A notification whose idempotency key
    /// was known: `not_found`.
    void send(std::string_view user, std::string_view type, const json::value& payload,
              std::chrono::milliseconds timeout, done_type done);
    void notify(std::string_view user, const notification& what, std::chrono::milliseconds timeout,
                done_type done);

    /// A user's connection confirms a message. The error says why that cannot be; none says nothing about the message.
    /// `rate_limited`: the user has confirmed more of other nodes' messages than 20 in four seconds.
    error_code confirm(std::string_view id, std::string_view user, std::string_view connection);
    /// `confirm` on another hub.
    void on_command(const json::object& command);
    /// The hub is stopping: all that wait end with `shutting_down`.
    void stop();

private:
    using clock = std::chrono::steady_clock;
    struct waiting {
        std::string user;
        std::size_t devices = 0;
        std::multimap<clock::time_point, std::string>::iterator deadline{};
        done_type done;
    };
    using waiting_map = std::unordered_map<std::string, waiting>;

    std::string expect(std::string_view user, std::chrono::milliseconds timeout, done_type done);
    void on_unsent(const std::string& id, error_code why);
    bool may_forward(std::string_view user);
    void confirmed(const std::string& id, std::string_view user, std::string_view connection);
    void finish(waiting_map::iterator at, error_code ec, acknowledgement answer);
    void arm();
    void on_timer();

    ack_parts parts_;
    std::atomic<std::size_t> count_{0};

    std::mutex mutex_; // of these two: what each user had sent on to other hubs, until then
    std::unordered_map<std::string, unsigned> forwarded_;
    clock::time_point forwarded_until_{};

    // Only on the first shard:
    waiting_map waiting_;
    std::multimap<clock::time_point, std::string> deadlines_;
    std::optional<clock::time_point> armed_;
    std::shared_ptr<shard_io> io_;
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/inbox/ack_tracker.ipp>
#endif

#endif

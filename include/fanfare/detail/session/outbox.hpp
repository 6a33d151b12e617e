// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SESSION_OUTBOX_HPP
#define FANFARE_DETAIL_SESSION_OUTBOX_HPP

#include <fanfare/close_code.hpp>
#include <fanfare/config.hpp>
#include <fanfare/detail/base/tracked_size.hpp>
#include <fanfare/detail/wire/envelope.hpp>
#include <fanfare/detail/wire/frame.hpp>
#include <fanfare/options.hpp>

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace fanfare::detail {

/// A connection's bounded queue of frames that wait for the socket. No socket, no clock of its own.
///
/// Order on the wire: the rest of a frame that has begun, then control frames (the newest pongs, the close),
/// then messages. Nothing follows a close.
class outbox {
public:
    /// So many pongs wait at the most, whatever a client sends that does not read.
    static constexpr std::size_t max_pongs = 16;

    enum class result { queued, conflated, dropped, overflow, resync };

    /// `part_of`: where the messages that wait count, and their bytes; null: nowhere. It outlives this.
    outbox(std::size_t max_messages, std::size_t max_bytes, waiting_gauges* part_of = nullptr)
        : live_{part_of ? &part_of->messages : nullptr}, bytes_{part_of ? &part_of->bytes : nullptr},
          max_messages_{max_messages}, max_bytes_{max_bytes}
    {}

    /// Queues a message. When full, does what `policy` says; `overflow` means that the caller has to close, `resync`
    /// that the room's messages from `resync_from()` on have been dropped, this one included. `elsewhere`: bytes that
    /// wait for the same client in other places, and count as if they waited here.
    result push(shared_frame message, overflow_policy policy, std::size_t elsewhere = 0);

    /// Queues a message of which the socket has already taken `written` bytes. Only while empty.
    void push_started(shared_frame message, std::size_t written);

    /// Queues a pong. Of those that wait only the newest `max_pongs` are kept: the newest alone would do (RFC 6455
    /// section 5.5.3), but some peers count. Their bytes are counted.
    void push_pong(std::span<const char> payload);
    /// Queues a ping, in place of one that waits.
    void push_ping(std::span<const char> payload = {});
    /// Drops what has not begun and queues a close frame. Later pushes are ignored.
    void push_close(close_code code, std::string_view reason);

    /// Fills `out` with what to write next. `now` stamps gap markers. The views stay valid until the next change.
    std::size_t gather(std::span<std::string_view> out, wall_time now);
    /// `n` bytes of what was gathered have been written.
    void consume(std::size_t n);

    bool empty() const noexcept
    {
        return live_ == 0 && control_.empty() && pongs_.empty() && ping_.empty() && close_.empty();
    }
    bool closing() const noexcept { return closing_; }
    /// Messages that wait (gap markers included as messages of no size), and the bytes of them and of the control frames.
    std::size_t size() const noexcept { return live_; }
    std::size_t bytes() const noexcept { return bytes_ + pongs_.size() + control_.size() + close_.size(); }
    /// Set by the last `resync`: the place of the oldest message that was dropped.
    const position& resync_from() const noexcept { return resync_from_; }
    /// Whether a message of this size fits, without any policy.
    bool takes(std::size_t size) const noexcept { return !full(size); }
    /// Whether half of the limits are used.
    bool half_full() const noexcept { return live_ * 2 >= max_messages_ || bytes() * 2 >= max_bytes_; }
    /// Messages that were dropped since the last call; gap markers tell the peer.
    std::size_t take_dropped() noexcept { return std::exchange(dropped_, 0); }
    /// Messages that `resync` has dropped since the last call; they come from the history.
    std::size_t take_resynced() noexcept { return std::exchange(resynced_, 0); }

private:
    struct item {
        shared_frame message; // null: a gap without a marker, or a hole
        bool is_gap = false;  // stands for the gap of its room, and its marker has not begun
        bool is_live() const noexcept { return message || is_gap; }
    };
    struct gap {
        std::string room;
        std::size_t dropped;
        std::size_t at;        // its item
        std::size_t scan_from; // no older message of the room stands before
    };
    struct key_hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view s) const noexcept { return std::hash<std::string_view>{}(s); }
    };

    // An empty outbox takes one message of any size, or a large message could never pass.
    bool full(std::size_t more) const noexcept // besides what waits here
    {
        return live_ != 0 && (live_ + 1 > max_messages_ || bytes() + more > max_bytes_);
    }
    gap* find_gap(std::string_view room);
    bool conflate(shared_frame& message, std::size_t elsewhere);
    bool take_back(const frame& newer);
    void clear_if_empty();
    bool drop_oldest(std::string_view room);
    void note_lost(std::string_view room);
    void add_to(gap& known);
    void end_gap(std::size_t at);
    void drop_for_resync(const frame& last);
    void append(item next);
    void compact();
    void index_key(std::size_t at);
    void forget_key(std::size_t at);
    void start_control();
    void pop_front();

    std::vector<item> items_;
    std::size_t head_ = 0;
    tracked_size live_;
    tracked_size bytes_; // of messages
    std::size_t dropped_ = 0;
    std::size_t resynced_ = 0;
    std::size_t begun_ = 0; // bytes of the head that are written
    std::size_t max_messages_;
    std::size_t max_bytes_;
    std::vector<gap> gaps_;
    std::unordered_map<std::string, std::size_t, key_hash, std::equal_to<>> keys_; // room NUL key -> item
    std::string control_; // control frames on their way; never changed once begun
    std::size_t control_begun_ = 0;
    std::size_t control_pongs_ = 0; // in `control_`
    std::string pongs_;
    std::size_t pong_count_ = 0; // in `pongs_`
    position resync_from_{};
    std::string ping_;
    std::string close_;
    bool closing_ = false;
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/session/outbox.ipp>
#endif

#endif

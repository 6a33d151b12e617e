// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SHARD_SHARD_MEMBER_HPP
#define FANFARE_DETAIL_SHARD_SHARD_MEMBER_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/room/delivery.hpp>
#include <fanfare/detail/wire/frame.hpp>
#include <fanfare/fwd.hpp>

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace fanfare::detail {

/// A connection, as its shard sees it. Only on the shard's executor, but for the counter and `number()`.
class shard_member : public boost::intrusive_ref_counter<shard_member, boost::thread_safe_counter> {
public:
    shard_member() = default;
    shard_member(const shard_member&) = delete;
    shard_member& operator=(const shard_member&) = delete;
    virtual ~shard_member() = default;

    /// The connection's number in its hub; 0 until it is added to its shard. See `shard::number_of`.
    std::uint64_t number() const noexcept { return number_; }
    std::uint32_t slot() const noexcept { return static_cast<std::uint32_t>(number_ & 0xffffff); }

    /// Takes a delivery that the shard could not write to the socket by itself.
    virtual void deliver(delivery& d) = 0;
    /// The socket has taken `written` bytes of the frames, and then no more.
    virtual void continue_later(const std::vector<shared_frame>& frames, std::size_t written) = 0;
    /// Its position among the room's members has changed; see `shard::join`.
    virtual void moved(const room_state& room, std::uint32_t position) noexcept = 0;
    /// One of its deadlines may have passed.
    virtual void on_tick() = 0;
    /// Ends at once, without a closing handshake.
    virtual void end() = 0;

private:
    friend class shard;
    std::uint64_t number_ = 0;
};

} // namespace fanfare::detail

#endif

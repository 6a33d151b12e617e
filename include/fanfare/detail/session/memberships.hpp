// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SESSION_MEMBERSHIPS_HPP
#define FANFARE_DETAIL_SESSION_MEMBERSHIPS_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/room/room_state.hpp>
#include <fanfare/position.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace fanfare::detail {

/// A room of a connection.
struct membership {
    room_ptr room;
    std::uint32_t position = 0; ///< Among the room's members of the shard; see `shard::join`.
    bool own = false;           ///< It came with the identity.
    fanfare::position begin{};  ///< In the room's history: it has what came after that. None: some is lost.
};

/// The rooms of one connection: those that it is a member of, and those that it will join once the bus carries them.
/// Only the list: telling shard, bus and presence is the session's.
class memberships {
public:
    /// Null if it is not a member.
    const membership* find(std::string_view room) const noexcept;
    /// The connection has not got all of the room that came since it joined.
    void lost_some(std::string_view room) noexcept;
    bool contains(std::string_view room) const noexcept { return find(room) != nullptr; }
    bool empty() const noexcept { return joined_.empty(); }
    std::size_t size() const noexcept { return joined_.size(); }
    const membership& operator[](std::size_t i) const noexcept { return joined_[i]; }
    auto begin() const noexcept { return joined_.begin(); }
    auto end() const noexcept { return joined_.end(); }

    /// Precondition: it is not a member. The reference is valid until the next change.
    membership& add(room_ptr room, bool own);
    /// Precondition: `one` is of this list.
    membership remove(const membership& one);
    /// The room's members have moved; see `shard_member::moved`.
    void moved(const room_state& room, std::uint32_t position) noexcept;

    /// Those that did not come with the identity: how many, and their names.
    std::size_t count_chosen() const noexcept;
    std::vector<std::string> chosen() const;

    /// A room that is joined once the bus carries it, unless it is taken back meanwhile.
    void expect(room_ptr room);
    /// True if it was expected; from then on it is not any more.
    bool take_expected(const room_state& room);
    bool take_expected(std::string_view room);
    std::size_t expected() const noexcept { return expected_ ? expected_->size() : 0; }
    void forget_expected() noexcept { expected_.reset(); }

private:
    std::vector<membership> joined_;
    std::unique_ptr<std::vector<room_ptr>> expected_; // none most of the time
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/session/memberships.ipp>
#endif

#endif

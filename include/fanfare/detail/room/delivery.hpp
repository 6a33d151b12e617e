// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_ROOM_DELIVERY_HPP
#define FANFARE_DETAIL_ROOM_DELIVERY_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/wire/deflater.hpp>
#include <fanfare/detail/wire/frame.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fanfare::detail {

/// Some messages of one room on their way to its members: joined once, written to each member at once.
class delivery {
public:
    /// The most bytes that are joined; what does not fit stays in `pending`.
    static constexpr std::size_t max_bytes = 256 * 1024;

    /// Takes messages off the front of `pending`.
    void start(std::vector<shared_frame>& pending, std::size_t member_count);

    /// The messages, in order; and their wire form, in one piece.
    const std::vector<shared_frame>& frames() const noexcept { return frames_; }
    std::string_view wire() const noexcept { return frames_.size() == 1 ? frames_.front()->wire() : joined_; }
    /// Some message passes one connection over.
    bool selective() const noexcept { return selective_; }

    /// The same for receivers that negotiated deflate with this window; made on first need.
    struct form {
        std::vector<shared_frame> frames;
        std::string wire;
    };
    const form& deflated(int window_bits, deflater& with, std::size_t min_size);

    /// Members still to be served: positions [next, end).
    std::size_t next = 0;
    std::size_t end = 0;

private:
    std::vector<shared_frame> frames_;
    std::string joined_;
    bool selective_ = false;
    std::array<form, 7> forms_;
};

/// `f` compressed for this window, or `f` itself where that does not pay.
shared_frame deflated_frame(const shared_frame& f, int window_bits, deflater& with, std::size_t min_size);

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/room/delivery.ipp>
#endif

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_WIRE_FRAME_HPP
#define FANFARE_DETAIL_WIRE_FRAME_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/wire/ws_codec.hpp>
#include <fanfare/position.hpp>

#include <boost/smart_ptr/intrusive_ptr.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace fanfare::detail {

class frame;
using shared_frame = boost::intrusive_ptr<const frame>;

/// What a frame knows about its message besides the bytes.
struct frame_tags {
    std::string_view room{};
    std::string_view key{};
    /// The number of the connection that is passed over. 0: none.
    std::uint64_t except = 0;
    /// Its place in the room's history, if it has one.
    position at{};
    /// A `gap` marker: `at` is where the room's stream goes on after.
    bool gap = false;
    /// When its publisher was called, or when it came from another process, by the steady clock. 0: that is not measured.
    std::int64_t published_ns = 0;
};

/// A message encoded once, ready for the wire, immutable and shared by all receivers.
/// One allocation holds the counter, the WebSocket header, the payload, the room and the key.
class frame {
public:
    static shared_frame make(ws_opcode opcode, std::string_view payload, const frame_tags& tags = {},
                             bool deflated = false);
    /// With a payload in two pieces.
    static shared_frame make(ws_opcode opcode, std::string_view payload, std::string_view rest,
                             const frame_tags& tags, bool deflated = false);

    /// Header and payload, as they go to the socket.
    std::string_view wire() const noexcept { return {bytes(), std::size_t{header_size_} + payload_size_}; }
    /// Whether the payload is compressed: the bit RSV1 (RFC 7692 section 6).
    bool deflated() const noexcept { return (static_cast<unsigned char>(*bytes()) & 0x40U) != 0; }
    std::string_view payload() const noexcept { return {bytes() + header_size_, payload_size_}; }
    std::string_view room() const noexcept { return {bytes() + header_size_ + payload_size_, room_size_}; }
    std::string_view key() const noexcept { return {room().data() + room_size_, key_size_}; }
    std::uint64_t except() const noexcept { return except_; }
    const position& at() const noexcept { return at_; }
    bool is_gap() const noexcept { return gap_; }
    std::int64_t published_ns() const noexcept { return published_ns_; }
    frame_tags tags() const noexcept { return {room(), key(), except_, at_, gap_, published_ns_}; }
    ws_opcode opcode() const noexcept { return static_cast<ws_opcode>(bytes()[0] & 0x0f); }

    /// The compressed form for a window of 9 to 15 bits: null if not made yet, `this` if compressing does not pay.
    const frame* variant(int window_bits) const noexcept;
    /// Keeps a compressed form; of two threads' the first stays. Returns the one that stays.
    const frame* keep_variant(int window_bits, shared_frame made) const;

    frame(const frame&) = delete;
    frame& operator=(const frame&) = delete;

    friend void intrusive_ptr_add_ref(const frame* f) noexcept
    {
        f->references_.fetch_add(1, std::memory_order_relaxed);
    }
    friend void intrusive_ptr_release(const frame* f) noexcept
    {
        if (f->references_.fetch_sub(1, std::memory_order_acq_rel) == 1)
            destroy(f);
    }

private:
    using variants = std::array<std::atomic<const frame*>, 7>;

    frame() = default;
    ~frame() = default;
    static void destroy(const frame* f) noexcept;
    const char* bytes() const noexcept { return reinterpret_cast<const char*>(this + 1); }
    char* bytes() noexcept { return reinterpret_cast<char*>(this + 1); }

    mutable std::atomic<std::uint32_t> references_{0};
    std::uint32_t payload_size_ = 0;
    std::uint16_t room_size_ = 0;
    std::uint16_t key_size_ = 0;
    std::uint8_t header_size_ = 0;
    bool gap_ = false;
    std::uint64_t except_ = 0;
    position at_{};
    std::int64_t published_ns_ = 0;
    mutable std::atomic<variants*> variants_{nullptr};
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/wire/frame.ipp>
#endif

#endif

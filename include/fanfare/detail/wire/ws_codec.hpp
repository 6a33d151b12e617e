// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_WIRE_WS_CODEC_HPP
#define FANFARE_DETAIL_WIRE_WS_CODEC_HPP

#include <fanfare/close_code.hpp>
#include <fanfare/detail/wire/inflater.hpp>
#include <fanfare/detail/wire/utf8.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <string_view>

// The server's side of the WebSocket framing (RFC 6455 section 5, RFC 7692), without I/O: bytes in, events out.

namespace fanfare::detail {

enum class ws_opcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

struct ws_limits {
    std::size_t max_message = 8 * 1024; // bytes, over all fragments, after inflating; at most 2 GiB are honoured
    bool deflate = false;               // permessage-deflate was negotiated, without the client's context takeover
    int client_window_bits = 15;        // what was negotiated for the client, 8 to 15
};

struct ws_event {
    enum class kind : std::uint8_t { need_more, message, ping, pong, close, error };

    kind what = kind::need_more;
    ws_opcode opcode = ws_opcode::continuation; // of a message: text or binary
    std::span<const char> data;                 // the message, or the control frame's payload
    close_code code = close_code::normal;       // close: the peer's, or no_status. error: what we answer
    std::string_view reason;                    // close: the peer's. error: a static phrase: what was wrong
};

// Takes the byte stream of one client apart. Not thread-safe; no state is shared between decoders, except that an
// inflater may serve many. A moved-from decoder may only be destroyed or assigned to.
class ws_decoder {
public:
    explicit ws_decoder(ws_limits limits) noexcept;

    // Consumes bytes from the front of `input` until one event is complete or `input` is empty; unmasks in place.
    //
    // `data` and `reason` of the event are valid until the next call, of a compressed message until the next call
    // of any decoder with the same inflater; they may point into `input`. After `close` or `error` all further
    // bytes are dropped. Throws std::bad_alloc; the decoder may then only be destroyed.
    ws_event next(std::span<char>& input, inflater* inflate);

    // Heap bytes held for a message or control frame that is not complete. At most twice what has arrived of it
    // and, whatever was declared, at most max_message and 125 bytes for a control frame; for a compressed message
    // one eighth more and 64 bytes, since compression may make a message longer.
    std::size_t buffered() const noexcept { return capacity_; }

private:
    enum class state : std::uint8_t { header, payload, closed };
    struct free_memory {
        void operator()(char* p) const noexcept { std::free(p); }
    };

    bool fill_header(std::span<char>& input, std::size_t size) noexcept;
    std::string_view check_header() const noexcept;
    std::size_t header_size() const noexcept;
    ws_event begin_frame();
    std::span<char> take_payload(std::span<char>& input) noexcept;
    ws_event on_data(std::span<char> piece, inflater* inflate);
    ws_event on_control(std::span<char> piece);
    ws_event on_close(std::span<const char> payload);
    ws_event inflate_message(ws_event event, inflater* inflate);
    ws_event fail(close_code code, std::string_view reason) noexcept;
    void append(std::span<const char> piece);
    void grow(std::uint64_t needed);
    void release() noexcept;
    std::uint64_t wire_limit() const noexcept;

    // An idle connection keeps these 56 bytes and no heap. The buffer is not a vector: it must be able to grow
    // without a second copy of it, and 32 bits are enough for its sizes.
    std::unique_ptr<char, free_memory> buffer_;
    std::uint32_t size_ = 0;     // bytes of the message in buffer_
    std::uint32_t capacity_ = 0; // of buffer_
    std::uint32_t max_message_;
    std::uint32_t remaining_ = 0; // payload bytes of this frame that are still to come
    std::uint32_t mask_ = 0;      // in memory order; its first byte is for the next payload byte
    std::uint8_t header_[14] = {};
    std::uint8_t header_have_ = 0;  // bytes in header_
    std::uint8_t control_have_ = 0; // bytes of a split control frame; they lie behind the message in buffer_
    utf8_checker utf8_;
    state state_ = state::header;
    ws_opcode frame_ = ws_opcode::continuation;   // of this frame
    ws_opcode message_ = ws_opcode::continuation; // of the open message; continuation: none is open
    bool fin_ = false;
    bool compressed_ = false;
    bool delivered_ = false; // the last event points into buffer_
    bool deflate_;
    std::uint8_t window_bits_;
};

static_assert(sizeof(ws_decoder) <= 64, "every connection holds one");

// XORs `data` with the mask of RFC 6455 section 5.3. `mask`: its four bytes in memory order.
void ws_unmask(std::span<char> data, std::uint32_t mask) noexcept;

// Bytes of a server's frame header (never masked) for `payload` bytes: 2, 4 or 10.
constexpr std::size_t ws_header_size(std::size_t payload) noexcept
{
    return payload <= 125 ? 2 : payload <= 0xFFFF ? 4 : 10;
}

// Writes the header of an unfragmented server's frame, returns its size. `rsv1` marks a compressed message.
std::size_t write_ws_header(char* out, ws_opcode opcode, std::size_t payload_size, bool rsv1 = false) noexcept;

// Writes a whole close frame to `out`, which has room for 127 bytes; returns its size. The reason is cut to 123
// bytes at a character's boundary, or before what is not UTF-8. A code that may not stand on the wire, such as
// no_status, gives an empty close frame (RFC 6455 section 7.4.1).
std::size_t write_close(char* out, close_code code, std::string_view reason) noexcept;

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/wire/ws_codec.ipp>
#endif

#endif

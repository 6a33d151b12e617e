// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_WIRE_WS_CODEC_IPP
#define FANFARE_DETAIL_WIRE_WS_CODEC_IPP

#include <fanfare/detail/wire/ws_codec.hpp>

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>

namespace fanfare::detail {

// Big-endian bytes to a number (RFC 6455 section 5.2: network byte order).
inline std::uint64_t ws_read_number(const std::uint8_t* bytes, std::size_t count) noexcept
{
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < count; ++i)
        value = value << 8 | bytes[i];
    return value;
}

inline char* ws_write_number(char* out, std::uint64_t value, std::size_t count) noexcept
{
    while (count-- > 0)
        *out++ = static_cast<char>(value >> (8 * count) & 0xFF);
    return out;
}

inline bool ws_is_control(ws_opcode opcode) noexcept
{
    return (static_cast<unsigned>(opcode) & 8u) != 0;
}

inline std::string_view ws_text(std::span<const char> bytes) noexcept
{
    return {bytes.data(), bytes.size()};
}

FANFARE_DECL void ws_unmask(std::span<char> data, std::uint32_t mask) noexcept
{
    const std::uint64_t wide = std::uint64_t{mask} << 32 | mask;
    char* p = data.data();
    std::size_t left = data.size();
    for (; left >= 8; left -= 8, p += 8) {
        std::uint64_t word;
        std::memcpy(&word, p, 8);
        word ^= wide;
        std::memcpy(p, &word, 8);
    }
    char key[4];
    std::memcpy(key, &mask, 4);
    for (std::size_t i = 0; i < left; ++i)
        p[i] = static_cast<char>(p[i] ^ key[i % 4]);
}

FANFARE_DECL ws_decoder::ws_decoder(ws_limits limits) noexcept
    : max_message_(static_cast<std::uint32_t>(std::min<std::uint64_t>(limits.max_message, 1u << 31))),
      deflate_(limits.deflate), window_bits_(static_cast<std::uint8_t>(limits.client_window_bits))
{}

FANFARE_DECL ws_event ws_decoder::next(std::span<char>& input, inflater* inflate)
{
    if (delivered_)
        release();
    while (state_ != state::closed) {
        if (state_ == state::header) {
            if (!fill_header(input, 2))
                return {};
            if (auto wrong = check_header(); !wrong.empty())
                return fail(close_code::protocol_error, wrong);
            if (!fill_header(input, header_size()))
                return {};
            if (auto refusal = begin_frame(); refusal.what == ws_event::kind::error)
                return refusal;
        }
        auto piece = take_payload(input);
        auto event = ws_is_control(frame_) ? on_control(piece) : on_data(piece, inflate);
        if (event.what != ws_event::kind::need_more || state_ == state::payload)
            return event;
    }
    input = input.last(0); // nothing that follows a close or an error counts (RFC 6455 sections 1.4, 7.1.7)
    return {};
}

// Whether the first `size` bytes of the frame header are there now.
FANFARE_DECL bool ws_decoder::fill_header(std::span<char>& input, std::size_t size) noexcept
{
    if (header_have_ >= size)
        return true;
    const auto count = std::min(size - header_have_, input.size());
    if (count > 0)
        std::memcpy(header_ + header_have_, input.data(), count);
    input = input.subspan(count);
    header_have_ = static_cast<std::uint8_t>(header_have_ + count);
    return header_have_ == size;
}

// What is wrong with the first two bytes of the frame; empty if nothing is.
FANFARE_DECL std::string_view ws_decoder::check_header() const noexcept
{
    const unsigned opcode = header_[0] & 0x0Fu;
    const bool control = opcode >= 8;
    const bool fin = (header_[0] & 0x80u) != 0;
    const bool rsv1 = (header_[0] & 0x40u) != 0;

    if ((header_[0] & 0x30u) != 0 || (rsv1 && !deflate_))
        return "a reserved bit is set"; // RFC 6455 section 5.2
    if ((opcode > 2 && opcode < 8) || opcode > 10)
        return "a reserved opcode"; // RFC 6455 section 5.2
    if (rsv1 && (control || opcode == 0))
        return "only the first frame of a data message may be marked as compressed"; // RFC 7692 section 6.1
    if ((header_[1] & 0x80u) == 0)
        return "a frame from a client must be masked"; // RFC 6455 section 5.1
    if (control && !fin)
        return "a control frame must not be fragmented"; // RFC 6455 section 5.5
    if (control && (header_[1] & 0x7Fu) > 125)
        return "a control frame has at most 125 bytes"; // RFC 6455 section 5.5
    if (opcode == 0 && message_ == ws_opcode::continuation)
        return "a continuation without a message to continue"; // RFC 6455 section 5.4
    if (!control && opcode != 0 && message_ != ws_opcode::continuation)
        return "a new message inside a fragmented one"; // RFC 6455 section 5.4
    return {};
}

// Bytes of the whole header, mask included, by what its second byte says (RFC 6455 section 5.2).
FANFARE_DECL std::size_t ws_decoder::header_size() const noexcept
{
    const unsigned length = header_[1] & 0x7Fu;
    return 2 + (length == 126 ? 2u : length == 127 ? 8u : 0u) + 4;
}

// Takes the complete header: lengths are judged here, before any byte of the payload is kept.
FANFARE_DECL ws_event ws_decoder::begin_frame()
{
    std::uint64_t length = header_[1] & 0x7Fu;
    const std::size_t extended = header_size() - 6u;
    if (extended > 0) {
        length = ws_read_number(header_ + 2, extended);
        if (length >> 63 != 0)
            return fail(close_code::protocol_error, "a length with the highest bit set"); // RFC 6455 section 5.2
        if (length < (extended == 2 ? 126u : 0x10000u))
            return fail(close_code::protocol_error, "a length that is not in its shortest form"); // section 5.2
    }
    frame_ = static_cast<ws_opcode>(header_[0] & 0x0Fu);
    fin_ = (header_[0] & 0x80u) != 0;
    if (frame_ == ws_opcode::text || frame_ == ws_opcode::binary) {
        message_ = frame_;
        compressed_ = (header_[0] & 0x40u) != 0;
    }
    if (!ws_is_control(frame_) && size_ + length > wire_limit())
        return fail(close_code::message_too_big, "a message above the limit"); // RFC 6455 sections 7.4.1, 10.4
    std::memcpy(&mask_, header_ + 2 + extended, 4);
    remaining_ = static_cast<std::uint32_t>(length);
    header_have_ = 0;
    state_ = state::payload;
    return {};
}

// The unmasked part of this frame's payload that is in `input`.
FANFARE_DECL std::span<char> ws_decoder::take_payload(std::span<char>& input) noexcept
{
    const auto piece = input.first(std::min<std::size_t>(remaining_, input.size()));
    input = input.subspan(piece.size());
    remaining_ -= static_cast<std::uint32_t>(piece.size());
    if (mask_ != 0)
        ws_unmask(piece, mask_);
    const int turn = static_cast<int>(piece.size() % 4) * 8;
    mask_ = std::endian::native == std::endian::little ? std::rotr(mask_, turn) : std::rotl(mask_, turn);
    if (remaining_ == 0)
        state_ = state::header;
    return piece;
}

FANFARE_DECL ws_event ws_decoder::on_data(std::span<char> piece, inflater* inflate)
{
    const bool check = message_ == ws_opcode::text && !compressed_;
    if (check && !utf8_.write(ws_text(piece)))
        return fail(close_code::invalid_payload, "text that is not UTF-8"); // RFC 6455 section 8.1
    const bool complete = remaining_ == 0 && fin_;
    ws_event event;
    if (complete && size_ == 0) {
        event.data = piece; // all of it is in the caller's buffer: no copy
    } else {
        append(piece);
        size_ += static_cast<std::uint32_t>(piece.size());
        if (!complete)
            return {};
        event.data = {buffer_.get(), size_};
        delivered_ = true;
    }
    if (check && !utf8_.complete())
        return fail(close_code::invalid_payload, "text that ends inside a character"); // RFC 6455 section 8.1
    event.what = ws_event::kind::message;
    event.opcode = message_;
    message_ = ws_opcode::continuation;
    return compressed_ ? inflate_message(event, inflate) : event;
}

FANFARE_DECL ws_event ws_decoder::inflate_message(ws_event event, inflater* inflate)
{
    if (inflate == nullptr)
        return fail(close_code::internal_error, "no inflater for a compressed message");
    inflate->begin(max_message_, event.opcode == ws_opcode::text, window_bits_);
    auto result = inflate->write(event.data);
    if (result.ok())
        result = inflate->finish(event.data);
    if (!result.ok())
        return fail(result.code, result.reason);
    release();
    return event;
}

FANFARE_DECL ws_event ws_decoder::on_control(std::span<char> piece)
{
    ws_event event;
    event.data = piece;
    if (remaining_ > 0 || control_have_ > 0) {
        append(piece);
        control_have_ = static_cast<std::uint8_t>(control_have_ + piece.size());
        if (remaining_ > 0)
            return {};
        event.data = {buffer_.get() + size_, control_have_};
        delivered_ = true;
    }
    if (frame_ == ws_opcode::close)
        return on_close(event.data);
    event.what = frame_ == ws_opcode::ping ? ws_event::kind::ping : ws_event::kind::pong;
    event.opcode = frame_;
    return event;
}

// RFC 6455 section 5.5.1: nothing, or a code of two bytes and a reason in UTF-8.
FANFARE_DECL ws_event ws_decoder::on_close(std::span<const char> payload)
{
    ws_event event{ws_event::kind::close, ws_opcode::close, payload, close_code::no_status, {}};
    if (payload.size() == 1)
        return fail(close_code::protocol_error, "a close code needs two bytes");
    if (payload.size() >= 2) {
        const std::uint8_t bytes[2] = {static_cast<std::uint8_t>(payload[0]),
                                       static_cast<std::uint8_t>(payload[1])};
        const auto code = static_cast<std::uint16_t>(ws_read_number(bytes, 2));
        if (!is_valid_on_wire(code)) // RFC 6455 section 7.4
            return fail(close_code::protocol_error, "a close code that may not be sent");
        event.code = static_cast<close_code>(code);
        event.reason = ws_text(payload.subspan(2));
        if (!is_utf8(event.reason))
            return fail(close_code::invalid_payload, "a close reason that is not UTF-8");
    }
    message_ = ws_opcode::continuation;
    state_ = state::closed;
    delivered_ = true; // what is held of an unfinished message goes with the next call
    return event;
}

FANFARE_DECL ws_event ws_decoder::fail(close_code code, std::string_view reason) noexcept
{
    message_ = ws_opcode::continuation;
    state_ = state::closed;
    release();
    return {ws_event::kind::error, ws_opcode::continuation, {}, code, reason};
}

FANFARE_DECL void ws_decoder::append(std::span<const char> piece)
{
    if (piece.empty())
        return;
    const std::size_t at = std::size_t{size_} + control_have_;
    if (at + piece.size() > capacity_)
        grow(at + piece.size());
    std::memcpy(buffer_.get() + at, piece.data(), piece.size());
}

// Doubles, so that a client that sends single bytes does not make us copy without end; not past what the frame or
// the limit still allows.
FANFARE_DECL void ws_decoder::grow(std::uint64_t needed)
{
    const auto ceiling = fin_ ? needed + remaining_ : std::max(needed, wire_limit());
    const auto wanted = std::min(std::max<std::uint64_t>(needed, 2 * std::uint64_t{capacity_}), ceiling);
    auto* memory = static_cast<char*>(std::realloc(buffer_.get(), static_cast<std::size_t>(wanted)));
    if (memory == nullptr)
        throw std::bad_alloc();
    static_cast<void>(buffer_.release()); // realloc has freed it
    buffer_.reset(memory);
    capacity_ = static_cast<std::uint32_t>(wanted);
}

// Lets go of what was delivered: a control frame's bytes and, if no message is open, the buffer.
FANFARE_DECL void ws_decoder::release() noexcept
{
    delivered_ = false;
    control_have_ = 0;
    if (message_ == ws_opcode::continuation) {
        buffer_.reset();
        size_ = 0;
        capacity_ = 0;
    }
}

// Deflate makes incompressible data longer, by one eighth at the worst (blocks with fixed codes), so the
// compressed form of a message within the limit may be above it.
FANFARE_DECL std::uint64_t ws_decoder::wire_limit() const noexcept
{
    return std::uint64_t{max_message_} + (compressed_ ? max_message_ / 8 + 64 : 0);
}

FANFARE_DECL std::size_t write_ws_header(char* out, ws_opcode opcode, std::size_t payload_size, bool rsv1) noexcept
{
    char* p = out;
    *p++ = static_cast<char>(0x80u | (rsv1 ? 0x40u : 0u) | static_cast<unsigned>(opcode));
    if (payload_size <= 125) {
        *p++ = static_cast<char>(payload_size);
    } else if (payload_size <= 0xFFFF) {
        *p++ = 126;
        p = ws_write_number(p, payload_size, 2);
    } else {
        *p++ = 127;
        p = ws_write_number(p, payload_size, 8);
    }
    return static_cast<std::size_t>(p - out);
}

FANFARE_DECL std::size_t write_close(char* out, close_code code, std::string_view reason) noexcept
{
    const auto number = static_cast<std::uint16_t>(code);
    if (!is_valid_on_wire(number))
        return write_ws_header(out, ws_opcode::close, 0);
    reason = utf8_prefix(reason, 123); // RFC 6455 section 5.5: 125 bytes with the code
    char* p = out + write_ws_header(out, ws_opcode::close, 2 + reason.size());
    p = ws_write_number(p, number, 2);
    p = std::copy(reason.begin(), reason.end(), p);
    return static_cast<std::size_t>(p - out);
}

} // namespace fanfare::detail

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_WIRE_DEFLATE_IPP
#define FANFARE_DETAIL_WIRE_DEFLATE_IPP

#include <fanfare/detail/wire/deflate.hpp>

#include <algorithm>
#include <bit>
#include <new>

namespace fanfare::detail {

FANFARE_DECL void zlib_inflater::begin(std::size_t limit, bool text, int window_bits)
{
    constexpr std::size_t keep = 64 * 1024;
    if (capacity_ > keep) {
        buffer_.reset();
        capacity_ = 0;
    }
    size_ = 0;
    limit_ = std::min<std::size_t>(limit, 1u << 31);
    text_ = text;
    at_boundary_ = true;
    utf8_.reset();
    // A window that is larger than the peer's is always right. It never shrinks, so that connections with
    // different windows do not make Beast allocate it anew for every message. Peers that announce 8 bits and
    // have zlib really use 9.
    window_bits_ = std::max(window_bits_, std::clamp(window_bits, 9, 15));
    stream_.reset(window_bits_);
}

FANFARE_DECL inflate_result zlib_inflater::write(std::span<const char> piece)
{
    return run(piece, false);
}

FANFARE_DECL inflate_result zlib_inflater::finish(std::span<const char>& out)
{
    // RFC 7692 section 7.2.2: the sender has cut 00 00 FF FF off. Some senders leave it on, or send nothing at
    // all for an empty message; they are between two blocks already, and the four bytes would not fit there.
    if (!at_boundary_) {
        static constexpr char tail[4] = {0, 0, '\xFF', '\xFF'};
        if (auto result = run(tail, true); !result.ok())
            return result;
        if (!at_boundary_)
            return {close_code::invalid_payload, "compressed data that ends too early"};
    }
    if (text_ && !utf8_.complete())
        return {close_code::invalid_payload, "text that ends inside a character"}; // RFC 6455 section 8.1
    out = {buffer_.get(), size_};
    return {};
}

FANFARE_DECL inflate_result zlib_inflater::run(std::span<const char> input, bool tail)
{
    namespace zlib = boost::beast::zlib;
    if (input.empty())
        return {};
    zlib::z_params params{};
    params.next_in = input.data();
    params.avail_in = input.size();
    while (params.avail_in > 0 || params.avail_out == 0) {
        const std::size_t room = make_room();
        const std::size_t before = params.avail_in;
        params.next_out = buffer_.get() + size_;
        params.avail_out = room;
        error_code ec;
        stream_.write(params, zlib::Flush::sync, ec);

        const std::size_t count = room - params.avail_out;
        if (auto result = accept(count); !result.ok())
            return result;
        if (ec == zlib::error::end_of_stream) {
            // RFC 7692 section 7.2.3.4: the last block of a deflate stream may be followed by another stream.
            // Whole bytes that the decoder has read ahead belong to that one.
            const std::size_t unread = static_cast<std::size_t>(params.data_type & 63) / 8;
            params.next_in = static_cast<const char*>(params.next_in) - unread;
            params.avail_in += unread;
            at_boundary_ = true;
            if (tail || params.avail_in == 0)
                return {};
            stream_.reset(window_bits_);
            continue;
        }
        const bool progress = count > 0 || params.avail_in < before;
        if ((ec && ec != zlib::error::need_buffers) || (!progress && params.avail_in > 0))
            return {close_code::invalid_payload, "malformed compressed data"};
        if (progress)
            at_boundary_ = (params.data_type & 128) != 0;
    }
    return {};
}

// Counts `count` new bytes in. Bytes within the limit are checked before the limit itself, so that the verdict
// does not depend on how the output is cut.
FANFARE_DECL inflate_result zlib_inflater::accept(std::size_t count) noexcept
{
    const std::size_t within = std::min(count, limit_ - size_);
    if (text_ && !utf8_.write({buffer_.get() + size_, within}))
        return {close_code::invalid_payload, "text that is not UTF-8"}; // RFC 6455 section 8.1
    if (within < count)
        return {close_code::message_too_big, "a message above the limit"};
    size_ += count;
    return {};
}

// Bytes that may be written behind size_. The cuts depend on size_ alone, not on the buffer that the last message
// left, so that equal messages get equal verdicts. One byte above the limit is room enough to see that a message
// goes on.
FANFARE_DECL std::size_t zlib_inflater::make_room()
{
    constexpr std::size_t first = 4 * 1024;
    const std::size_t end = std::min(std::max(first, std::bit_ceil(size_ + 1)), limit_ + 1);
    if (end > capacity_) {
        auto* memory = static_cast<char*>(std::realloc(buffer_.get(), end));
        if (memory == nullptr)
            throw std::bad_alloc();
        static_cast<void>(buffer_.release()); // realloc has freed it
        buffer_.reset(memory);
        capacity_ = end;
    }
    return end - size_;
}

FANFARE_DECL bool zlib_deflater::deflate(std::string_view in, int window_bits, std::string& out)
{
    namespace zlib = boost::beast::zlib;
    constexpr std::size_t tail = 4; // 00 00 FF FF
    constexpr int level = 6;
    constexpr int memory_level = 8;
    stream_.reset(level, std::clamp(window_bits, 9, 15), memory_level, zlib::Strategy::normal);

    // With this much room, output that fits and leaves a byte free is smaller than the input.
    out.resize(in.size() + tail);
    zlib::z_params params{};
    params.next_in = in.data();
    params.avail_in = in.size();
    params.next_out = out.data();
    params.avail_out = out.size();
    error_code ec;
    stream_.write(params, zlib::Flush::sync, ec);
    if (ec || params.avail_in > 0 || params.avail_out == 0) {
        out.clear();
        return false;
    }
    out.resize(out.size() - params.avail_out - tail);
    return true;
}

} // namespace fanfare::detail

#endif

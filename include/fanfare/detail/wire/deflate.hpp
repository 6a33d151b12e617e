// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_WIRE_DEFLATE_HPP
#define FANFARE_DETAIL_WIRE_DEFLATE_HPP

#include <fanfare/close_code.hpp>
#include <fanfare/detail/wire/deflater.hpp>
#include <fanfare/detail/wire/inflater.hpp>
#include <fanfare/detail/wire/utf8.hpp>

#include <boost/beast/zlib.hpp>

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <string_view>

// permessage-deflate (RFC 7692 section 7) without context takeover in either direction: a message can then be
// compressed once for all receivers, and an idle connection holds no dictionary.

namespace fanfare::detail {

// Inflates messages with Beast's port of zlib. Not thread-safe; one serves all connections of a shard.
//
// Whatever the data promise, at most `limit` + 1 bytes are allocated for what comes out, only as it comes.
// Besides that: 7 KiB and a window of at most 32 KiB. Throws std::bad_alloc; the next begin() repairs everything.
class zlib_inflater final : public inflater {
public:
    void begin(std::size_t limit, bool text, int window_bits) override;
    inflate_result write(std::span<const char> piece) override;
    inflate_result finish(std::span<const char>& out) override;

    // Bytes allocated for what comes out. A large buffer is given back when the next message begins.
    std::size_t capacity() const noexcept { return capacity_; }

private:
    struct free_memory {
        void operator()(char* p) const noexcept { std::free(p); }
    };

    inflate_result run(std::span<const char> input, bool tail);
    inflate_result accept(std::size_t count) noexcept;
    std::size_t make_room();

    boost::beast::zlib::inflate_stream stream_;
    std::unique_ptr<char, free_memory> buffer_;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
    std::size_t limit_ = 0;
    int window_bits_ = 9; // the largest window that any peer so far may use
    bool text_ = false;
    bool at_boundary_ = true; // the message may end here: between two blocks
    utf8_checker utf8_;
};

// Compresses messages with Beast's port of zlib. Not thread-safe; keeps some 260 KiB after first use.
class zlib_deflater final : public deflater {
public:
    // Makes of `in` the payload of a compressed message: raw deflate, flushed, without the 00 00 FF FF at the end
    // (RFC 7692 section 7.2.1). False if that is not smaller than `in`; `out` is then empty and the message should
    // go uncompressed. That holds for an empty message.
    //
    // `window_bits`: the negotiated window, 8 to 15. Beast, as zlib, cannot compress with 8 and takes 9; its
    // matches then still reach back 250 bytes at most, which a receiver with a window of 8 bits can follow. A
    // change from call to call costs an allocation. Throws std::bad_alloc.
    bool deflate(std::string_view in, int window_bits, std::string& out) override;

private:
    boost::beast::zlib::deflate_stream stream_;
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/wire/deflate.ipp>
#endif

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_WIRE_INFLATER_HPP
#define FANFARE_DETAIL_WIRE_INFLATER_HPP

#include <fanfare/close_code.hpp>

#include <cstddef>
#include <span>
#include <string_view>

namespace fanfare::detail {

struct inflate_result {
    close_code code = close_code::normal; // what the connection ends with if this is not `normal`
    std::string_view reason;              // static English phrase; empty if all is well

    bool ok() const noexcept { return code == close_code::normal; }
};

// Inflates one compressed message after the other, each without the context of the last (RFC 7692 section 7.2.2).
// One object serves all connections of a thread. It stands between the codec and Beast, so that the codec does not
// include Beast.
class inflater {
public:
    virtual ~inflater() = default;

    // Begins a message and forgets the last one. `limit`: bytes that may come out. `text`: what comes out must
    // be UTF-8. `window_bits`: what the peer compresses with, 8 to 15.
    virtual void begin(std::size_t limit, bool text, int window_bits) = 0;

    // Takes the next piece of the compressed payload. After a result that is not ok only begin() is allowed.
    virtual inflate_result write(std::span<const char> piece) = 0;

    // Ends the message. `out` is valid until the next begin().
    virtual inflate_result finish(std::span<const char>& out) = 0;
};

} // namespace fanfare::detail

#endif

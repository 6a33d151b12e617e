// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_WIRE_DEFLATER_HPP
#define FANFARE_DETAIL_WIRE_DEFLATER_HPP

#include <fanfare/config.hpp>

#include <string>
#include <string_view>

namespace fanfare::detail {

/// Compresses whole messages, each without context (RFC 7692 section 7.2.1). Stands between the core, which
/// shares the result between receivers, and the library that compresses.
class deflater {
public:
    virtual ~deflater() = default;
    /// Puts the compressed message into `out`; false if that did not make it smaller.
    virtual bool deflate(std::string_view in, int window_bits, std::string& out) = 0;
};

} // namespace fanfare::detail

#endif

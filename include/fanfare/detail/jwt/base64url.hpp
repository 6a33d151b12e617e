// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_JWT_BASE64URL_HPP
#define FANFARE_DETAIL_JWT_BASE64URL_HPP

#include <fanfare/config.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace fanfare::detail {

/// The bytes that `text` is the one base64url form of (RFC 4648 section 5, RFC 7515 section 2). Nothing for anything
/// else: padding, white space, other characters, bits at the end that are not zero. Otherwise one token would have
/// several texts.
std::optional<std::string> decode_base64url(std::string_view text);

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/jwt/base64url.ipp>
#endif

#endif

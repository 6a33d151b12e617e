// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_PROTOCOL_RAW_PROTOCOL_HPP
#define FANFARE_DETAIL_PROTOCOL_RAW_PROTOCOL_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/base/connection_kind.hpp>
#include <fanfare/detail/session/protocol.hpp>

#include <string_view>

namespace fanfare::detail {

/// No language: the application's handler takes every message as it is, and nothing is sent unasked. See `hub::on_raw`.
namespace raw_language {

inline void greet(session&) {}
void on_message(session& s, std::string_view data, bool binary);
void refuse(session& s, error code, std::string_view message, const json::value* request_id);
inline shared_frame encode(std::string_view, const json::value*, const json::value*)
{
    return {};
}
inline shared_frame encode_failure(const error_code&, std::string_view, const json::value*)
{
    return {};
}

} // namespace raw_language

inline constexpr protocol raw_protocol{&raw_language::greet,  &raw_language::on_message,     &raw_language::refuse,
                                       &raw_language::encode, &raw_language::encode_failure, language_kind::raw};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/protocol/raw_protocol.ipp>
#endif

#endif

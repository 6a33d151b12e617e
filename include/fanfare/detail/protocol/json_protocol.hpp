// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_PROTOCOL_JSON_PROTOCOL_HPP
#define FANFARE_DETAIL_PROTOCOL_JSON_PROTOCOL_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/base/connection_kind.hpp>
#include <fanfare/detail/session/protocol.hpp>

#include <string_view>

namespace fanfare::detail {

/// The library's own language: one JSON envelope a text message, as docs/protocol.md says.
namespace json_language {

void greet(session& s);
void on_message(session& s, std::string_view data, bool binary);
void refuse(session& s, error code, std::string_view message, const json::value* request_id);
shared_frame encode(std::string_view type, const json::value* payload, const json::value* request_id);
shared_frame encode_failure(const error_code& code, std::string_view message, const json::value* request_id);

} // namespace json_language

inline constexpr protocol json_protocol{&json_language::greet,          &json_language::on_message,
                                        &json_language::refuse,         &json_language::encode,
                                        &json_language::encode_failure, language_kind::fanfare};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/protocol/json_protocol.ipp>
#endif

#endif

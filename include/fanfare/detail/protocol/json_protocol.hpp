// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_PROTOCOL_JSON_PROTOCOL_HPP
#define FANFARE_DETAIL_PROTOCOL_JSON_PROTOCOL_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/session/protocol.hpp>
#include <fanfare/detail/wire/envelope.hpp>

#include <string_view>

namespace fanfare::detail {

/// The library's own language: one JSON envelope a text message, as docs/protocol.md says.
class json_protocol final : public protocol {
public:
    void greet(session& s) const override;
    void on_message(session& s, std::string_view data, bool binary) const override;
    void refuse(session& s, error code, std::string_view message, const json::value* request_id) const override;
    shared_frame encode(std::string_view type, const json::value* payload,
                        const json::value* request_id) const override;
    shared_frame encode_failure(const error_code& code, std::string_view message,
                                const json::value* request_id) const override;

private:
    static void dispatch(session& s, const incoming& message);
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/protocol/json_protocol.ipp>
#endif

#endif

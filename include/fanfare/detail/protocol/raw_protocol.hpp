// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_PROTOCOL_RAW_PROTOCOL_HPP
#define FANFARE_DETAIL_PROTOCOL_RAW_PROTOCOL_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/session/protocol.hpp>

#include <string_view>

namespace fanfare::detail {

/// No language: the application's handler takes every message as it is, and nothing is sent unasked. See `hub::on_raw`.
class raw_protocol final : public protocol {
public:
    void greet(session&) const override {}
    void on_message(session& s, std::string_view data, bool binary) const override;
    void refuse(session& s, error code, std::string_view message, const json::value* request_id) const override;
    shared_frame encode(std::string_view, const json::value*, const json::value*) const override { return {}; }
    shared_frame encode_failure(const error_code&, std::string_view, const json::value*) const override
    {
        return {};
    }
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/protocol/raw_protocol.ipp>
#endif

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_UPGRADE_HPP
#define FANFARE_DETAIL_HTTP_UPGRADE_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/http/extensions.hpp>
#include <fanfare/detail/http/message.hpp>
#include <fanfare/detail/http/request_rules.hpp>
#include <fanfare/detail/session/session.hpp>
#include <fanfare/detail/shard/shard.hpp>

#include <boost/beast/http/message.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace fanfare::detail {

/// The answer to a handshake that breaks RFC 6455 section 4.2.1: 426 for another version or no upgrade at all, else 400.
/// Nothing if there is nothing wrong with it.
std::optional<http_response> handshake_fault(const request_head& request);

/// What the request and the hub's options make of permessage-deflate. The request has no fault.
std::optional<deflate_agreement> agreed_deflate(const request_head& request, bool wanted);

/// The subprotocol, if the client offers it, else none (RFC 6455 section 4.2.2, item 5.5).
std::string agreed_subprotocol(const request_head& request, const std::string& wanted);

/// The answer that completes a handshake without fault (RFC 6455 section 4.2.2), with `Server`, `Date`, and the extension
/// and the subprotocol if there are any.
std::string upgrade_answer(const request_head& request, std::string_view extension, std::string_view subprotocol);

/// Makes the shard's compressor and decompressor, which all its connections share, if it has none.
void ensure_deflate(shard& home);

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/http/upgrade.ipp>
#endif

#endif

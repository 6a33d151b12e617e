// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_UPGRADE_HPP
#define FANFARE_DETAIL_HTTP_UPGRADE_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/session/session.hpp>
#include <fanfare/detail/shard/shard.hpp>

#include <boost/beast/websocket/option.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include <string_view>

namespace fanfare::detail {

/// permessage-deflate without context takeover on either side, so that receivers can share the bytes and an idle
/// connection holds no window (RFC 7692 section 7.1.1).
boost::beast::websocket::permessage_deflate deflate_offer();
/// Sets `Server` and the subprotocol.
void decorate_upgrade(boost::beast::websocket::response_type& answer, std::string_view subprotocol);
/// What the answer to the upgrade settled about compression.
session_settings negotiated(const boost::beast::websocket::response_type& answer);
/// Makes the shard's compressor and decompressor, which all its connections share, if it has none.
void ensure_deflate(shard& home);

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/http/upgrade.ipp>
#endif

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_UPGRADE_IPP
#define FANFARE_DETAIL_HTTP_UPGRADE_IPP

#include <fanfare/detail/http/message.hpp>
#include <fanfare/detail/http/upgrade.hpp>
#include <fanfare/detail/wire/deflate.hpp>
#include <fanfare/version.hpp>

#include <boost/beast/http/field.hpp>
#include <boost/beast/http/rfc7230.hpp>

#include <charconv>
#include <memory>

namespace fanfare::detail {

FANFARE_DECL boost::beast::websocket::permessage_deflate deflate_offer()
{
    boost::beast::websocket::permessage_deflate offer;
    offer.server_enable = true;
    offer.server_no_context_takeover = true;
    offer.client_no_context_takeover = true;
    return offer;
}

FANFARE_DECL void decorate_upgrade(boost::beast::websocket::response_type& answer, std::string_view subprotocol)
{
    answer.set(http::field::server, "fanfare/" FANFARE_VERSION_STRING);
    if (!subprotocol.empty())
        answer.set(http::field::sec_websocket_protocol, subprotocol);
}

FANFARE_DECL session_settings negotiated(const boost::beast::websocket::response_type& answer)
{
    session_settings settings;
    const auto bits = [](std::string_view text, int& into) {
        int value = 0;
        const auto end = text.data() + text.size();
        if (std::from_chars(text.data(), end, value).ptr == end && value >= 8 && value <= 15)
            into = value;
    };
    for (const auto& extension : http::ext_list{answer[http::field::sec_websocket_extensions]}) {
        if (extension.first != "permessage-deflate")
            continue;
        settings.deflate = true;
        for (const auto& [name, value] : extension.second) {
            if (name == "client_max_window_bits")
                bits({value.data(), value.size()}, settings.client_window_bits);
            else if (name == "server_max_window_bits")
                bits({value.data(), value.size()}, settings.server_window_bits);
        }
    }
    return settings;
}

FANFARE_DECL void ensure_deflate(shard& home)
{
    if (!home.inflate)
        home.inflate = std::make_unique<zlib_inflater>();
    if (!home.deflate)
        home.deflate = std::make_unique<zlib_deflater>();
}

} // namespace fanfare::detail

#endif

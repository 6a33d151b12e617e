// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_UPGRADE_IPP
#define FANFARE_DETAIL_HTTP_UPGRADE_IPP

#include <fanfare/detail/http/upgrade.hpp>
#include <fanfare/detail/wire/deflate.hpp>
#include <fanfare/version.hpp>

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/websocket/detail/hybi13.hpp>

#include <algorithm>
#include <memory>

namespace fanfare::detail {

// The base64 form of 16 bytes (RFC 6455 section 4.2.1, item 5).
inline bool is_handshake_key(std::string_view text) noexcept
{
    return text.size() == 24 && text.ends_with("==") && std::all_of(text.begin(), text.end() - 2, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
                      c == '/';
           });
}

inline http_response bad_handshake(int status, std::string_view why, const request_head& request)
{
    auto answer = error_response(status, error::invalid_message, why, request.version());
    answer.set(http::field::sec_websocket_version, "13");
    answer.keep_alive(false);
    return answer;
}

FANFARE_DECL std::optional<http_response> handshake_fault(const request_head& request)
{
    const auto bad = [&](std::string_view why) { return bad_handshake(400, why, request); };
    if (request.count(http::field::host) != 1)
        return bad("Host: there must be one line");
    if (!asks_for_websocket(request)) {
        auto answer = upgrade_required("this path wants a WebSocket upgrade", request.version());
        answer.keep_alive(false);
        return answer;
    }
    if (request.count(http::field::sec_websocket_version) != 1)
        return bad("Sec-WebSocket-Version: there must be one line");
    if (request[http::field::sec_websocket_version] != "13") {
        auto answer = upgrade_required("Sec-WebSocket-Version: only 13 is spoken here", request.version());
        answer.keep_alive(false);
        return answer;
    }
    const auto key = request[http::field::sec_websocket_key];
    if (request.count(http::field::sec_websocket_key) != 1 || !is_handshake_key({key.data(), key.size()}))
        return bad("Sec-WebSocket-Key: there must be one line, with 16 bytes in base64");
    if (request.count(http::field::sec_websocket_protocol) != 0 &&
        !read_protocols(combined(request, http::field::sec_websocket_protocol)))
        return bad("Sec-WebSocket-Protocol: not a list of different tokens");
    if (request.count(http::field::sec_websocket_extensions) != 0 &&
        !read_extensions(combined(request, http::field::sec_websocket_extensions)))
        return bad("Sec-WebSocket-Extensions: malformed");
    return std::nullopt;
}

FANFARE_DECL std::optional<deflate_agreement> agreed_deflate(const request_head& request, bool wanted)
{
    const auto offers = read_extensions(combined(request, http::field::sec_websocket_extensions));
    return wanted && offers ? agree_on_deflate(*offers) : std::nullopt;
}

FANFARE_DECL std::string agreed_subprotocol(const request_head& request, const std::string& wanted)
{
    const auto offered = read_protocols(combined(request, http::field::sec_websocket_protocol));
    const bool known = offered && std::find(offered->begin(), offered->end(), wanted) != offered->end();
    return known ? wanted : std::string{};
}

FANFARE_DECL std::string upgrade_answer(const request_head& request, std::string_view extension,
                                        std::string_view subprotocol)
{
    http::response<http::empty_body> answer{http::status::switching_protocols, request.version()};
    answer.set(http::field::upgrade, "websocket");
    answer.set(http::field::connection, "Upgrade");
    // Beast's own SHA-1 and base64, which its WebSocket stream is not needed for.
    boost::beast::websocket::detail::sec_ws_accept_type accept;
    boost::beast::websocket::detail::make_sec_ws_accept(accept, request[http::field::sec_websocket_key]);
    answer.set(http::field::sec_websocket_accept, std::string_view{accept.data(), accept.size()});
    answer.set(http::field::server, "fanfare/" FANFARE_VERSION_STRING);
    set_date(answer);
    if (!extension.empty())
        answer.set(http::field::sec_websocket_extensions, extension);
    if (!subprotocol.empty())
        answer.set(http::field::sec_websocket_protocol, subprotocol);
    return head_text(answer);
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

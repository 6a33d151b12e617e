// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_UPGRADE_IPP
#define FANFARE_DETAIL_HTTP_UPGRADE_IPP

#include <fanfare/detail/http/upgrade.hpp>
#include <fanfare/detail/hub/hub_core.hpp>
#include <fanfare/detail/wire/deflate.hpp>
#include <fanfare/version.hpp>

#include <boost/beast/http/field.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/json/serialize.hpp>

#include <charconv>
#include <memory>

#if defined(__unix__) || defined(__APPLE__)
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#endif

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

FANFARE_DECL void equip_with_deflate(shard& home)
{
    if (!home.inflate)
        home.inflate = std::make_unique<zlib_inflater>();
    if (!home.deflate)
        home.deflate = std::make_unique<zlib_deflater>();
}

FANFARE_DECL http::response<http::string_body> error_response(int status, error code, std::string_view message,
                                                              unsigned version)
{
    http::response<http::string_body> answer{static_cast<http::status>(status), version};
    answer.set(http::field::server, "fanfare/" FANFARE_VERSION_STRING);
    answer.set(http::field::content_type, "application/json");
    answer.body() = json::serialize(json::value{{"error", {{"code", to_string(code)}, {"message", message}}}});
    answer.prepare_payload();
    return answer;
}

FANFARE_DECL http::response<http::string_body> refusal_response(error code, unsigned version)
{
    const int status = code == error::too_many_connections ? 429 : code == error::shutting_down ? 503 : 400;
    auto answer = error_response(status, code, make_error_code(code).message(), version);
    answer.keep_alive(false);
    return answer;
}

FANFARE_DECL http::response<http::string_body> refusal_response(const refusal& why, unsigned version)
{
    auto answer = error_response(why.status, why.code, why.message, version);
    if (why.retry_after)
        answer.set(http::field::retry_after, std::to_string(why.retry_after->count()));
    if (why.status == 401)
        answer.set(http::field::www_authenticate, "Bearer");
    return answer;
}

FANFARE_DECL void limit_unsent([[maybe_unused]] int descriptor, [[maybe_unused]] std::size_t bytes) noexcept
{
#if defined(TCP_NOTSENT_LOWAT)
    if (bytes == 0)
        return;
    const int value = static_cast<int>(bytes);
    // An old kernel without the option only hides more from the outbox.
    static_cast<void>(::setsockopt(descriptor, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &value, sizeof value));
#endif
}

FANFARE_DECL void limit_unconfirmed([[maybe_unused]] int descriptor,
                                    [[maybe_unused]] std::chrono::milliseconds time) noexcept
{
#if defined(TCP_USER_TIMEOUT)
    const auto value = static_cast<unsigned>(time.count());
    // Without it the system's own, longer time-out finds out.
    static_cast<void>(::setsockopt(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, &value, sizeof value));
#endif
}

} // namespace fanfare::detail

#endif

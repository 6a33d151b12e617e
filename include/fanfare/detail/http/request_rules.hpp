// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_REQUEST_RULES_HPP
#define FANFARE_DETAIL_HTTP_REQUEST_RULES_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/http/message.hpp>

#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/message.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace fanfare::detail {

// What HTTP demands of a request's head and its parser does not look at, or looks at in some releases of Boost only. All
// of it is checked before anything in the request is believed.

using request_head = http::header<true, http::fields>;

/// The head of any request of Beast's: a copy, if its fields are kept in another way.
template <class Body, class Fields>
decltype(auto) head_of(const http::request<Body, Fields>& request)
{
    if constexpr (std::is_same_v<Fields, http::fields>) {
        return static_cast<const request_head&>(request);
    } else {
        request_head head;
        head.version(request.version());
        head.method_string(request.method_string());
        head.target(request.target());
        for (const auto& line : request)
            head.insert(line.name(), line.name_string(), line.value());
        return head;
    }
}

/// Why a request is refused: its connection ends then, since nobody can be sure where the next request begins.
struct request_fault {
    int status;
    std::string message;
};

/// The values of all lines of this name as one list, as RFC 9110 section 5.3 reads them.
std::string combined(const http::fields& head, http::field name);

/// Whether the lines of this name, as one list, have this element. Case does not matter.
bool lists(const http::fields& head, http::field name, std::string_view element);

/// Whether the client wants to go on after this request (RFC 9112 section 9.3).
bool keeps_alive(const request_head& head);

/// Whether the client asks for a WebSocket (RFC 6455 section 4.2.1, items 1, 3 and 4).
bool asks_for_websocket(const request_head& head);

/// What is wrong with how the request says where it ends, with `Host`, with a target of any form, or with `Expect` (RFC 9112
/// sections 6, 3.2 and 3.2.1 to 3.2.4, RFC 9110 section 10.1.1).
std::optional<request_fault> head_fault(const request_head& head, bool has_tls);

/// The fault of a request of which nobody can say whose it is, since the proxies' headers are malformed or name different
/// clients.
request_fault contradictory_proxies();

/// Whether the client wants to be told to go on before it does (RFC 9110 section 10.1.1).
bool expects_continue(const request_head& head);

/// Takes this off the beginning of the target's path, if it is there: whole segments only.
void remove_prefix(request_head& head, std::string_view prefix);

/// Brings a request without fault into the form that the rest of the server knows: a target of absolute form becomes path
/// and query, with its host in `Host` (RFC 9112 section 3.2.2).
void settle_target(request_head& head);

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/http/request_rules.ipp>
#endif

#endif

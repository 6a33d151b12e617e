// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_REQUEST_RULES_IPP
#define FANFARE_DETAIL_HTTP_REQUEST_RULES_IPP

#include <fanfare/auth/host.hpp>
#include <fanfare/detail/http/request_rules.hpp>

#include <boost/beast/http/field.hpp>
#include <boost/beast/http/verb.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>

namespace fanfare::detail {

inline std::string_view view_of(boost::beast::string_view text) noexcept
{
    return {text.data(), text.size()};
}

FANFARE_DECL std::string combined(const http::fields& head, http::field name)
{
    std::string list;
    const auto [first, last] = head.equal_range(name);
    for (auto line = first; line != last; ++line) {
        if (line != first)
            list += ',';
        list += view_of(line->value());
    }
    return list;
}

FANFARE_DECL bool lists(const http::fields& head, http::field name, std::string_view element)
{
    const auto all = combined(head, name);
    for (std::string_view rest{all}; !rest.empty();)
        if (equal_ignoring_case(next_element(rest, ','), element))
            return true;
    return false;
}

FANFARE_DECL request_fault contradictory_proxies()
{
    return {400, "what proxies say (Forwarded, X-Forwarded-For) is malformed, or names different clients"};
}

FANFARE_DECL void remove_prefix(request_head& head, std::string_view prefix)
{
    const auto target = view_of(head.target());
    if (prefix.empty() || !target.starts_with(prefix))
        return;
    const auto rest = target.substr(prefix.size());
    if (rest.starts_with('/'))
        head.target(std::string{rest});
    else if (rest.empty() || rest.starts_with('?'))
        head.target("/" + std::string{rest});
}

FANFARE_DECL bool keeps_alive(const request_head& head)
{
    if (lists(head, http::field::connection, "close"))
        return false;
    return head.version() >= 11 || lists(head, http::field::connection, "keep-alive");
}

FANFARE_DECL bool asks_for_websocket(const request_head& head)
{
    // In HTTP/1.0 there is no Upgrade (RFC 9110 section 7.8).
    return head.version() >= 11 && head.method() == http::verb::get &&
           lists(head, http::field::connection, "upgrade") && lists(head, http::field::upgrade, "websocket");
}

inline std::optional<request_fault> framing_fault(const request_head& head)
{
    if (head.count(http::field::transfer_encoding) == 0)
        return std::nullopt; // Content-Length is checked by the parser
    if (head.version() < 11)
        return request_fault{400, "Transfer-Encoding: not in HTTP/1.0"};
    if (head.count(http::field::content_length) != 0)
        return request_fault{400, "Transfer-Encoding: not beside Content-Length"};
    const auto all = combined(head, http::field::transfer_encoding);
    std::size_t codings = 0;
    std::size_t chunked = 0;
    bool chunked_last = false;
    for (std::string_view rest{all}; !rest.empty();) {
        const auto coding = next_element(rest, ',');
        if (coding.empty())
            continue;
        ++codings;
        chunked_last = equal_ignoring_case(coding, "chunked");
        chunked += chunked_last ? 1 : 0;
    }
    if (!chunked_last || chunked != 1)
        return request_fault{400, "Transfer-Encoding: chunked must be the last coding, and applied once"};
    // In one line, which every parser reads in the same way. Empty elements count for nothing (RFC 9110 section 5.6.1.2).
    if (codings != 1 || head.count(http::field::transfer_encoding) != 1)
        return request_fault{501, "Transfer-Encoding: only chunked is understood here"};
    return std::nullopt;
}

// A target of absolute form, taken apart; nothing if it has another form.
struct absolute_target {
    std::string_view scheme;
    std::string_view authority;
    std::string_view rest; // path and query, as they came
};

inline std::optional<absolute_target> absolute_form(std::string_view target) noexcept
{
    const auto colon = target.find("://");
    if (target.empty() || target.front() == '/' || colon == std::string_view::npos ||
        target.find_first_of("/?") < colon)
        return std::nullopt;
    const auto after = target.substr(colon + 3);
    const auto end = std::min(after.find_first_of("/?"), after.size());
    return absolute_target{target.substr(0, colon), after.substr(0, end), after.substr(end)};
}

// RFC 9110 section 9.3.6: a tunnel to an empty or invalid port is refused with 400; this server makes none.
inline request_fault connect_fault(std::string_view target)
{
    const auto colon = target.rfind(':');
    unsigned port = 0;
    if (colon != std::string_view::npos && colon != 0 && is_host(target)) {
        const auto digits = target.substr(colon + 1);
        std::from_chars(digits.data(), digits.data() + digits.size(), port);
    }
    if (port == 0)
        return {400, "CONNECT: the target must be a host and a port"};
    return {501, "CONNECT: this server makes no tunnels"};
}

inline std::optional<request_fault> host_fault(const request_head& head)
{
    const auto count = head.count(http::field::host);
    if (count > 1)
        return request_fault{400, "Host: more than one line"};
    if (count == 0)
        return head.version() < 11 ? std::nullopt : std::optional{request_fault{400, "Host: missing"}};
    if (!is_host(view_of(head[http::field::host])))
        return request_fault{400, "Host: not a host with an optional port"};
    return std::nullopt;
}

// RFC 9112 section 3.2: the four forms of a target.
inline std::optional<request_fault> form_fault(const request_head& head, bool has_tls)
{
    const auto target = view_of(head.target());
    if (head.method() == http::verb::connect)
        return connect_fault(target);
    if (target.find('#') != std::string_view::npos)
        return request_fault{400, "the request's target must not have a fragment"};
    if (target.starts_with('/') || (target == "*" && head.method() == http::verb::options))
        return std::nullopt;
    const auto absolute = absolute_form(target);
    if (!absolute)
        return request_fault{400, "the request's target must be a path or an http URI"};
    const bool http = equal_ignoring_case(absolute->scheme, "http");
    const bool https = equal_ignoring_case(absolute->scheme, "https");
    if (!http && !https)
        return request_fault{400, "the request's target must be a path or an http URI"};
    if (https != has_tls) // RFC 9110 section 7.4
        return request_fault{421, https ? "https is not served on this connection"
                                        : "only https is served on this connection"};
    if (!is_host(absolute->authority)) // RFC 9110 sections 4.2.1 and 4.2.4: no empty host, no user
        return request_fault{400, "the host in the request's target is not a host with an optional port"};
    return std::nullopt;
}

inline std::optional<request_fault> expect_fault(const request_head& head)
{
    if (head.version() < 11)
        return std::nullopt; // RFC 9110 section 10.1.1: ignored
    const auto all = combined(head, http::field::expect);
    for (std::string_view rest{all}; !rest.empty();)
        if (const auto one = next_element(rest, ','); !one.empty() && !equal_ignoring_case(one, "100-continue"))
            return request_fault{417, "Expect: only 100-continue is understood here"};
    return std::nullopt;
}

FANFARE_DECL std::optional<request_fault> head_fault(const request_head& head, bool has_tls)
{
    if (auto fault = framing_fault(head))
        return fault;
    if (auto fault = host_fault(head))
        return fault;
    if (auto fault = form_fault(head, has_tls))
        return fault;
    return expect_fault(head);
}

FANFARE_DECL bool expects_continue(const request_head& head)
{
    return head.version() >= 11 && lists(head, http::field::expect, "100-continue");
}

FANFARE_DECL void settle_target(request_head& head)
{
    const std::string target{view_of(head.target())}; // it is written over
    const auto absolute = absolute_form(target);
    if (!absolute)
        return;
    head.set(http::field::host, absolute->authority);
    // RFC 9112 section 3.2.4: so a proxy writes what was meant for the server as a whole.
    if (absolute->rest.empty() && head.method() == http::verb::options)
        head.target("*");
    else
        head.target((absolute->rest.starts_with('/') ? "" : "/") + std::string{absolute->rest});
}

} // namespace fanfare::detail

#endif

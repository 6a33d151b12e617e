// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_AUTH_IPP
#define FANFARE_AUTH_IPP

#include <fanfare/auth.hpp>
#include <fanfare/detail/wire/utf8.hpp>

#include <boost/url/authority_view.hpp>
#include <boost/url/host_type.hpp>
#include <boost/url/ipv4_address.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>

namespace fanfare {
namespace detail {

constexpr char lower(char c) noexcept
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

inline std::string lower(std::string_view text)
{
    std::string out{text};
    std::transform(out.begin(), out.end(), out.begin(), [](char c) { return lower(c); });
    return out;
}

// Without the optional white space of RFC 9110 section 5.6.3.
constexpr std::string_view trimmed(std::string_view text) noexcept
{
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

FANFARE_DECL std::string_view next_element(std::string_view& list, char separator) noexcept
{
    const auto end = list.find(separator);
    const auto element = trimmed(list.substr(0, end));
    list.remove_prefix(end == std::string_view::npos ? list.size() : end + 1);
    return element;
}

FANFARE_DECL bool equal_ignoring_case(std::string_view left, std::string_view right) noexcept
{
    return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                      [](char a, char b) { return lower(a) == lower(b); });
}

constexpr int hex_digit(char c) noexcept
{
    return c >= '0' && c <= '9' ? c - '0' : lower(c) >= 'a' && lower(c) <= 'f' ? lower(c) - 'a' + 10 : -1;
}

// A name or a value as forms encode it (URL Standard, section 5.1). False if it cannot be read.
inline bool decode_form(std::string_view text, std::string& out)
{
    out.reserve(text.size());
    for (std::size_t i = 0; i != text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i] == '+' ? ' ' : text[i];
            continue;
        }
        const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
        const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
        if (high < 0 || low < 0) {
            return false;
        }
        out += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return is_utf8(out);
}

// What an authenticator throws is the application's fault, unless it is the request's.
inline std::optional<refusal> refusal_of_request(const std::exception_ptr& cause)
{
    try {
        std::rethrow_exception(cause);
    } catch (const unreadable_parameter& e) {
        return refusal{
            .status = 400, .code = error::invalid_message, .message = e.what(), .credential_seen = true};
    } catch (...) {
        return std::nullopt;
    }
}

FANFARE_DECL refusal authenticator_failed(std::exception_ptr cause)
{
    if (auto why = refusal_of_request(cause)) {
        return *why;
    }
    auto why = make_refusal(error::handler_failed, 503);
    why.cause = std::move(cause);
    return why;
}

FANFARE_DECL std::optional<authority> read_authority(std::string_view text)
{
    // Longer than any DNS name with scheme and port: not worth keeping, as a ticket's store would.
    constexpr std::size_t limit = 320;
    const bool literal = text.starts_with('[');
    const auto colon = literal ? text.find(':', std::min(text.find(']'), text.size())) : text.find(':');
    const auto host = text.substr(0, colon);
    if (text.size() > limit || host.empty()) {
        return std::nullopt;
    }
    authority out{lower(host), std::nullopt, host_kind::name};
    if (colon != std::string_view::npos) {
        out.port = text.substr(colon + 1);
        if (out.port->find_first_not_of("0123456789") != std::string::npos) {
            return std::nullopt;
        }
    }
    if (literal) {
        const auto parsed = boost::urls::parse_authority(host);
        out.kind = host_kind::ipv6;
        return parsed && parsed->host_type() == boost::urls::host_type::ipv6 ? std::optional{out} : std::nullopt;
    }
    // Boost.URL is not asked about names: in 1.81 it refuses those that begin like an IPv4 address.
    constexpr std::string_view others = "-._~!$&'()*+,;=%"; // RFC 3986 section 3.2.2
    const bool possible = std::all_of(out.host.begin(), out.host.end(), [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || others.find(c) != std::string_view::npos;
    });
    std::string decoded;
    if (!possible || (out.host.find('%') != std::string::npos && !decode_form(out.host, decoded))) {
        return std::nullopt;
    }
    if (boost::urls::parse_ipv4_address(out.host)) {
        out.kind = host_kind::ipv4;
    }
    return out;
}

// Browsers send names in their ASCII form: no escapes, and none of the other characters of RFC 3986.
FANFARE_DECL bool is_browser_host(const authority& read) noexcept
{
    return read.kind != host_kind::name || read.host.find_first_of("~!$&'()*+,;=%") == std::string::npos;
}

// ":PORT", empty for the scheme's default, or nothing if it is not a port.
inline std::optional<std::string> origin_port(std::string_view scheme, std::string_view port)
{
    unsigned number = 0;
    const auto [end, failure] = std::from_chars(port.data(), port.data() + port.size(), number);
    if (failure != std::errc{} || end != port.data() + port.size() || number == 0 || number > 65535) {
        return std::nullopt;
    }
    const bool plain = number == 80 && (scheme == "http" || scheme == "ws");
    const bool secure = number == 443 && (scheme == "https" || scheme == "wss");
    return plain || secure ? std::string{} : ":" + std::to_string(number);
}

} // namespace detail

FANFARE_DECL unreadable_parameter::unreadable_parameter(std::string_view name)
    : std::runtime_error{"the query parameter " + std::string{name} +
                         " cannot be read: a percent sign without two hexadecimal digits, or not UTF-8"}
{}

FANFARE_DECL std::optional<std::string> handshake_request::query(std::string_view key) const
{
    const auto mark = target_.find('?');
    if (mark == std::string::npos) {
        return std::nullopt;
    }
    auto rest = std::string_view{target_}.substr(mark + 1);
    rest = rest.substr(0, rest.find('#'));
    while (!rest.empty()) {
        const auto pair = rest.substr(0, rest.find('&'));
        rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
        const auto equals = std::min(pair.find('='), pair.size());
        std::string name;
        if (!detail::decode_form(pair.substr(0, equals), name) || name != key) {
            continue;
        }
        std::string value;
        if (!detail::decode_form(pair.substr(std::min(equals + 1, pair.size())), value)) {
            throw unreadable_parameter{key};
        }
        return value;
    }
    return std::nullopt;
}

FANFARE_DECL std::string_view handshake_request::header(std::string_view name) const noexcept
{
    for (const auto& [key, value] : headers_) {
        if (detail::equal_ignoring_case(key, name)) {
            return value;
        }
    }
    return {};
}

FANFARE_DECL std::vector<std::string_view> handshake_request::header_values(std::string_view name) const
{
    std::vector<std::string_view> values;
    for (const auto& [key, value] : headers_) {
        if (detail::equal_ignoring_case(key, name)) {
            values.push_back(value);
        }
    }
    return values;
}

FANFARE_DECL std::optional<std::string> handshake_request::cookie(std::string_view name) const
{
    for (auto list : header_values("Cookie")) {
        while (!list.empty()) {
            const auto pair = detail::next_element(list, ';');
            const auto equals = pair.find('=');
            if (equals == std::string_view::npos || detail::trimmed(pair.substr(0, equals)) != name) {
                continue;
            }
            auto value = detail::trimmed(pair.substr(equals + 1));
            if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
                value = value.substr(1, value.size() - 2);
            }
            return std::string{value};
        }
    }
    return std::nullopt;
}

FANFARE_DECL std::string_view handshake_request::bearer_token() const
{
    constexpr std::string_view scheme = "Bearer ";
    const auto values = header_values("Authorization");
    if (values.size() != 1) {
        return {};
    }
    const auto value = detail::trimmed(values.front());
    if (!detail::equal_ignoring_case(value.substr(0, scheme.size()), scheme)) {
        return {};
    }
    const auto token = detail::trimmed(value.substr(scheme.size()));
    return token.find_first_of(" \t") == std::string_view::npos ? token : std::string_view{};
}

FANFARE_DECL std::vector<std::string_view> handshake_request::subprotocols() const
{
    std::vector<std::string_view> offered;
    for (auto list : header_values("Sec-WebSocket-Protocol")) {
        while (!list.empty()) {
            if (const auto entry = detail::next_element(list, ','); !entry.empty()) {
                offered.push_back(entry);
            }
        }
    }
    return offered;
}

FANFARE_DECL bool handshake_request::offers(std::string_view name) const
{
    const auto offered = subprotocols();
    return std::find(offered.begin(), offered.end(), name) != offered.end();
}

FANFARE_DECL std::optional<std::string> normalized_origin(std::string_view origin)
{
    const auto end = origin.find("://");
    if (end == std::string_view::npos || end == 0 || origin.size() > 320) {
        return std::nullopt;
    }
    const auto scheme = detail::lower(origin.substr(0, end));
    const bool is_scheme =
        scheme[0] >= 'a' && scheme[0] <= 'z' &&
        scheme.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789+-.") == std::string::npos;
    auto read = detail::read_authority(origin.substr(end + 3));
    if (!is_scheme || !read || !detail::is_browser_host(*read)) {
        return std::nullopt;
    }
    const auto port = read->port ? detail::origin_port(scheme, *read->port) : std::optional<std::string>{""};
    return port ? std::optional{scheme + "://" + read->host + *port} : std::nullopt;
}

FANFARE_DECL refusal make_refusal(error code, int status, bool credential_seen)
{
    return {.status = status,
            .code = code,
            .message = make_error_code(code).message(),
            .credential_seen = credential_seen};
}

FANFARE_DECL auth_result::auth_result(std::optional<identity> who)
    : outcome_{who ? decltype(outcome_){std::move(*who)} : decltype(outcome_){make_refusal(error::unauthorized)}}
{}

FANFARE_DECL std::string_view chosen_subprotocol(const handshake_request& request, const auth_result& result)
{
    std::string_view chosen;
    for (const auto offered : request.subprotocols()) {
        if (offered == result.subprotocol()) {
            return offered;
        }
        if (offered == v1_subprotocol) {
            chosen = offered;
        }
    }
    return chosen;
}

} // namespace fanfare

#endif

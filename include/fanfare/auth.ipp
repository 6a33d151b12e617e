// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_AUTH_IPP
#define FANFARE_AUTH_IPP

#include <fanfare/auth.hpp>

#include <boost/url/encoding_opts.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/parse_query.hpp>
#include <boost/url/url_view.hpp>

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

// Takes the next element off a list, without the white space around it.
constexpr std::string_view next_element(std::string_view& list, char separator) noexcept
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

FANFARE_DECL refusal authenticator_failed(std::exception_ptr cause)
{
    auto why = make_refusal(error::handler_failed, 503);
    why.cause = std::move(cause);
    return why;
}

inline bool is_origin_host(boost::urls::url_view url)
{
    if (url.host_type() == boost::urls::host_type::ipv6) {
        return true;
    }
    // Browsers send names in their ASCII form: no escapes, and none of the other characters of RFC 3986.
    const auto host = url.encoded_host();
    return !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
        return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
    });
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

FANFARE_DECL std::optional<std::string> handshake_request::query(std::string_view key) const
{
    const auto mark = target_.find('?');
    if (mark == std::string::npos) {
        return std::nullopt;
    }
    const auto parameters = boost::urls::parse_query(std::string_view{target_}.substr(mark + 1));
    if (!parameters) {
        return std::nullopt;
    }
    boost::urls::encoding_opts as_in_forms;
    as_in_forms.space_as_plus = true;
    for (const auto& parameter : *parameters) {
        if (parameter.key.decode(as_in_forms) == key) {
            return parameter.value.decode(as_in_forms);
        }
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
    // Longer than any DNS name with scheme and port: not worth keeping, as a ticket's store would.
    constexpr std::size_t limit = 320;
    if (origin.size() > limit) {
        return std::nullopt;
    }
    const auto parsed = boost::urls::parse_uri(origin);
    if (!parsed || !parsed->has_authority() || parsed->has_userinfo() || !parsed->encoded_path().empty() ||
        parsed->has_query() || parsed->has_fragment() || !detail::is_origin_host(*parsed)) {
        return std::nullopt;
    }
    const auto scheme = detail::lower(std::string_view{parsed->scheme()});
    auto port = parsed->has_port() ? detail::origin_port(scheme, std::string_view{parsed->port()})
                                   : std::optional<std::string>{""};
    if (!port) {
        return std::nullopt;
    }
    const auto host = parsed->encoded_host();
    return scheme + "://" + detail::lower(std::string_view{host.data(), host.size()}) + *port;
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

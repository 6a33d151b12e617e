// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_AUTH_ORIGIN_IPP
#define FANFARE_AUTH_ORIGIN_IPP

#include <fanfare/auth/origin.hpp>

#include <boost/system/system_error.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace fanfare {
namespace detail {

// Whether `origin` is `before`, one label, `after`.
inline bool matches_label(std::string_view origin, std::string_view before, std::string_view after) noexcept
{
    if (origin.size() <= before.size() + after.size() || !origin.starts_with(before) || !origin.ends_with(after)) {
        return false;
    }
    const auto label = origin.substr(before.size(), origin.size() - before.size() - after.size());
    return label.find_first_of(".:[]") == std::string_view::npos;
}

// The scheme is the page's: behind a proxy that ends TLS the server does not know its own.
inline bool is_same_origin(std::string_view origin, const handshake_request& request)
{
    const auto hosts = request.header_values("Host");
    if (hosts.size() != 1) {
        return false;
    }
    std::string scheme{origin.substr(0, origin.find("://") + 3)};
    return normalized_origin(scheme.append(hosts.front())) == origin;
}

} // namespace detail

FANFARE_DECL origin_allow_list& origin_allow_list::allow(std::string_view pattern)
{
    constexpr std::string_view any_label = "://*.";
    if (pattern == "null") {
        null_ = true;
        return *this;
    }
    const auto star = pattern.find(any_label);
    std::string example{pattern};
    if (star != std::string_view::npos) {
        example.replace(star, any_label.size(), "://x."); // any label makes it an origin
    }
    auto origin = normalized_origin(example);
    if (!origin) {
        throw boost::system::system_error{error::invalid_config, "not an origin: " + std::string{pattern}};
    }
    if (star == std::string_view::npos) {
        exact_.push_back(std::move(*origin));
        return *this;
    }
    const auto label = star + 3;
    auto after = origin->substr(label + 1);
    if (after.size() < 2 || after[1] == '.' || after[1] == ':') { // "https://*." would allow nearly everybody
        throw boost::system::system_error{error::invalid_config, "not an origin: " + std::string{pattern}};
    }
    wildcards_.push_back({origin->substr(0, label), std::move(after)});
    return *this;
}

FANFARE_DECL bool origin_allow_list::allows(const handshake_request& request) const
{
    const auto values = request.header_values("Origin");
    if (values.empty()) {
        return !required_;
    }
    if (values.size() != 1) {
        return false;
    }
    if (values.front() == "null") {
        return null_ || any_;
    }
    const auto origin = normalized_origin(values.front());
    if (!origin) {
        return false;
    }
    return any_ || std::find(exact_.begin(), exact_.end(), *origin) != exact_.end() ||
           std::any_of(wildcards_.begin(), wildcards_.end(),
                       [&](const wildcard& w) { return detail::matches_label(*origin, w.before, w.after); }) ||
           (same_origin_ && detail::is_same_origin(*origin, request));
}

} // namespace fanfare

#endif

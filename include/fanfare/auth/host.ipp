// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_AUTH_HOST_IPP
#define FANFARE_AUTH_HOST_IPP

#include <fanfare/auth/host.hpp>

#include <boost/asio/ip/address.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <utility>

namespace fanfare {
namespace detail {

// The port is one, if there is any: an empty one is the scheme's (RFC 3986 section 3.2.3).
inline std::optional<authority> read_host(std::string_view text)
{
    auto read = read_authority(text);
    if (read && read->port && (read->port->size() > 5 || (read->port->size() == 5 && *read->port > "65535"))) {
        return std::nullopt;
    }
    if (read && read->host.size() > 1 && read->host.back() == '.') {
        read->host.pop_back();
    }
    return read;
}

inline bool is_loopback(const authority& read)
{
    if (read.kind == host_kind::name) {
        return read.host == "localhost" || read.host.ends_with(".localhost");
    }
    boost::system::error_code bad;
    const auto bare = read.kind == host_kind::ipv6 ? read.host.substr(1, read.host.size() - 2) : read.host;
    const auto address = asio::ip::make_address(bare, bad);
    return !bad && address.is_loopback();
}

FANFARE_DECL bool is_host(std::string_view text)
{
    return read_host(text).has_value();
}

} // namespace detail

FANFARE_DECL host_allow_list& host_allow_list::allow(std::string_view host)
{
    auto read = detail::read_host(host);
    if (!read || !detail::is_browser_host(*read)) {
        throw boost::system::system_error{error::invalid_config, "not a host: " + std::string{host}};
    }
    const bool any_port = !read->port || read->port->empty();
    hosts_.push_back(any_port ? std::move(read->host) : read->host + ':' + *read->port);
    return *this;
}

FANFARE_DECL bool host_allow_list::allows(const handshake_request& request) const
{
    if (any_) {
        return true;
    }
    const auto values = request.header_values("Host");
    const auto read = values.size() == 1 ? detail::read_host(values.front()) : std::nullopt;
    if (!read) {
        return false;
    }
    const auto is_listed = [this](const std::string& host) {
        return std::find(hosts_.begin(), hosts_.end(), host) != hosts_.end();
    };
    return detail::is_loopback(*read) || is_listed(read->host) ||
           is_listed(read->host + ':' + read->port.value_or(""));
}

FANFARE_DECL std::optional<refusal> host_allow_list::check(const handshake_request& request) const
{
    if (allows(request)) {
        return std::nullopt;
    }
    auto why = make_refusal(error::forbidden, 403);
    why.message = "Host: not a name by which this server may be addressed";
    return why;
}

} // namespace fanfare

#endif

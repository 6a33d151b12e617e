// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef NOTIFICATION_SERVER_HOSTS_HPP
#define NOTIFICATION_SERVER_HOSTS_HPP

#include <fanfare/auth/host.hpp>

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace demo {

/// By which names those may come of whom nothing is asked: localhost and the loopback addresses, the address that the demo
/// listens on, and those of `--host`. With any other name it may be a page from elsewhere that made its own name point
/// here. Throws `boost::system::system_error` if one of them is no host.
inline fanfare::host_allow_list allowed_hosts(const std::vector<std::string>& names, const std::string& address)
{
    if (std::find(names.begin(), names.end(), "any") != names.end())
        return fanfare::host_allow_list::any();
    fanfare::host_allow_list list;
    for (const auto& name : names)
        list.allow(name);
    boost::system::error_code bad; // the server says what is wrong with the address
    const auto ip = boost::asio::ip::make_address(address, bad);
    if (!bad && ip.is_v4() && !ip.is_unspecified())
        list.allow(ip.to_string());
    if (!bad && ip.is_v6() && !ip.is_unspecified())
        list.allow("[" + boost::asio::ip::address_v6{ip.to_v6().to_bytes()}.to_string() + "]"); // without a scope
    return list;
}

} // namespace demo

#endif

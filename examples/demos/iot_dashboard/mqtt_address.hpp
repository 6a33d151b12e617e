// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_EXAMPLES_MQTT_ADDRESS_HPP
#define FANFARE_EXAMPLES_MQTT_ADDRESS_HPP

#include "mqtt_link.hpp"
#include "mqtt_tls.hpp"

#include <charconv>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace demo {

/// The value of `--mqtt`: `HOST:PORT`, an IPv6 address in brackets. Throws `std::invalid_argument`.
inline void parse_broker(std::string_view text, mqtt_settings& to)
{
    const auto colon = text.rfind(':');
    const auto port = colon == text.npos ? std::string_view{} : text.substr(colon + 1);
    const auto [end, failed] = std::from_chars(port.data(), port.data() + port.size(), to.port);
    if (failed != std::errc{} || end != port.data() + port.size() || to.port == 0 || colon == 0)
        throw std::invalid_argument("--mqtt wants HOST:PORT, not '" + std::string{text} + "'");
    to.host = text.substr(0, colon);
    if (to.host.starts_with('[') && to.host.ends_with(']'))
        to.host = to.host.substr(1, to.host.size() - 2);
}

/// The values of `--mqtt-tls-ca`, `--mqtt-tls-cert` and `--mqtt-tls-key`, when that of `--mqtt` is known. Throws
/// `std::invalid_argument`, which names the file that cannot be used.
inline void use_tls(const client_tls_files& files, mqtt_settings& to)
{
    check_client_tls("--mqtt-tls", files);
    if (!files.ca.empty())
        to.tls = std::make_shared<mqtt_tls>(files, to.host);
}

} // namespace demo

#endif

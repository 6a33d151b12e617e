// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_EXAMPLES_MQTT_TLS_HPP
#define FANFARE_EXAMPLES_MQTT_TLS_HPP

#include "../../client_tls.hpp"

#include <string>

struct mosquitto;

namespace demo {

/// How links speak TLS with one broker: 1.2 or later, and with nobody whose certificate does not lead to the authority,
/// or is not for the broker's host. Links share one. libmosquitto is given addresses, so it could not check the name:
/// OpenSSL does, with a context of ours.
class mqtt_tls {
public:
    /// @param host What the certificate must be for, a DNS name or an IP address: the host of `--mqtt`.
    /// Throws `std::invalid_argument`, which names the file that cannot be used, or says that there is no TLS.
    mqtt_tls(const client_tls_files& files, std::string host);
    mqtt_tls(const mqtt_tls&) = delete;
    mqtt_tls& operator=(const mqtt_tls&) = delete;

    /// From its next connection on `client` speaks so; to be outlived by this. Answers a code of libmosquitto's.
    int apply(mosquitto* client);

    /// Whether `client`, which is connected or connecting, speaks TLS at all.
    static bool spoken(mosquitto* client);
    static bool handshaking(mosquitto* client);
    /// Whether bytes wait that were read from the socket and decrypted.
    static bool bytes_wait(mosquitto* client);
    /// Whether OpenSSL has stopped because the socket takes no more.
    static bool wants_write(mosquitto* client);
    /// Why a broker's certificate was refused on this thread since the last call; empty if none was.
    static std::string take_refusal();

private:
    const std::string host_;
#if defined(FANFARE_WITH_SSL)
    boost::asio::ssl::context context_;
#endif
};

} // namespace demo

#endif

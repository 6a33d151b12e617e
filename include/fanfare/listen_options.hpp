// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_LISTEN_OPTIONS_HPP
#define FANFARE_LISTEN_OPTIONS_HPP

#include <fanfare/any_tls_context.hpp>
#include <fanfare/config.hpp>

#include <cstdint>
#include <string>

namespace fanfare {

/// One place where a `server` listens: an address and a port, or the path of a Unix socket; and whether TLS is spoken
/// there.
struct listen_options {
    /// An IP address of this machine; `0.0.0.0` or `::` for all.
    std::string address = "0.0.0.0";
    /// 0: any free port; see `server::ports`.
    std::uint16_t port = 8080;
    /// For an IPv6 address: whether IPv4 is left out (`IPV6_V6ONLY`). `::` takes IPv4 as well otherwise, where the system
    /// lets it, and then `0.0.0.0` on the same port is in use. A client's IPv4 address is told as such in any case.
    bool v6_only = false;
    /// If it is not empty: the path of a Unix socket (107 bytes at most on Linux), in place of address and port. Who
    /// may connect is a matter of the permissions of the file, which the process' umask gives it, and of its folder.
    ///
    /// A socket's file at that path on which nobody listens, as a process leaves it that was killed, is replaced; two
    /// servers must not be started for one path at the same moment, since either may replace the other's. When the
    /// server stops the file is removed, if it is still the same. A client's address is the unspecified one:
    /// `max_connections_per_address` does not count it, and `allow_loopback_writes` does not let it in.
    std::string unix_path{};
    /// TLS, if it is set: a `tls_context` of `<fanfare/ssl.hpp>`. Listeners may share one.
    any_tls_context tls{};
    /// Every connection begins with a PROXY header, of version 1 or 2 ("The PROXY protocol" by HAProxy), which names the
    /// client's address; before TLS, if there is TLS. The peer must be one of `server_options::proxies`; which proxies these
    /// are has to be said, since the header is believed. A connection without one, with a malformed one, or of another peer is
    /// answered with 400 or 403 and a sentence; if the listener speaks TLS it is closed without an answer. A client whom the
    /// proxy does not know (`UNKNOWN`), or who came to it by a Unix socket, has the unspecified address.
    bool proxy_protocol = false;
};

} // namespace fanfare

#endif

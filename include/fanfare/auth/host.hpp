// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_AUTH_HOST_HPP
#define FANFARE_AUTH_HOST_HPP

#include <fanfare/auth.hpp>
#include <fanfare/config.hpp>
#include <fanfare/error.hpp>

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fanfare {

/// By which names a server may be addressed: the values of `Host` (RFC 9110 section 7.2) that are answered.
///
/// Wherever it counts from where a request comes, and not with which credential, a page from elsewhere must not be able to
/// make it: a name that its owner lets point at this machine (DNS rebinding) is, for the browser, the page's own origin.
/// The name still stands in `Host`, so only names that nobody else can own may be let in: those of the loopback interface,
/// and the server's own. A value; the `const` functions may be called from any thread.
class host_allow_list {
public:
    /// Allows the names of the loopback interface only: `localhost`, names below it, 127.0.0.0/8 and `[::1]`, with any
    /// port (RFC 6761 section 6.3).
    host_allow_list() = default;

    /// Allows the listed names besides. Throws as `allow` does.
    host_allow_list(std::initializer_list<std::string_view> hosts)
    {
        for (const auto host : hosts) {
            allow(host);
        }
    }

    /// Allows every name, and requests without one.
    static host_allow_list any()
    {
        host_allow_list list;
        list.any_ = true;
        return list;
    }

    /// Adds a name or an address: `app.example` with any port, `app.example:8080`, `192.0.2.1`, `[2001:db8::1]`. Case and
    /// a dot at the end do not matter.
    ///
    /// Throws `boost::system::system_error` with `error::invalid_config` if it is none.
    host_allow_list& allow(std::string_view host);

    /// Whether the request has exactly one `Host`, and that is allowed.
    bool allows(const handshake_request& request) const;

    /// Nothing if it is allowed, else a refusal with 403 and `error::forbidden`.
    std::optional<refusal> check(const handshake_request& request) const;

private:
    std::vector<std::string> hosts_; // in lower case; without a port: any
    bool any_ = false;
};

namespace detail {

/// Whether `text` is a host that is not empty, with an optional port (RFC 9110 section 7.2), and nothing else. Thread-safe.
bool is_host(std::string_view text);

} // namespace detail
} // namespace fanfare

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/auth/host.ipp>
#endif

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_AUTH_ORIGIN_HPP
#define FANFARE_AUTH_ORIGIN_HPP

#include <fanfare/auth.hpp>
#include <fanfare/config.hpp>
#include <fanfare/error.hpp>

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fanfare {

/// Which web pages may connect (RFC 6455 section 10.2): browsers send cookies along whatever page asks for a
/// connection, so a server that trusts cookies must look at the `Origin` header.
///
/// A request without `Origin` does not come from a browser's page and is allowed, unless `require_origin`. An
/// `Origin` that is malformed or was sent twice is always refused; `null` unless it is listed or all are allowed.
/// Origins are compared by RFC 6454 section 5: scheme and host without case, default ports as if written.
/// A value; the `const` functions may be called from any thread.
class origin_allow_list {
public:
    /// Allows the pages of this server only.
    origin_allow_list() : same_origin_{true} {}

    /// Allows the listed origins only. Throws as `allow` does.
    origin_allow_list(std::initializer_list<std::string_view> patterns)
    {
        for (const auto pattern : patterns) {
            allow(pattern);
        }
    }

    /// Allows every page. Safe only where neither a cookie nor the client's address gives access.
    static origin_allow_list any()
    {
        origin_allow_list list;
        list.any_ = true;
        return list;
    }

    /// Allows the pages of this server only: the origin's host and port are those of the `Host` header.
    static origin_allow_list same_origin() { return {}; }

    /// Adds an origin (`https://app.example`, `http://localhost:5173`), all hosts with one more label
    /// (`https://*.example.com`: `a.example.com`, but neither `example.com` nor `a.b.example.com`), or `null`.
    ///
    /// Throws `boost::system::system_error` with `error::invalid_config` if it is none of these.
    origin_allow_list& allow(std::string_view pattern);

    /// Adds or removes the pages of this server.
    origin_allow_list& allow_same_origin(bool allowed = true)
    {
        same_origin_ = allowed;
        return *this;
    }

    /// Refuses, or allows again, requests without an `Origin` header.
    origin_allow_list& require_origin(bool required = true)
    {
        required_ = required;
        return *this;
    }

    /// Whether the request may go on to the authenticator.
    bool allows(const handshake_request& request) const;

    /// Nothing if the request may go on, else a refusal with 403 and `error::origin_not_allowed`.
    std::optional<refusal> check(const handshake_request& request) const
    {
        return allows(request) ? std::nullopt : std::optional{make_refusal(error::origin_not_allowed, 403)};
    }

private:
    // An origin with one label left out: "https://" and ".example.com:8443".
    struct wildcard {
        std::string before;
        std::string after;
    };

    std::vector<std::string> exact_; // normalized
    std::vector<wildcard> wildcards_;
    bool same_origin_ = false;
    bool any_ = false;
    bool null_ = false;
    bool required_ = false;
};

} // namespace fanfare

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/auth/origin.ipp>
#endif

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_AUTH_JWT_HPP
#define FANFARE_AUTH_JWT_HPP

#include <fanfare/auth.hpp>
#include <fanfare/auth/jwt_keys.hpp>
#include <fanfare/auth/jwt_verifier.hpp>
#include <fanfare/config.hpp>

#include <optional>
#include <string>
#include <utility>

namespace fanfare {
namespace detail {

// What the request carries as a token, well-formed or not; nothing if it carries none.
std::optional<std::string> find_jwt(const handshake_request& request, const jwt_options& options);

// The answer to a token that is not taken.
refusal jwt_refusal(error_code why);

} // namespace detail

/// Lets in who brings a JWT, as the identity that its claims make. Needs OpenSSL (`FANFARE_WITH_SSL`).
///
/// Looks in this order, and at the first that is there only: `Authorization: Bearer` (only what has a dot in it, since
/// other tokens travel there too), an entry `fanfare.token.TOKEN` of `Sec-WebSocket-Protocol`, beside which a browser
/// offers `fanfare.v1` for the answer, `jwt_options::query`, `jwt_options::cookie`.
/// Refuses with 401 and `error::unauthorized`, and a message that names what is wrong with the token; with 503 where
/// its key could not be asked for (`jwt_error::keys_unavailable`), or `jwt_options::make_identity` throws.
///
/// Answers at once, or where the answer of a `jwt_keys_source` comes. A handle; thread-safe.
/// @code
/// const auto keys = fanfare::jwt_keys::secret(secret_of_32_bytes);
/// const fanfare::jwt_authenticator tokens{keys, {.issuers = {"https://id.example.com"}, .audiences = {"chat"}}};
/// fanfare::server server{hub, {.port = 8080, .authenticate = tokens}};
/// @endcode
class jwt_authenticator {
public:
    /// Throws `boost::system::system_error` (`error::invalid_config`) for an option that is out of its range.
    explicit jwt_authenticator(jwt_keys keys, jwt_options options = {})
        : verifier_{std::move(keys), std::move(options)}
    {}

    /// Checks what the request brings. `request` needs to live only as long as the call. `done` is called once: in the
    /// calling thread before this returns, or where a source of keys answers. Throws `unreadable_parameter`
    /// (`jwt_options::query`).
    void operator()(const handshake_request& request, auth_done done) const;

    /// What checks the tokens.
    const jwt_verifier& verifier() const noexcept { return verifier_; }

private:
    jwt_verifier verifier_;
};

static_assert(authenticator<jwt_authenticator>);

} // namespace fanfare

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/auth/jwt.ipp>
#endif

#endif

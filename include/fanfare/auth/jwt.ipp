// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_AUTH_JWT_IPP
#define FANFARE_AUTH_JWT_IPP

#include <fanfare/auth/jwt.hpp>

#include <exception>
#include <string_view>

namespace fanfare {
namespace detail {

FANFARE_DECL std::optional<std::string> find_jwt(const handshake_request& request, const jwt_options& options)
{
    constexpr std::string_view prefix = "fanfare.token.";
    if (const auto token = request.bearer_token(); token.find('.') != std::string_view::npos)
        return std::string{token};
    for (const auto line : request.header_values("Authorization"))
        if (equal_ignoring_case(line.substr(0, 6), "Bearer") && line.find('.') != std::string_view::npos)
            return std::string{}; // sent twice, or with more than a token in it: a bad token, and not none
    for (const auto entry : request.subprotocols())
        if (entry.starts_with(prefix))
            return std::string{entry.substr(prefix.size())};
    if (!options.query.empty())
        if (auto token = request.query(options.query); token && !token->empty())
            return token;
    if (!options.cookie.empty())
        if (auto token = request.cookie(options.cookie); token && !token->empty())
            return token;
    return std::nullopt;
}

FANFARE_DECL refusal jwt_refusal(error_code why)
{
    if (why == jwt_error::keys_unavailable) // the source has told it already, once for all tokens
        return {.status = 503, .code = error::handler_failed, .message = why.message(), .credential_seen = true};
    return {.status = 401, .code = error::unauthorized, .message = why.message(), .credential_seen = true};
}

inline auth_result jwt_answer(const jwt_verifier& verifier, const boost::system::result<jwt_claims>& checked,
                              bool offers_v1)
{
    if (!checked)
        return jwt_refusal(checked.error());
    try {
        auto who = verifier.identify(*checked);
        if (!who)
            return jwt_refusal(who.error());
        return {std::move(*who), offers_v1 ? std::string{v1_subprotocol} : std::string{}};
    } catch (...) { // `make_identity`; maybe in a thread where nobody else would take it
        return authenticator_failed(std::current_exception());
    }
}

} // namespace detail

FANFARE_DECL void jwt_authenticator::operator()(const handshake_request& request, auth_done done) const
{
    const auto token = detail::find_jwt(request, verifier_.options());
    if (!token)
        return done(make_refusal(error::unauthorized));
    verifier_.async_verify(*token,
                           [verifier = verifier_, done = std::move(done),
                            v1 = request.offers(v1_subprotocol)](boost::system::result<jwt_claims> checked) {
                               done(detail::jwt_answer(verifier, checked, v1));
                           });
}

} // namespace fanfare

#endif

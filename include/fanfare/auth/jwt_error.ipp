// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_AUTH_JWT_ERROR_IPP
#define FANFARE_AUTH_JWT_ERROR_IPP

#include <fanfare/auth/jwt_error.hpp>

#include <string>

namespace fanfare {
namespace detail {

class jwt_error_category_impl final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "fanfare.jwt"; }
    std::string message(int value) const override
    {
        switch (static_cast<jwt_error>(value)) {
        case jwt_error::malformed: return "the token is malformed";
        case jwt_error::too_large: return "the token is too large";
        case jwt_error::encrypted: return "the token is encrypted, which is not supported";
        case jwt_error::unsupported_algorithm: return "the token's algorithm is not supported";
        case jwt_error::unsupported_header: return "the token's header asks for what is not supported";
        case jwt_error::nested: return "the token holds another token, which is not supported";
        case jwt_error::wrong_type: return "the token is of another type";
        case jwt_error::unknown_key: return "no key for the token is known";
        case jwt_error::bad_signature: return "the token's signature is not good";
        case jwt_error::bad_claim: return "a claim of the token has a value that it cannot have";
        case jwt_error::no_expiry: return "the token does not say when it expires";
        case jwt_error::expired: return "the token has expired";
        case jwt_error::not_yet_valid: return "the token is not valid yet";
        case jwt_error::issued_in_future: return "the token was issued in the future";
        case jwt_error::wrong_issuer: return "the token is of another issuer";
        case jwt_error::wrong_audience: return "the token is for another audience";
        case jwt_error::bad_user: return "the token names no user that there can be";
        case jwt_error::bad_rooms: return "the token's rooms are not a list of rooms that it may name";
        case jwt_error::not_accepted: return "the token's claims are not enough";
        case jwt_error::keys_unavailable: return "the token's key cannot be asked for at the moment";
        }
        return "the token is not good";
    }
};

} // namespace detail

FANFARE_DECL const boost::system::error_category& jwt_error_category() noexcept
{
    static const detail::jwt_error_category_impl category;
    return category;
}

FANFARE_DECL error_code make_error_code(jwt_error e) noexcept
{
    return {static_cast<int>(e), jwt_error_category()};
}

} // namespace fanfare

#endif

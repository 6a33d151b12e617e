// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_AUTH_ANONYMOUS_HPP
#define FANFARE_AUTH_ANONYMOUS_HPP

#include <fanfare/auth.hpp>
#include <fanfare/config.hpp>
#include <fanfare/error.hpp>
#include <fanfare/identity.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

namespace fanfare {

/// Lets everybody in. Thread-safe.
class anonymous_authenticator {
public:
    /// The longest user id that a query may name, in bytes.
    static constexpr std::size_t max_user_id = 128;

    /// Gives everybody the empty identity.
    anonymous_authenticator() = default;

    /// Takes the user id from the query, such as `?user=alice` for `"user"`; without it the identity is empty.
    ///
    /// Insecure by intent, since anyone can be anyone: for demonstrations and load tests only. A name that is
    /// overlong or holds control characters is refused with 401 and `error::invalid_user`.
    explicit anonymous_authenticator(std::string user_query_parameter)
        : user_query_parameter_{std::move(user_query_parameter)}
    {}

    /// The identity, at once; or a refusal with 401 and `error::invalid_user`. Thread-safe.
    auth_result operator()(const handshake_request& request) const
    {
        identity who;
        if (!user_query_parameter_.empty()) {
            who.user_id = request.query(user_query_parameter_).value_or("");
        }
        const bool printable = std::none_of(who.user_id.begin(), who.user_id.end(),
                                            [](unsigned char c) { return c < 0x20 || c == 0x7F; });
        if (!printable || who.user_id.size() > max_user_id) {
            return make_refusal(error::invalid_user, 401, true);
        }
        return who;
    }

private:
    std::string user_query_parameter_;
};

static_assert(authenticator<anonymous_authenticator>);

} // namespace fanfare

#endif

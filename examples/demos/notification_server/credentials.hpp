// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef NOTIFICATION_SERVER_CREDENTIALS_HPP
#define NOTIFICATION_SERVER_CREDENTIALS_HPP

#include "options.hpp"

#include <fanfare/auth/anonymous.hpp>
#include <fanfare/auth/any_of.hpp>
#include <fanfare/auth/ticket.hpp>
#if defined(FANFARE_WITH_SSL)
#include <fanfare/auth/jwt.hpp>
#include <fanfare/auth/jwt_keys_watcher.hpp>
#endif

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <exception>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>

namespace demo {

#if defined(FANFARE_WITH_SSL)

/// The keys of `--jwt-secret` or `--jwt-jwks`: a file is read again when it has changed. On one thread, the context's.
class jwt {
public:
    jwt(boost::asio::io_context& ioc, const options& chosen) : keys_{make_keys(chosen)}
    {
        say_skipped(keys_);
        if (!chosen.jwt_jwks.empty())
            watcher_.emplace(ioc.get_executor(), keys_, watch(keys_));
    }

    fanfare::jwt_authenticator authenticator(const options& chosen) const
    {
        fanfare::jwt_options rules{.issuers = chosen.jwt_issuers, .audiences = chosen.jwt_audiences};
        if (chosen.jwt_query)
            rules.query = "token";
        return fanfare::jwt_authenticator{keys_, std::move(rules)};
    }

    /// The file is not looked at any more: the program ends.
    void stop()
    {
        if (watcher_)
            watcher_->stop();
    }

private:
    static fanfare::jwt_keys make_keys(const options& chosen)
    {
        if (!chosen.jwt_jwks.empty())
            return fanfare::jwt_keys::file(chosen.jwt_jwks);
        using enum fanfare::jwt_algorithm;
        std::vector algorithms{hs256};
        if (chosen.jwt_secret.size() >= 48)
            algorithms.push_back(hs384);
        if (chosen.jwt_secret.size() >= 64)
            algorithms.push_back(hs512);
        return fanfare::jwt_keys::secret(chosen.jwt_secret, algorithms);
    }
    static void say_skipped(const fanfare::jwt_keys& keys)
    {
        for (const auto& why : keys.skipped())
            std::cerr << "jwt: " << why << '\n';
    }
    static fanfare::jwt_keys_watch_options watch(const fanfare::jwt_keys& keys)
    {
        return {.interval = std::chrono::seconds{2}, .on_reload = [keys](std::exception_ptr failed) {
                    try {
                        if (failed)
                            std::rethrow_exception(failed);
                        std::cerr << "jwt: read the keys again\n";
                        say_skipped(keys);
                    } catch (const std::exception& e) {
                        std::cerr << "jwt: " << e.what() << "; the keys before stay\n";
                    }
                }};
    }

    fanfare::jwt_keys keys_;
    std::optional<fanfare::jwt_keys_watcher> watcher_;
};

#endif

/// What decides who may connect, as `--auth` says, and about credentials that clients renew while they are connected.
class credentials {
public:
    credentials([[maybe_unused]] boost::asio::io_context& ioc, const options& chosen)
    {
        if (chosen.auth != auth_kind::jwt)
            return;
#if defined(FANFARE_WITH_SSL)
        jwt_.emplace(ioc, chosen);
#else
        throw std::invalid_argument("--auth jwt: this program was built without TLS (FANFARE_WITH_SSL)");
#endif
    }

    template <class Tickets>
    fanfare::any_authenticator authenticator(const options& chosen, const Tickets& tickets) const
    {
        const fanfare::ticket_authenticator by_ticket{tickets};
        if (chosen.auth == auth_kind::none)
            return fanfare::anonymous_authenticator{"user"};
#if defined(FANFARE_WITH_SSL)
        if (jwt_)
            return fanfare::any_of{jwt_->authenticator(chosen), by_ticket};
#endif
        return by_ticket;
    }

    void stop()
    {
#if defined(FANFARE_WITH_SSL)
        if (jwt_)
            jwt_->stop();
#endif
    }

private:
#if defined(FANFARE_WITH_SSL)
    std::optional<jwt> jwt_;
#endif
};

} // namespace demo

#endif

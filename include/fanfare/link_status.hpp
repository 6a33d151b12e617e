// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_LINK_STATUS_HPP
#define FANFARE_LINK_STATUS_HPP

#include <fanfare/config.hpp>

#include <concepts>
#include <string>

namespace fanfare {

/// How the link of a store, or of something else that needs one, to its server stands.
struct link_status {
    /// It can be used now.
    bool up = true;
    /// Why it cannot, in words, without any secret.
    std::string problem{};
};

/// A link of a hub; see `hub::links`.
struct hub_link {
    /// What needs it: `bus`, `store`, `presence`, `inbox` or `revocations`.
    std::string name;
    link_status status;
};

namespace detail {

/// Tells a port that the hub which used it has ended; see `redis_client::rest`.
template <class T>
void rest(T& port)
{
    if constexpr (requires { port.rest(); })
        port.rest();
}

/// What `of.status()` answers, if it can be asked.
template <class T>
link_status status_of(const T& of)
{
    if constexpr (requires {
                      {
                          of.status()
                          } -> std::convertible_to<link_status>;
                  })
        return of.status();
    else
        return {};
}

} // namespace detail

} // namespace fanfare

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SESSION_ADMISSIONS_HPP
#define FANFARE_DETAIL_SESSION_ADMISSIONS_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/base/counter_sets.hpp>
#include <fanfare/detail/base/lifetime.hpp>
#include <fanfare/detail/revocation/revocation_list.hpp>
#include <fanfare/detail/room/namespaces.hpp>
#include <fanfare/detail/session/connect_rates.hpp>
#include <fanfare/identity.hpp>
#include <fanfare/options.hpp>

#include <boost/asio/ip/address.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace fanfare::detail {

/// Who may connect: checks an identity, and counts the connections, each user's and each address's, from the upgrade to
/// the end, and how often each address comes. An address is what `counted_as` makes of it. Thread-safe.
class admissions {
public:
    admissions(const hub_options& limits, const namespaces& rules, const revocation_list& revoked,
               const lifetime& life)
        : rules_{rules}, revoked_{revoked}, life_{life}, total_{limits.max_connections},
          per_user_{limits.max_connections_per_user}, per_address_{limits.max_connections_per_address},
          rates_{limits.connect_rate_per_address, limits.connect_burst_per_address}
    {}

    /// Counts an attempt to connect, before anybody is asked who it is. Nothing if it may go on; else how long to
    /// wait for the next one: at least a second. The refusal is not counted.
    std::optional<std::chrono::seconds> arrive(const asio::ip::address& address);

    /// Whether a connection may have this identity. Errors: `invalid_user`, `unauthorized` for one that has expired, those
    /// of `check_revoked`, or what is wrong with one of its rooms (another user's own room is `invalid_room`). Counts nothing.
    error_code check(const identity& who) const;
    /// Whether a connection may open now; if so, it has taken its places among the limits, and gives them back by
    /// `leave`. Errors: `shutting_down`, `too_many_connections`, and those of `check`; they count as `refused`.
    error_code admit(const identity& who, const asio::ip::address& address);
    /// What keeps a credential from being used, whenever one is presented: `unauthorized` if it was revoked,
    /// `store_failed` while it is not known what was revoked.
    error_code check_revoked(const identity& who) const;
    /// An identity for a connection to keep. All who are nobody in particular share one.
    std::shared_ptr<const identity> share(identity who) const;

    /// Gives the places of an `admit` that succeeded back.
    void leave(std::string_view user, const asio::ip::address& address);

    /// An upgrade was refused, by whomever. An error that is not the library's: the client went away.
    void count_refusal(const error_code& why) noexcept { refused_.add(why); }
    const error_counters& refused() const noexcept { return refused_; }

private:
    error_code take_places(std::string_view user, const asio::ip::address& address);

    const namespaces& rules_;
    const revocation_list& revoked_;
    const lifetime& life_;
    const std::shared_ptr<const identity> nobody_ = std::make_shared<const identity>();
    const std::size_t total_;
    const std::size_t per_user_;
    const std::size_t per_address_;
    std::mutex mutex_;
    std::size_t inside_ = 0;
    std::map<std::string, std::size_t, std::less<>> users_;
    std::map<asio::ip::address, std::size_t> addresses_;
    connect_rates rates_;
    error_counters refused_;
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/session/admissions.ipp>
#endif

#endif

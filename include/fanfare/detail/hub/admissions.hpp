// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HUB_ADMISSIONS_HPP
#define FANFARE_DETAIL_HUB_ADMISSIONS_HPP

#include <fanfare/config.hpp>
#include <fanfare/error.hpp>
#include <fanfare/options.hpp>

#include <boost/asio/ip/address.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace fanfare::detail {

/// Counts the connections, each user's and each address's, from the upgrade to the end. Thread-safe.
class admissions {
public:
    explicit admissions(const hub_options& limits)
        : total_{limits.max_connections}, per_user_{limits.max_connections_per_user},
          per_address_{limits.max_connections_per_address}
    {}

    /// Takes one place for each limit, or none and says `too_many_connections`.
    error_code enter(std::string_view user, const asio::ip::address& address)
    {
        const std::lock_guard lock{mutex_};
        const bool counts_user = per_user_ != 0 && !user.empty();
        const bool counts_address = per_address_ != 0 && !address.is_unspecified(); // of this process, say
        if ((total_ != 0 && inside_ >= total_) || (counts_user && count(users_, user) >= per_user_) ||
            (counts_address && count(addresses_, address) >= per_address_))
            return error::too_many_connections;
        if (counts_user)
            ++users_[std::string{user}];
        if (counts_address)
            ++addresses_[address];
        ++inside_;
        return {};
    }

    /// Gives the places of an `enter` that succeeded back.
    void leave(std::string_view user, const asio::ip::address& address)
    {
        const std::lock_guard lock{mutex_};
        --inside_;
        if (per_user_ != 0 && !user.empty())
            drop(users_, user);
        if (per_address_ != 0)
            drop(addresses_, address);
    }

    /// An upgrade was refused, by whomever.
    void count_refusal() noexcept { refused_.fetch_add(1, std::memory_order_relaxed); }
    std::uint64_t refused() const noexcept { return refused_.load(std::memory_order_relaxed); }

private:
    template <class M, class K>
    static std::size_t count(const M& all, const K& key)
    {
        const auto at = all.find(key);
        return at == all.end() ? 0 : at->second;
    }
    template <class M, class K>
    static void drop(M& all, const K& key)
    {
        if (const auto at = all.find(key); at != all.end() && --at->second == 0)
            all.erase(at);
    }

    const std::size_t total_;
    const std::size_t per_user_;
    const std::size_t per_address_;
    std::mutex mutex_;
    std::size_t inside_ = 0;
    std::map<std::string, std::size_t, std::less<>> users_;
    std::map<asio::ip::address, std::size_t> addresses_;
    std::atomic<std::uint64_t> refused_{0};
};

} // namespace fanfare::detail

#endif

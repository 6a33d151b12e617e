// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_REVOCATION_MEMORY_IPP
#define FANFARE_REVOCATION_MEMORY_IPP

#include <fanfare/detail/revocation/revocation_rules.hpp>
#include <fanfare/error.hpp>
#include <fanfare/revocation/memory.hpp>

#include <boost/system/system_error.hpp>

#include <charconv>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

namespace fanfare {

struct memory_revocation_store::state {
    explicit state(std::size_t most) : limit{most} {}

    void forget_expired(std::chrono::system_clock::time_point now)
    {
        for (auto at = by_number.begin(); at != by_number.end();) {
            const bool expired = *at->second.until <= now;
            if (expired)
                numbers.erase(detail::revocation_key(at->second));
            at = expired ? by_number.erase(at) : std::next(at);
        }
    }

    error_code add(const revocation& what)
    {
        const auto key = detail::revocation_key(what);
        const std::lock_guard lock{mutex};
        const auto known = numbers.find(key);
        auto one = what;
        if (known != numbers.end()) {
            one = by_number.at(known->second);
            if (!detail::merge_revocation(one, what))
                return {};
            by_number.erase(known->second);
            numbers.erase(known);
        } else if (by_number.size() >= limit) {
            forget_expired(std::chrono::system_clock::now());
            if (by_number.size() >= limit)
                return error::store_full;
        }
        numbers.emplace(key, ++last);
        by_number.emplace(last, std::move(one));
        return {};
    }

    revocation_page read(std::uint64_t after)
    {
        constexpr std::size_t most = 1'000;
        revocation_page page;
        const std::lock_guard lock{mutex};
        auto at = by_number.upper_bound(after);
        for (; at != by_number.end() && page.entries.size() != most; ++at) {
            page.entries.push_back(at->second);
            after = at->first;
        }
        page.cursor = std::to_string(after);
        page.more = at != by_number.end();
        return page;
    }

    const std::size_t limit;
    std::mutex mutex;
    std::uint64_t last = 0;                                 // number given
    std::map<std::uint64_t, revocation> by_number;          // each change gives a new one
    std::unordered_map<std::string, std::uint64_t> numbers; // by key
};

FANFARE_DECL memory_revocation_store::memory_revocation_store(std::size_t limit)
    : state_{std::make_shared<state>(limit)}
{
    if (limit == 0 || limit > detail::max_revocations)
        throw boost::system::system_error{error::invalid_config, "fanfare::memory_revocation_store: limit"};
}

FANFARE_DECL void memory_revocation_store::async_add(const revocation& what, const revocation_added& handler)
{
    handler(state_->add(what));
}

FANFARE_DECL void memory_revocation_store::async_read(std::string_view cursor,
                                                      const revocations_were_read& handler)
{
    std::uint64_t after = 0; // what is no number of this store's is read as the beginning
    const auto end = cursor.data() + cursor.size();
    if (const auto got = std::from_chars(cursor.data(), end, after); got.ec != std::errc{} || got.ptr != end)
        after = 0;
    handler({}, state_->read(after));
}

} // namespace fanfare

#endif

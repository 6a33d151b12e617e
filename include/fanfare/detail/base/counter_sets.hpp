// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_BASE_COUNTER_SETS_HPP
#define FANFARE_DETAIL_BASE_COUNTER_SETS_HPP

#include <fanfare/close_code.hpp>
#include <fanfare/config.hpp>
#include <fanfare/detail/base/counter.hpp>
#include <fanfare/error.hpp>

#include <boost/system/error_code.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace fanfare::detail {

/// Namespaces that metrics tell apart. What belongs to no namespace, and to those above, has number 0.
inline constexpr std::size_t max_metric_namespaces = 64;

/// A counter for each namespace's number, changed and read by any thread.
class namespace_counters {
public:
    void add(std::size_t number) noexcept { counts_[number].add(); }
    std::uint64_t of(std::size_t number) const noexcept { return counts_[number].get(); }
    std::uint64_t get() const noexcept
    {
        std::uint64_t all = 0;
        for (const auto& one : counts_)
            all += one.get();
        return all;
    }

private:
    std::array<shared_counter, max_metric_namespaces> counts_{};
};

/// A counter for each of the library's errors, and one for all others: number 0. Changed and read by any thread.
class error_counters {
public:
    static constexpr std::size_t size = static_cast<std::size_t>(error::no_inbox) + 1;

    void add(const error_code& why) noexcept
    {
        const auto number = static_cast<std::size_t>(why.value());
        const bool own = why.category() == error_category() && number < size;
        counts_[own ? number : 0].add();
    }
    std::uint64_t of(std::size_t number) const noexcept { return counts_[number].get(); }
    std::uint64_t get() const noexcept
    {
        std::uint64_t all = 0;
        for (const auto& one : counts_)
            all += one.get();
        return all;
    }

private:
    std::array<shared_counter, size> counts_{};
};

/// All codes of `close_code`, in order.
inline constexpr std::array<std::uint16_t, 24> known_close_codes{1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008,
                                                                 1009, 1011, 1012, 1013, 3000, 3001, 3002, 3003,
                                                                 3004, 3005, 3008, 3500, 3501, 3502, 3503, 3504};

/// A counter for each of these codes, and a last one for all others. One thread changes it, any may look.
class close_counters {
public:
    static constexpr std::size_t size = known_close_codes.size() + 1;

    void add(close_code why) noexcept
    {
        const auto& known = known_close_codes;
        const auto code = static_cast<std::uint16_t>(why);
        const auto at = std::lower_bound(known.begin(), known.end(), code);
        const bool found = at != known.end() && *at == code;
        counts_[static_cast<std::size_t>((found ? at : known.end()) - known.begin())].add();
    }
    std::uint64_t of(std::size_t index) const noexcept { return counts_[index].get(); }

private:
    std::array<counter, size> counts_{};
};

} // namespace fanfare::detail

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_BASE_PORT_METRICS_HPP
#define FANFARE_DETAIL_BASE_PORT_METRICS_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/base/counter.hpp>
#include <fanfare/detail/base/histogram.hpp>
#include <fanfare/error.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace fanfare::detail {

/// What a hub asks of its stores.
enum class store_operation : std::uint8_t {
    history_append,
    history_read,
    presence_enter,
    presence_leave,
    presence_refresh,
    presence_read,
    inbox_add,
    inbox_list,
    inbox_mark,
    inbox_counts,
    revocations_add,
    revocations_read,
};

/// How metrics call an operation: by its store, and by the function of the store's concept.
struct store_operation_name {
    std::string_view store, operation;
};
/// By `store_operation`.
inline constexpr std::array<store_operation_name, 12> store_operation_names{{{"history", "append"},
                                                                             {"history", "read"},
                                                                             {"presence", "enter"},
                                                                             {"presence", "leave"},
                                                                             {"presence", "refresh"},
                                                                             {"presence", "read"},
                                                                             {"inbox", "add"},
                                                                             {"inbox", "list"},
                                                                             {"inbox", "mark"},
                                                                             {"inbox", "counts"},
                                                                             {"revocations", "add"},
                                                                             {"revocations", "read"}}};

/// Whether an error is a store's own failure, and not what the caller asked for.
inline bool is_store_failure(const error_code& ec) noexcept
{
    return ec && ec != error::invalid_user && ec != error::invalid_message && ec != error::invalid_position &&
           ec != error::message_too_large && ec != error::not_found && ec != error::no_inbox;
}

/// What is counted and measured of the calls to a hub's stores. A call may end after the hub. Thread-safe.
struct port_metrics {
    explicit port_metrics(bool measures) : timed{measures} {}

    struct operation {
        shared_counter failures;
        shared_histogram times; // from the call to its answer, whatever that says
    };
    operation& operator[](store_operation which) noexcept { return all[static_cast<std::size_t>(which)]; }

    const bool timed; // else the clock is not asked
    std::array<operation, store_operation_names.size()> all{};
};

/// One call of a store, from its begin on. An empty one, for what nobody counts, does nothing. Does not keep `all`.
class port_call_timer {
public:
    port_call_timer() = default;
    port_call_timer(port_metrics* all, store_operation which) noexcept
        : all_{all}, which_{which}, began_{all && all->timed ? clock::now() : clock::time_point{}}
    {}
    /// The call has ended; once.
    void ended(const error_code& ec) const noexcept
    {
        if (!all_)
            return;
        auto& one = (*all_)[which_];
        if (is_store_failure(ec))
            one.failures.add();
        if (all_->timed)
            one.times.add(clock::now() - began_);
    }

private:
    using clock = std::chrono::steady_clock;
    port_metrics* all_ = nullptr;
    store_operation which_{};
    clock::time_point began_{};
};

} // namespace fanfare::detail

#endif

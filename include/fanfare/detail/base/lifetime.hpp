// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_BASE_LIFETIME_HPP
#define FANFARE_DETAIL_BASE_LIFETIME_HPP

#include <fanfare/config.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

namespace fanfare::detail {

/// The life of a hub, as its parts see it: what keeps the hub while an operation is under way, and how far it has come
/// on its way to the end. The parts are members of the hub, so whoever keeps the hub keeps them. Thread-safe, but for `begin`.
class lifetime {
public:
    /// Names the owner of the parts. Before any of the other functions is called.
    void begin(std::weak_ptr<void> owner) noexcept { owner_ = std::move(owner); }

    /// For a handler that comes later and does not keep the hub: `weak().lock()` is null once the hub has gone.
    std::weak_ptr<void> weak() const noexcept { return owner_; }
    /// Keeps the hub. Null once it is being destroyed.
    std::shared_ptr<void> keep() const noexcept { return owner_.lock(); }

    /// Each includes those before it.
    enum class stage : std::uint8_t {
        running,
        not_ready, ///< It says that it will stop.
        closing,   ///< It takes no new connections.
        stopping,  ///< It takes no publishes.
        ended,     ///< It needs its bus and its stores no more, and asks them nothing by itself.
    };
    /// Never goes back.
    void reach(stage next) noexcept
    {
        auto now = stage_.load();
        while (now < next && !stage_.compare_exchange_weak(now, next)) {
        }
    }
    bool ready() const noexcept { return stage_.load() == stage::running; }
    bool closing() const noexcept { return stage_.load() >= stage::closing; }
    bool stopping() const noexcept { return stage_.load() >= stage::stopping; }
    bool ended() const noexcept { return stage_.load() >= stage::ended; }

    /// Milliseconds over which the clients of a stopping hub are asked to spread their reconnects.
    void set_reconnect_spread(std::uint32_t milliseconds) noexcept { reconnect_spread_.store(milliseconds); }
    /// How long the next client is to wait, in milliseconds. However many ask, one after the other, they are spread evenly:
    /// multiples of the golden ratio, modulo one, leave no large gap and no crowd.
    std::uint32_t next_reconnect_delay() const noexcept
    {
        const std::uint32_t place =
            reconnects_.fetch_add(1, std::memory_order_relaxed) * 2'654'435'769U; // 2^32 / ratio
        return static_cast<std::uint32_t>((std::uint64_t{place} * reconnect_spread_.load()) >> 32U);
    }

private:
    std::weak_ptr<void> owner_;
    std::atomic<stage> stage_{stage::running};
    std::atomic<std::uint32_t> reconnect_spread_{5000};
    mutable std::atomic<std::uint32_t> reconnects_{0}; // clients that were told
};

} // namespace fanfare::detail

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_BASE_LIFETIME_HPP
#define FANFARE_DETAIL_BASE_LIFETIME_HPP

#include <fanfare/config.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

namespace fanfare::detail {

/// The life of a hub, as its parts see it: what keeps the hub while an operation is under way, and whether it is
/// stopping. The parts are members of the hub, so whoever keeps the hub keeps them. Thread-safe, but for `begin`.
class lifetime {
public:
    /// Names the owner of the parts. Before any of the other functions is called.
    void begin(std::weak_ptr<void> owner) noexcept { owner_ = std::move(owner); }

    /// For a handler that comes later and does not keep the hub: `weak().lock()` is null once the hub has gone.
    std::weak_ptr<void> weak() const noexcept { return owner_; }
    /// Keeps the hub. Null once it is being destroyed.
    std::shared_ptr<void> keep() const noexcept { return owner_.lock(); }

    void stop() noexcept { stopping_.store(true); }
    bool stopping() const noexcept { return stopping_.load(); }
    /// Milliseconds over which the clients of a stopping hub are asked to spread their reconnects.
    void set_reconnect_spread(std::uint32_t milliseconds) noexcept { reconnect_spread_.store(milliseconds); }
    std::uint32_t reconnect_spread() const noexcept { return reconnect_spread_.load(); }

private:
    std::weak_ptr<void> owner_;
    std::atomic<bool> stopping_{false};
    std::atomic<std::uint32_t> reconnect_spread_{5000};
};

} // namespace fanfare::detail

#endif

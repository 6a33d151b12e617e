// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SHARD_SHARD_IO_HPP
#define FANFARE_DETAIL_SHARD_SHARD_IO_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/base/context_bound.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace fanfare::detail {

/// A shard's executor and timer. They go with their execution context even if the hub lives on, which happens where
/// an operation in the context of another shard still holds it: Asio's objects must not outlive their context.
class shard_io final : context_registry::entry {
public:
    static std::shared_ptr<shard_io> make(asio::any_io_executor executor)
    {
        return std::shared_ptr<shard_io>{new shard_io{std::move(executor)}};
    }
    ~shard_io() { registry_->remove(*this); }
    shard_io(const shard_io&) = delete;
    shard_io& operator=(const shard_io&) = delete;

    /// Thread-safe. Does nothing once the context is gone.
    template <class F>
    void post(F f)
    {
        const std::lock_guard lock{mutex_};
        if (executor)
            asio::post(executor, std::move(f));
    }

    /// Names what else goes with the context. Called under the lock; the result is destroyed after it.
    void set_remains(std::function<std::shared_ptr<void>()> remains)
    {
        const std::lock_guard lock{mutex_};
        remains_ = std::move(remains);
    }

    asio::any_io_executor executor; // like `timer`, only on the shard, except in `post`
    std::optional<asio::steady_timer> timer;

private:
    explicit shard_io(asio::any_io_executor ex)
        : executor{std::move(ex)}, timer{executor}, registry_{context_registry::of(
                                                        asio::query(executor, asio::execution::context))}
    {
        registry_->add(*this);
    }

    std::shared_ptr<void> on_context_shutdown() noexcept override
    {
        const std::lock_guard lock{mutex_};
        timer.reset();
        executor = {};
        return remains_ ? remains_() : nullptr;
    }

    std::shared_ptr<context_registry> registry_;
    std::mutex mutex_;
    std::function<std::shared_ptr<void>()> remains_;
};

} // namespace fanfare::detail

#endif

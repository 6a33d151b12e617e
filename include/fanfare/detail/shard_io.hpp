// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SHARD_IO_HPP
#define FANFARE_DETAIL_SHARD_IO_HPP

#include <fanfare/config.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace fanfare::detail {

/// A shard's executor and timer. They go with their execution context even if the hub lives on, which happens where
/// an operation in the context of another shard still holds it: Asio's objects must not outlive their context.
class shard_io {
public:
    static std::shared_ptr<shard_io> make(asio::any_io_executor executor)
    {
        auto io = std::make_shared<shard_io>();
        auto& context = asio::query(executor, asio::execution::context);
        io->timer.emplace(executor);
        io->executor = std::move(executor);
        asio::use_service<keeper>(context).add(io);
        return io;
    }

    /// Thread-safe. Does nothing once the context is gone.
    template <class F>
    void post(F f)
    {
        const std::lock_guard lock{mutex_};
        if (executor)
            asio::post(executor, std::move(f));
    }

    /// Gives away what must not outlive the context. Called under the lock; the result is destroyed after it.
    void set_remains(std::function<std::shared_ptr<void>()> remains)
    {
        const std::lock_guard lock{mutex_};
        remains_ = std::move(remains);
    }

    asio::any_io_executor executor; // like `timer`, only on the shard, except in `post`
    std::optional<asio::steady_timer> timer;

private:
    /// Told by the context that it ends.
    class keeper final : public asio::execution_context::service {
    public:
        static inline asio::execution_context::id id;
        using key_type = keeper;
        explicit keeper(asio::execution_context& context) : service{context} {}

        void add(const std::shared_ptr<shard_io>& io)
        {
            const std::lock_guard lock{mutex_};
            std::erase_if(all_, [](const auto& one) { return one.expired(); });
            all_.push_back(io);
        }

    private:
        void shutdown() override
        {
            std::vector<std::shared_ptr<void>> remains;
            const std::lock_guard lock{mutex_};
            for (const auto& one : all_)
                if (const auto io = one.lock())
                    remains.push_back(io->release());
            all_.clear();
        }

        std::mutex mutex_;
        std::vector<std::weak_ptr<shard_io>> all_;
    };

    std::shared_ptr<void> release()
    {
        const std::lock_guard lock{mutex_};
        timer.reset();
        executor = {};
        return remains_ ? remains_() : nullptr;
    }

    std::mutex mutex_;
    std::function<std::shared_ptr<void>()> remains_;
};

} // namespace fanfare::detail

#endif

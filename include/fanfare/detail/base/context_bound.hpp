// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_BASE_CONTEXT_BOUND_HPP
#define FANFARE_DETAIL_BASE_CONTEXT_BOUND_HPP

#include <fanfare/config.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>

#include <algorithm>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace fanfare::detail {

/// The objects that an execution context takes along when it ends. Outlives the context.
class context_registry {
public:
    class entry {
    public:
        /// Gives away what must not outlive the context.
        virtual std::shared_ptr<void> on_context_shutdown() noexcept = 0;

    protected:
        ~entry() = default;
    };

    static std::shared_ptr<context_registry> of(asio::execution_context& context)
    {
        return asio::use_service<registry_service>(context).registry;
    }

    void add(entry& one)
    {
        const std::lock_guard lock{mutex_};
        all_.push_back(&one);
    }
    /// Destroys under the lock what `one` holds: the context waits for it.
    void remove(entry& one) noexcept
    {
        const std::lock_guard lock{mutex_};
        std::erase(all_, &one);
        one.on_context_shutdown();
    }

private:
    class registry_service final : public asio::execution_context::service {
    public:
        static inline asio::execution_context::id id;
        using key_type = registry_service;
        explicit registry_service(asio::execution_context& context) : service{context} {}
        const std::shared_ptr<context_registry> registry = std::make_shared<context_registry>();

    private:
        void shutdown() override { registry->end(); }
    };

    void end()
    {
        std::vector<std::shared_ptr<void>> remains; // destroyed without the lock: they may hold other entries
        const std::lock_guard lock{mutex_};
        remains.reserve(all_.size());
        for (auto* one : all_)
            remains.push_back(one->on_context_shutdown());
        all_.clear();
    }

    std::recursive_mutex mutex_; // what an entry held may hold another one
    std::vector<entry*> all_;
};

/// A `T` with parts of Asio (executors, timers, handlers) that goes when its execution context goes, whoever still
/// holds this: Asio's objects must not outlive their context.
template <class T>
class context_bound final : context_registry::entry {
public:
    template <class... Arguments>
    explicit context_bound(asio::execution_context& context, Arguments&&... arguments)
        : registry_{context_registry::of(context)}, value_{
                                                        std::make_shared<T>(std::forward<Arguments>(arguments)...)}
    {
        registry_->add(*this);
    }
    ~context_bound() { registry_->remove(*this); }
    context_bound(const context_bound&) = delete;
    context_bound& operator=(const context_bound&) = delete;

    /// Calls `f` with the `T` under this object's lock; false if the context is gone. Thread-safe. `f` must not use
    /// this object again.
    template <class F>
    bool with(F f)
    {
        const std::lock_guard lock{mutex_};
        if (!value_)
            return false;
        f(*value_);
        return true;
    }

    /// The `T` without a lock, for what only one strand uses. Only in a handler that runs in the context.
    T& here() noexcept { return *value_; }

private:
    std::shared_ptr<void> on_context_shutdown() noexcept override
    {
        const std::lock_guard lock{mutex_};
        return std::move(value_);
    }

    std::shared_ptr<context_registry> registry_;
    std::mutex mutex_;
    std::shared_ptr<T> value_;
};

/// A strand that may be held by whomever for as long as they like.
class bound_strand {
public:
    using strand_type = asio::strand<asio::any_io_executor>;

    explicit bound_strand(const asio::any_io_executor& executor)
        : strand_{asio::query(executor, asio::execution::context), executor}
    {}

    /// Runs `f` on the strand, later. Does nothing once the context is gone. Thread-safe.
    template <class F>
    void post(F f)
    {
        strand_.with([&f](strand_type& s) { asio::post(s, std::move(f)); });
    }

    /// Only on the strand, or while the context cannot end.
    const strand_type& here() noexcept { return strand_.here(); }
    /// The executor that the strand was made on; an empty one once the context is gone. Thread-safe.
    asio::any_io_executor executor()
    {
        asio::any_io_executor out;
        strand_.with([&out](const strand_type& s) { out = s.get_inner_executor(); });
        return out;
    }

private:
    context_bound<strand_type> strand_;
};

} // namespace fanfare::detail

#endif

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
class context_guests {
public:
    class guest {
    public:
        /// Gives away what must not outlive the context.
        virtual std::shared_ptr<void> give_up() noexcept = 0;

    protected:
        ~guest() = default;
    };

    static std::shared_ptr<context_guests> of(asio::execution_context& context)
    {
        return asio::use_service<keeper>(context).guests;
    }

    void add(guest& g)
    {
        const std::lock_guard lock{mutex_};
        all_.push_back(&g);
    }
    /// Destroys under the lock what `g` holds: the context waits for it.
    void remove(guest& g) noexcept
    {
        const std::lock_guard lock{mutex_};
        std::erase(all_, &g);
        g.give_up();
    }

private:
    class keeper final : public asio::execution_context::service {
    public:
        static inline asio::execution_context::id id;
        using key_type = keeper;
        explicit keeper(asio::execution_context& context) : service{context} {}
        const std::shared_ptr<context_guests> guests = std::make_shared<context_guests>();

    private:
        void shutdown() override { guests->end(); }
    };

    void end()
    {
        std::vector<std::shared_ptr<void>> remains; // destroyed without the lock: they may hold other guests
        const std::lock_guard lock{mutex_};
        remains.reserve(all_.size());
        for (auto* g : all_)
            remains.push_back(g->give_up());
        all_.clear();
    }

    std::recursive_mutex mutex_; // what a guest held may hold another guest
    std::vector<guest*> all_;
};

/// A `T` with parts of Asio (executors, timers, handlers) that goes when its execution context goes, whoever still
/// holds this: Asio's objects must not outlive their context.
template <class T>
class context_bound final : context_guests::guest {
public:
    template <class... Arguments>
    explicit context_bound(asio::execution_context& context, Arguments&&... arguments)
        : guests_{context_guests::of(context)}, value_{std::make_shared<T>(std::forward<Arguments>(arguments)...)}
    {
        guests_->add(*this);
    }
    ~context_bound() { guests_->remove(*this); }
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
    std::shared_ptr<void> give_up() noexcept override
    {
        const std::lock_guard lock{mutex_};
        return std::move(value_);
    }

    std::shared_ptr<context_guests> guests_;
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

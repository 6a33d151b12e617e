// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_SIMULATION_LANE_HPP
#define FANFARE_TESTS_SIMULATION_LANE_HPP

#include "scheduler.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution.hpp>
#include <boost/asio/io_context.hpp>

#include <deque>
#include <functional>
#include <memory>
#include <utility>

namespace fanfare::simulation {

namespace asio = boost::asio;

// What a thread is to a shard: runs what is posted in order, one at a time, when the virtual clock says so.
class lane {
public:
    lane(scheduler& clock, asio::io_context& context) : clock_{clock}, context_{context} {}
    lane(const lane&) = delete;
    lane& operator=(const lane&) = delete;

    // As long as the lane. `context` is where Asio's services live; its own handlers (timers) are never run.
    class executor_type {
    public:
        explicit executor_type(lane& on) noexcept : lane_{&on} {}
        asio::execution_context& query(asio::execution::context_t) const noexcept { return lane_->context_; }
        static constexpr asio::execution::blocking_t query(asio::execution::blocking_t) noexcept
        {
            return asio::execution::blocking.never;
        }
        executor_type require(asio::execution::blocking_t::never_t) const noexcept { return *this; }
        template <class F>
        void execute(F f) const
        {
            lane_->push([held = std::make_shared<F>(std::move(f))] { std::move (*held)(); });
        }
        friend bool operator==(const executor_type&, const executor_type&) noexcept = default;

    private:
        lane* lane_;
    };
    executor_type get_executor() noexcept { return executor_type{*this}; }

    void clear()
    {
        while (!tasks_.empty()) // what goes may post
            std::deque<std::function<void()>>{}.swap(tasks_);
    }

private:
    void push(std::function<void()> task)
    {
        tasks_.push_back(std::move(task));
        if (tasks_.size() == 1)
            arm();
    }
    void arm()
    {
        clock_.after(clock_.moment(1, 40), [this] {
            if (tasks_.empty())
                return;
            const auto task = std::move(tasks_.front());
            task();
            tasks_.pop_front(); // not before: what the task posts must not arm a second time
            if (!tasks_.empty())
                arm();
        });
    }

    scheduler& clock_;
    asio::io_context& context_;
    std::deque<std::function<void()>> tasks_;
};

} // namespace fanfare::simulation

#endif

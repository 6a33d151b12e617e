// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_SIMULATION_SCHEDULER_HPP
#define FANFARE_TESTS_SIMULATION_SCHEDULER_HPP

#include <algorithm>
#include <cstdint>
#include <functional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace fanfare::simulation {

using ticks = std::uint64_t;

// Numbers from a seed (splitmix64): the same with every standard library.
class dice {
public:
    explicit dice(std::uint64_t seed) : state_{mixed(mixed(seed))} {}
    std::uint64_t bits() { return mixed(state_ += 0x9e3779b97f4a7c15u); }
    // From 0 to below `end`; 0 for 0.
    std::uint64_t below(std::uint64_t end) { return end == 0 ? 0 : bits() % end; }
    std::uint64_t between(std::uint64_t first, std::uint64_t last) { return first + below(last - first + 1); }
    bool percent(std::uint64_t p) { return below(100) < p; }
    template <class T>
    T& one_of(std::vector<T>& all)
    {
        return all[below(all.size())];
    }

private:
    static std::uint64_t mixed(std::uint64_t z) noexcept
    {
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
    }
    std::uint64_t state_;
};

// The virtual clock: runs what is due in an order that follows from the seed alone.
class scheduler {
public:
    scheduler(std::uint64_t seed, bool tracing) : random{seed}, tracing_{tracing} {}

    dice random;
    // Nothing fails any more, and everything is quick.
    bool calm = false;

    void after(ticks delay, std::function<void()> what)
    {
        queue_.push_back({now_ + delay, next_++, std::move(what)});
        std::push_heap(queue_.begin(), queue_.end());
    }
    // False when there is nothing left to do.
    bool step()
    {
        if (queue_.empty())
            return false;
        std::pop_heap(queue_.begin(), queue_.end());
        const auto due = std::move(queue_.back());
        queue_.pop_back();
        now_ = due.when;
        ++steps_;
        due.what();
        return true;
    }
    ticks now() const noexcept { return now_; }
    std::uint64_t steps() const noexcept { return steps_; }
    // A short while, now and then a long one.
    ticks moment(ticks usual, ticks longest)
    {
        return !calm && random.percent(4) ? random.below(longest + 1) : random.below(usual + 1);
    }
    bool mishap(std::uint64_t p) { return !calm && random.percent(p); }

    template <class... Parts>
    void note(const Parts&... parts)
    {
        if (!tracing_)
            return;
        std::ostringstream line;
        line << '[' << steps_ << " @" << now_ << "] ";
        (line << ... << parts);
        trace_.push_back(line.str());
    }
    // The first breach counts.
    template <class... Parts>
    void broken(const Parts&... parts)
    {
        if (!breach_.empty())
            return;
        std::ostringstream line;
        (line << ... << parts);
        breach_ = line.str();
        note("BROKEN: ", breach_);
    }
    const std::string& breach() const noexcept { return breach_; }
    const std::vector<std::string>& trace() const noexcept { return trace_; }

private:
    struct event {
        ticks when;
        std::uint64_t number;
        std::function<void()> what;
        // The heap's top is the earliest.
        friend bool operator<(const event& a, const event& b) noexcept
        {
            return a.when != b.when ? a.when > b.when : a.number > b.number;
        }
    };
    std::vector<event> queue_;
    ticks now_ = 0;
    std::uint64_t next_ = 0;
    std::uint64_t steps_ = 0;
    bool tracing_;
    std::vector<std::string> trace_;
    std::string breach_;
};

} // namespace fanfare::simulation

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SHARD_TURNS_HPP
#define FANFARE_DETAIL_SHARD_TURNS_HPP

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <unordered_map>
#include <utility>

namespace fanfare::detail {

/// Work that is done for a connection one after the other, though it may end long after it has begun: as long as some is
/// under way, the next waits. Kept by the connection's number, so that one for which nothing is to be done costs nothing.
/// Only on the shard.
class turns {
public:
    using task = std::function<void()>;
    /// For one connection.
    static constexpr std::size_t max_waiting = 64;

    /// Calls `work` when its turn has come, at once if nothing is before it and the connection is `ready`. It is under
    /// way until `next` is called. False: too many wait already, and it is never called.
    bool enter(std::uint64_t number, task work, bool ready)
    {
        auto& one = lines_[number];
        if (one.busy || !ready || !one.waiting.empty()) {
            if (one.waiting.size() == max_waiting)
                return false;
            one.waiting.push_back(std::move(work));
            return true;
        }
        one.busy = true;
        work();
        return true;
    }
    /// What was under way has ended, or the connection has become ready.
    void next(std::uint64_t number)
    {
        const auto at = lines_.find(number);
        if (at == lines_.end())
            return;
        if (at->second.waiting.empty()) {
            lines_.erase(at);
            return;
        }
        const auto work = std::move(at->second.waiting.front());
        at->second.waiting.pop_front();
        at->second.busy = true;
        work();
    }
    /// The connection has ended: what waits is never called.
    void drop(std::uint64_t number)
    {
        const auto dropped = lines_.extract(number); // what it holds may call this again
    }
    /// The same for all; the answer holds what has to go.
    std::shared_ptr<void> release()
    {
        return std::make_shared<std::unordered_map<std::uint64_t, line>>(std::exchange(lines_, {}));
    }
    /// Connections for which something is under way or waits.
    std::size_t size() const noexcept { return lines_.size(); }

private:
    struct line {
        bool busy = false;
        std::deque<task> waiting;
    };
    std::unordered_map<std::uint64_t, line> lines_;
};

} // namespace fanfare::detail

#endif

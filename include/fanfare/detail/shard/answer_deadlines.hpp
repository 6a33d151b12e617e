// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SHARD_ANSWER_DEADLINES_HPP
#define FANFARE_DETAIL_SHARD_ANSWER_DEADLINES_HPP

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>

namespace fanfare::detail {

/// What waits for an answer of the application's for a limited time.
class awaits_answer {
public:
    virtual ~awaits_answer() = default;
    /// The answer did not come in time.
    virtual void expire() = 0;
};

/// A shard's questions to the application, in the order of their deadlines: each has the same time. They have no
/// timer of their own, which would keep the executor busy when the connections have ended: the shard's clock looks
/// at them. Only on the shard.
class answer_deadlines {
public:
    /// Returns what to call `remove` with.
    std::uint64_t add(std::uint32_t tick, std::weak_ptr<awaits_answer> what)
    {
        waiting_.emplace_hint(waiting_.end(), ++latest_, entry{tick, std::move(what)});
        return latest_;
    }
    /// It has been answered. Nothing happens if it has expired.
    void remove(std::uint64_t number) noexcept { waiting_.erase(number); }
    /// Those end whose time is over. What they call may ask anew.
    void expire(std::uint32_t now)
    {
        while (!waiting_.empty() && waiting_.begin()->second.tick <= now) {
            const auto what = waiting_.begin()->second.what.lock();
            waiting_.erase(waiting_.begin());
            if (what)
                what->expire();
        }
    }
    /// All end, since nobody waits for an answer any more.
    void expire_all() { expire(UINT32_MAX); }
    std::size_t size() const noexcept { return waiting_.size(); }

private:
    struct entry {
        std::uint32_t tick;
        std::weak_ptr<awaits_answer> what;
    };
    std::map<std::uint64_t, entry> waiting_;
    std::uint64_t latest_ = 0;
};

} // namespace fanfare::detail

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REDIS_COMMAND_QUEUE_HPP
#define FANFARE_DETAIL_REDIS_COMMAND_QUEUE_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/redis/reply.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/error_code.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace fanfare::detail {

/// The commands of a pipeline. Their handlers may hold Asio's objects, so all this goes with the context.
struct redis_command_queue {
    using clock = std::chrono::steady_clock;
    using handler = std::function<void(error_code, const redis_value&)>;

    struct entry {
        handler done;
        std::size_t bytes = 0;
        clock::time_point queued{}; // since when it waits; set while `blocked` only
        bool prompt = false;        // does not wait while Redis is away
    };
    // Commands that wait, and their bytes on the wire. Those at the front that have timed out stay for a while, since
    // taking each one off would move all the others.
    struct lane {
        std::string bytes;
        std::vector<entry> entries;
        std::size_t gone = 0; // entries at the front that have timed out
        std::size_t gone_bytes = 0;

        bool empty() const noexcept { return gone == entries.size(); }
        auto begin() { return entries.begin() + static_cast<std::ptrdiff_t>(gone); }
        // The first `count` entries, of `size` bytes, have timed out.
        void drop_front(std::size_t count, std::size_t size)
        {
            gone += count;
            gone_bytes += size;
            if (2 * gone_bytes >= bytes.size() || 2 * gone >= entries.size())
                compact();
        }
        void compact()
        {
            entries.erase(entries.begin(), begin());
            bytes.erase(0, gone_bytes);
            gone = gone_bytes = 0;
        }
    };
    // Commands that left together.
    struct batch {
        std::vector<entry> entries;
        std::size_t next = 0; // to be answered
        clock::time_point
            due{}; // all of it answered, or the link is given up; set while the pipeline is to rest only
        auto open() const { return entries.begin() + static_cast<std::ptrdiff_t>(next); }
    };

    explicit redis_command_queue(const asio::any_io_executor& executor) : timer{executor}, rest_timer{executor} {}

    // Whether commands wait, and do not leave at once.
    bool blocked() const noexcept { return !up || held; }

    // The commands that wait begin to age now.
    void stamp()
    {
        const auto now = clock::now();
        std::for_each(normal.begin(), normal.entries.end(), [now](entry& e) {
            if (e.queued == clock::time_point{})
                e.queued = now;
        });
    }

    // Takes out what must not wait.
    std::vector<entry> take_prompt()
    {
        std::vector<entry> out, kept;
        std::string bytes;
        normal.compact();
        std::size_t at = 0;
        for (auto& e : normal.entries) {
            if (!e.prompt)
                bytes.append(normal.bytes, at, e.bytes);
            at += e.bytes;
            all_bytes -= e.prompt ? e.bytes : 0;
            (e.prompt ? out : kept).push_back(std::move(e));
        }
        all_messages -= out.size();
        normal.entries = std::move(kept);
        normal.bytes = std::move(bytes);
        return out;
    }

    // Moves the lane's commands to what is written next, and counts them as in flight.
    void send(lane& from, std::string& outgoing)
    {
        if (from.empty())
            return;
        from.compact();
        if (outgoing.empty())
            outgoing.swap(from.bytes);
        else
            outgoing.append(from.bytes);
        from.bytes.clear();
        in_flight.push_back({std::move(from.entries)});
        from.entries = std::exchange(spare, {});
    }

    // Under the lock.
    lane urgent;
    lane normal;
    std::size_t all_messages = 0; // waiting and in flight
    std::size_t all_bytes = 0;
    bool up = false;
    bool away = false; // an attempt to connect has failed since it was up
    bool held = false;
    bool flush_posted = false;
    bool stopped = false;

    // On the strand only.
    std::deque<batch> in_flight;
    std::vector<entry> spare;          // empty, with its memory
    std::size_t answered_messages = 0; // not yet taken off `all_messages`
    std::size_t answered_bytes = 0;
    asio::steady_timer timer;
    bool timing = false;
    asio::steady_timer rest_timer; // for what is under way, or idleness, of a pipeline that is to rest
};

} // namespace fanfare::detail

#endif

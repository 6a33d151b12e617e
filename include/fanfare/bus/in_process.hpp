// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_BUS_IN_PROCESS_HPP
#define FANFARE_BUS_IN_PROCESS_HPP

#include <fanfare/bus.hpp>
#include <fanfare/config.hpp>

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

namespace fanfare {

/// Carries messages between the hubs of one process. Copies share one bus:
/// @code
/// fanfare::in_process_bus bus;
/// fanfare::hub a{ioc_1.get_executor(), bus}, b{ioc_2.get_executor(), bus};
/// @endcode
/// Thread-safe. Publishing takes one lock, shared by a sixteenth of the rooms, for as long as it takes to queue
/// the message: that makes one order a room for all hubs and shards.
class in_process_bus {
public:
    /// Makes a bus of its own, without sinks; copies share it.
    in_process_bus() : state_{std::make_shared<state>()} {}

    /// Has `sink` told of what is published, from now on until `detach` returns. Must not be attached yet.
    /// Thread-safe; not from a call to a sink.
    void attach(bus_sink& sink)
    {
        change([&sink](std::vector<bus_sink*>& sinks) { sinks.push_back(&sink); });
    }
    /// Has `sink` not be called any more, when this returns: waits for calls that are under way in other threads.
    /// Thread-safe; not from a call to a sink.
    void detach(bus_sink& sink)
    {
        change([&sink](std::vector<bus_sink*>& sinks) { std::erase(sinks, &sink); });
    }

    /// Hands a message to all sinks, in the calling thread, before this returns; or refuses it for all if one of them
    /// is not ready. A message that is in a history already is refused by nobody: who is not ready is told `missed`.
    ///
    /// The receipt, which `done` is told too unless it is empty or the message was refused, says how many other hubs
    /// were sent a broadcast or a command; of a room's message it does not say. Errors: what `bus_sink::ready`
    /// answers. `done` is called in the calling thread, with no lock held. Thread-safe; not from a call to a sink.
    bus_receipt publish(const bus_message& message, const bus_done& done = {})
    {
        const auto answer = carry(message);
        if (done && !answer.error)
            done(answer);
        return answer;
    }

    /// True: every sink gets every room's messages, so that there is nothing to wait for. Thread-safe.
    bool join(bus_sink&, std::string_view) noexcept { return true; }
    /// Does nothing. Thread-safe.
    void leave(bus_sink&, std::string_view) noexcept {}

private:
    bus_receipt carry(const bus_message& message)
    {
        auto& s = state_->stripes[std::hash<std::string_view>{}(message.channel) % stripe_count];
        const std::lock_guard lock{s.mutex};
        if (message.at) {
            // It is in the history already: who cannot take it now reads it there.
            for (auto* sink : s.sinks)
                if (sink->check_capacity(message).failed())
                    sink->missed(message.channel);
                else
                    sink->deliver(message);
            return {};
        }
        for (auto* sink : s.sinks)
            if (const auto ec = sink->check_capacity(message))
                return {ec};
        if (message.what == bus_message::kind::room) {
            for (auto* sink : s.sinks)
                sink->deliver(message);
            return {}; // no hub here says whether the room has members there
        }
        auto counted = message;
        counted.hubs = s.sinks.size();
        for (auto* sink : s.sinks)
            sink->deliver(counted);
        return {.nodes = s.sinks.size() - 1};
    }

    static constexpr std::size_t stripe_count = 16;
    struct alignas(64) stripe {
        std::mutex mutex;
        std::vector<bus_sink*> sinks;
    };
    struct state {
        std::array<stripe, stripe_count> stripes;
    };

    template <class F>
    void change(F f)
    {
        for (auto& s : state_->stripes) {
            const std::lock_guard lock{s.mutex};
            f(s.sinks);
        }
    }

    std::shared_ptr<state> state_;
};

static_assert(bus<in_process_bus>);

} // namespace fanfare

#endif

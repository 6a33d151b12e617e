// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTING_RECORDING_SINK_HPP
#define FANFARE_TESTING_RECORDING_SINK_HPP

#include <fanfare/bus.hpp>
#include <fanfare/config.hpp>
#include <fanfare/error.hpp>
#include <fanfare/position.hpp>
#include <fanfare/testing/check.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace fanfare::testing {

/// A hub as a bus sees it, which writes down all that it is told. Thread-safe.
class recording_sink final : public bus_sink {
public:
    /// A message that came.
    struct record {
        bus_message::kind what;
        std::string channel, body, key;
        std::uint64_t except;
        position at{};
        bool operator==(const record&) const = default;
    };

    error_code check_capacity(const bus_message&) noexcept override
    {
        called();
        return full ? error_code{error::queue_full} : error_code{};
    }
    void deliver(const bus_message& m) override
    {
        called();
        const std::lock_guard lock{mutex_};
        all_.push_back({m.what, std::string{m.channel}, std::string{m.body}, std::string{m.key}, m.except, m.at});
        most_hubs_ = std::max(most_hubs_, m.hubs);
        if (keep_order)
            order_.push_back(std::string{m.channel} + ' ' + std::string{m.body});
    }
    void joined(std::string_view room) override
    {
        called();
        const std::lock_guard lock{mutex_};
        joined_.insert(std::string{room});
    }
    void missed(std::string_view room) override
    {
        called();
        const std::lock_guard lock{mutex_};
        ++missed_[std::string{room}];
        if (keep_order)
            order_.push_back(std::string{room} + " missed");
    }
    void changed(const bus_status& status) override
    {
        called();
        const std::lock_guard lock{mutex_};
        up_ = status.up;
        changes_.push_back(status);
    }

    /// What came, in order.
    std::vector<record> all() const
    {
        const std::lock_guard lock{mutex_};
        return all_;
    }
    /// How many messages came.
    std::size_t size() const
    {
        const std::lock_guard lock{mutex_};
        return all_.size();
    }
    /// The bodies that came for this room (or as broadcasts: ""), in order.
    std::vector<std::string> bodies(std::string_view room, bus_message::kind what = bus_message::kind::room) const
    {
        const std::lock_guard lock{mutex_};
        std::vector<std::string> out;
        for (const auto& r : all_)
            if (r.what == what && r.channel == room)
                out.push_back(r.body);
        return out;
    }
    /// Whether a message with this body came.
    bool has(std::string_view body) const
    {
        const std::lock_guard lock{mutex_};
        return std::any_of(all_.begin(), all_.end(), [body](const record& r) { return r.body == body; });
    }
    /// Whether `joined` was called for the room since this was asked last.
    bool take_joined(const std::string& room)
    {
        const std::lock_guard lock{mutex_};
        return joined_.erase(room) != 0;
    }
    /// How often `missed` was called for the room; "" for broadcasts.
    int missed_count(const std::string& room) const
    {
        const std::lock_guard lock{mutex_};
        const auto at = missed_.find(room);
        return at == missed_.end() ? 0 : at->second;
    }
    /// With `keep_order`: "ROOM BODY" and "ROOM missed" in the order in which they came.
    std::vector<std::string> order() const
    {
        const std::lock_guard lock{mutex_};
        return order_;
    }
    /// Whether the bus is up, as far as it has told; without a word it is.
    bool up() const
    {
        const std::lock_guard lock{mutex_};
        return up_;
    }
    /// What `changed` was told, in order.
    std::vector<bus_status> changes() const
    {
        const std::lock_guard lock{mutex_};
        return changes_;
    }
    /// The largest `bus_message::hubs` that came.
    std::size_t most_hubs() const
    {
        const std::lock_guard lock{mutex_};
        return most_hubs_;
    }
    /// Forgets all but `up`.
    void forget()
    {
        const std::lock_guard lock{mutex_};
        all_.clear();
        missed_.clear();
        order_.clear();
        changes_.clear();
    }

    /// While it is set the hub has no room for messages.
    std::atomic<bool> full{false};
    /// To be set when no more calls are allowed; those that come are counted.
    std::atomic<bool> gone{false};
    std::atomic<int> calls_when_gone{0};
    /// Whether `order` is kept; set it before `attach`.
    bool keep_order = false;

private:
    void called() noexcept
    {
        if (gone)
            ++calls_when_gone;
    }

    mutable std::mutex mutex_;
    std::vector<record> all_;
    std::set<std::string> joined_;
    std::map<std::string, int> missed_;
    std::vector<std::string> order_;
    std::vector<bus_status> changes_;
    std::size_t most_hubs_ = 0;
    bool up_ = true;
};

/// A recording sink on a bus: attached, and when it has been made the bus is up, or `came_up` is false. Detached when it
/// ends, unless its sink is `gone`. For one thread, but that several may publish.
template <class Bus>
class attached_sink {
public:
    /// Waits at most `most` for whatever must happen.
    explicit attached_sink(Bus& b, std::chrono::milliseconds most = check_options{}.patience)
        : bus{b}, patience{most}
    {
        bus.attach(sink);
        came_up = eventually(patience, [this] { return sink.up(); });
    }
    ~attached_sink()
    {
        if (!sink.gone)
            bus.detach(sink);
    }
    attached_sink(const attached_sink&) = delete;
    attached_sink& operator=(const attached_sink&) = delete;

    /// Joins, and waits until that is in force. False if it never was.
    bool join(const std::string& room)
    {
        sink.take_joined(room);
        return bus.join(sink, room) || eventually(patience, [&] { return sink.take_joined(room); });
    }
    /// Publishes; waits a little as long as the bus has too much to do. Answers what the bus did.
    bus_receipt publish(const std::string& room, const std::string& body, bus_done done = {})
    {
        return send({.what = bus_message::kind::room, .channel = room, .body = body}, std::move(done));
    }
    /// The same with any message; its origin is this sink.
    bus_receipt send(bus_message m, bus_done done = {})
    {
        m.origin = &sink;
        const auto deadline = std::chrono::steady_clock::now() + patience;
        auto answer = bus.publish(m, done);
        while (answer.error == error::queue_full && std::chrono::steady_clock::now() < deadline) {
            std::this_thread::sleep_for(std::chrono::milliseconds{1});
            answer = bus.publish(m, done);
        }
        return answer;
    }

    Bus& bus;
    const std::chrono::milliseconds patience;
    recording_sink sink;
    bool came_up = false;
};

} // namespace fanfare::testing

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_TESTING_BUS_WORLD_HPP
#define FANFARE_DETAIL_TESTING_BUS_WORLD_HPP

#include <fanfare/bus.hpp>
#include <fanfare/testing/check.hpp>
#include <fanfare/testing/recording_sink.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace fanfare::detail {

using testing::eventually;
using testing::findings;

/// Nodes with an attached sink for each, what a check of a bus needs to wait, and where it says what it saw.
template <class Nodes>
class bus_world {
public:
    using bus_type = std::remove_cvref_t<decltype((*std::declval<Nodes&>()).bus(0))>;
    using sink_type = testing::attached_sink<bus_type>;
    static_assert(fanfare::bus<bus_type>);

    bus_world(findings& found, std::chrono::milliseconds patience, Nodes nodes, std::size_t n)
        : look{found}, patience_{patience}, nodes_{std::move(nodes)}
    {
        look.about("B1", "attaching a sink to each of " + std::to_string(n) + " nodes");
        for (std::size_t i = 0; i != n; ++i) {
            sinks_.push_back(visit(i));
            look.require(sinks_.back()->came_up, "the bus comes up");
        }
    }

    sink_type& operator[](std::size_t i) { return *sinks_[i]; }
    std::size_t size() const { return sinks_.size(); }
    bus_type& bus(std::size_t i) { return nodes_->bus(i); }
    /// One more sink on a node.
    std::unique_ptr<sink_type> visit(std::size_t i) { return std::make_unique<sink_type>(bus(i), patience_); }

    /// Waits until `holds`; else the check ends with a failure of `clause`.
    template <class F>
    void wait(std::string_view clause, std::string_view step, std::string_view what, F holds)
    {
        look.about(clause, step);
        look.require(eventually(patience_, holds), what);
    }
    void join(sink_type& sink, const std::string& room)
    {
        look.about("B3", "joining " + room);
        look.require(sink.join(room), "join returns true, or joined is called");
    }
    /// Publishes what nothing stands in the way of.
    void publish(sink_type& from, const std::string& room, const std::string& body)
    {
        send(from, {.what = bus_message::kind::room, .channel = room, .body = body});
    }
    void send(sink_type& from, const bus_message& message)
    {
        const auto answer = from.send(message);
        look.about("B8", "publishing " + std::string{message.body.substr(0, 60)} + " while every sink has room");
        look.require_equal("the receipt's error", answer.error, error_code{});
    }

    findings& look;

private:
    const std::chrono::milliseconds patience_;
    Nodes nodes_;
    std::vector<std::unique_ptr<sink_type>> sinks_;
};

/// Calls `turn(i)` again and again in a thread, until it ends.
class repeating_thread {
public:
    explicit repeating_thread(std::function<void(int)> turn)
        : thread_{[this, turn = std::move(turn)] {
              for (int i = 0; !stop_; ++i) {
                  turn(i);
                  if (i % 64 == 63) // others want to work as well
                      std::this_thread::sleep_for(std::chrono::milliseconds{1});
              }
          }}
    {}
    ~repeating_thread() { end(); }
    repeating_thread(const repeating_thread&) = delete;
    repeating_thread& operator=(const repeating_thread&) = delete;

    void end()
    {
        stop_ = true;
        if (thread_.joinable())
            thread_.join();
    }

private:
    std::atomic<bool> stop_{false};
    std::thread thread_;
};

inline std::string numbered_body(std::size_t publisher, int i)
{
    return "{\"n\":\"" + std::to_string(publisher) + '.' + std::to_string(i) + "\"}";
}

} // namespace fanfare::detail

#endif

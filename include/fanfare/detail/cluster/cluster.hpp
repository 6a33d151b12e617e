// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_CLUSTER_CLUSTER_HPP
#define FANFARE_DETAIL_CLUSTER_CLUSTER_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/base/connection_id.hpp>
#include <fanfare/detail/base/lifetime.hpp>
#include <fanfare/detail/cluster/bus_watch.hpp>
#include <fanfare/detail/cluster/command_channel.hpp>
#include <fanfare/detail/shard/shard.hpp>
#include <fanfare/fwd.hpp>
#include <fanfare/message.hpp>
#include <fanfare/stats.hpp>

#include <boost/json/object.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fanfare::detail {

class cluster;
struct cluster_question;

/// The answer of this hub to a command that asks for one. It is sent when the last copy of the pointer has gone, so
/// that work on several shards can add to it.
class command_answer {
public:
    /// `hub` keeps the cluster. `to` is the node that asked, `number` its number of the question.
    command_answer(cluster& owner, std::weak_ptr<void> hub, std::string to, std::int64_t number);
    ~command_answer();
    command_answer(const command_answer&) = delete;
    command_answer& operator=(const command_answer&) = delete;

    std::atomic<std::size_t> connections{0}; // that the command concerned
    std::size_t hubs = 1;                    // of this process
    bool with_stats = false;
    std::atomic<bool> withheld{false}; // the command was not carried out: whoever asked must not count this hub

private:
    cluster& owner_;
    std::weak_ptr<void> hub_;
    std::string to_;
    std::int64_t number_;
};
using command_answer_ptr = std::shared_ptr<command_answer>;

/// What a `cluster` works with.
struct cluster_parts {
    const hub_options& options;
    const node_id& node;
    shard& first;
    const command_channel& channel;
    const bus_watch& bus;
    std::function<hub_stats()> stats; // of this hub
    const lifetime& life;
};

/// Commands to all hubs of the bus that ask for an answer, and what is known of the other hubs.
/// `ask`, `on_message` and `on_tick` are thread-safe; the rest happens on the first shard.
class cluster {
public:
    /// One hub's answer: its node and what it said.
    using answers = std::map<std::string, json::object>;
    using asked = std::function<void(error_code, const answers&)>;
    using stats_done = std::function<void(error_code, const cluster_stats&)>;

    explicit cluster(cluster_parts parts) : parts_{std::move(parts)} {}
    cluster(const cluster&) = delete;
    cluster& operator=(const cluster&) = delete;

    /// Sends a command to every hub, this one included, and waits until all have answered, or for `timeout`: then
    /// `done` gets `timed_out` and the answers that came. Where the bus does not know how many hubs there are, it waits
    /// for all of `timeout`, and that is no error. While the bus is down: `bus_unavailable`, and nothing is sent.
    void ask(json::object command, std::chrono::milliseconds timeout, asked done);
    /// Asks all hubs, after the call. Those who call soon one after the other share the questions.
    void stats(std::chrono::milliseconds timeout, stats_done done);

    /// Takes a message between hubs. True if it was an answer or a sign of life, false if it is a command; then
    /// `answer` is what to fill in, if it wants an answer.
    bool on_message(std::string_view type, const json::object& message, command_answer_ptr& answer);
    /// Gives a sign of life if it is time.
    void on_tick();
    /// Hubs that were heard of not long ago, this one included. Thread-safe.
    std::size_t nodes() const;
    /// Tells the others that this hub goes.
    void announce_leaving();

private:
    struct known_node {
        hub_stats last;
        std::chrono::steady_clock::time_point heard;
    };
    friend class command_answer;
    void take_answer(const json::object& message);
    void note_node(const std::string& node, const json::object& message, bool gone);
    std::chrono::steady_clock::time_point oldest_sign_of_life() const;
    void forget_silent_nodes();
    void ask_for_stats();
    cluster_stats summary(const answers& said);

    cluster_parts parts_;
    std::atomic<std::int64_t> next_number_{1};
    std::atomic<std::int64_t> next_heartbeat_{0}; // milliseconds of the steady clock
    // On the first shard. Each question is owned by the wait for its timer.
    std::map<std::int64_t, std::weak_ptr<cluster_question>> questions_;
    std::map<std::string, known_node> nodes_; // changed under the lock
    mutable std::mutex nodes_mutex_;
    // Who waits for the next question about the counters, by how long they want to wait for its answers.
    std::map<std::chrono::milliseconds, std::vector<stats_done>> stats_waiters_;
    std::chrono::steady_clock::time_point stats_asked_{}; // last
};

/// The connections that a command concerned, on all hubs that answered.
std::size_t connections_in(const cluster::answers& said);

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/cluster/cluster.ipp>
#endif

#endif

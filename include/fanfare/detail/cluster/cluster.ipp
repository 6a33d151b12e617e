// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_CLUSTER_CLUSTER_IPP
#define FANFARE_DETAIL_CLUSTER_CLUSTER_IPP

#include <fanfare/detail/base/clock_math.hpp>
#include <fanfare/detail/base/json_fields.hpp>
#include <fanfare/detail/cluster/cluster.hpp>
#include <fanfare/detail/cluster/stats_fields.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <optional>
#include <utility>

namespace fanfare::detail {

// Hubs that are remembered at most: the table is filled by whoever may write to the bus.
inline constexpr std::size_t max_known_nodes = 1024;
// Signs of life that a hub may miss before it is forgotten.
inline constexpr int heartbeats_to_forget = 3;
// Hubs are asked for their counters no more often: each question costs a message from every hub to every hub.
inline constexpr std::chrono::milliseconds stats_interval{500};

inline std::int64_t steady_now_ms() noexcept
{
    using namespace std::chrono;
    return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

// A question that waits for answers. Only on the first shard.
struct cluster_question {
    cluster_question(const asio::any_io_executor& ex, std::string own_node) : timer{ex}, own{std::move(own_node)}
    {}
    asio::steady_timer timer;
    std::string own;
    cluster::answers said;
    std::optional<std::size_t> others; // other hubs of this process, and other processes, if the bus knows
    bool sent = false;
    cluster::asked done;

    // A process with several hubs is one subscriber of the bus: each answer is one part of its process.
    void look()
    {
        const auto mine = said.find(own);
        if (!sent || !others || mine == said.end())
            return;
        double processes = 0;
        for (const auto& [node, fields] : said)
            processes += 1.0 / static_cast<double>(hubs_in(fields));
        if (processes > static_cast<double>(*others + 2 - hubs_in(mine->second)) - 0.001)
            finish({});
    }
    static std::size_t hubs_in(const json::object& answer)
    {
        return static_cast<std::size_t>(std::clamp<std::int64_t>(int_field(answer, "hubs").value_or(0), 1, 1024));
    }
    void finish(error_code ec)
    {
        if (const auto tell = std::exchange(done, {})) {
            timer.cancel();
            tell(ec, said);
        }
    }
};

// ---- answers of this hub

FANFARE_DECL command_answer::command_answer(cluster& owner, std::weak_ptr<void> hub, std::string to,
                                            std::int64_t number)
    : owner_{owner}, hub_{std::move(hub)}, to_{std::move(to)}, number_{number}
{}

FANFARE_DECL command_answer::~command_answer()
{
    const auto hub = hub_.lock();
    if (!hub || withheld)
        return;
    const auto& parts = owner_.parts_;
    json::object answer{{"type", "answer"},          {"to", to_},    {"number", number_},
                        {"node", parts.node.text()}, {"hubs", hubs}, {"connections", connections.load()}};
    if (with_stats)
        answer["stats"] = stats_fields(parts.stats());
    // In a turn of its own: this may be inside of the bus.
    parts.first.post([&owner = owner_, answer = std::move(answer), mine = to_ == parts.node.text()](shard&) {
        if (mine)
            owner.take_answer(answer);
        else
            owner.parts_.channel.send(answer); // one that is lost is missed by who asked
    });
}

// ---- questions of this hub

FANFARE_DECL void cluster::ask(json::object command, std::chrono::milliseconds timeout, asked done)
{
    parts_.first.post([this, command = std::move(command), timeout, done = std::move(done)](shard& home) {
        if (!parts_.bus.up())
            return done(error::bus_unavailable, {}); // it would be carried out whenever, and nobody would know
        const auto question = std::make_shared<cluster_question>(home.executor(), parts_.node.text());
        const auto number = next_number_++;
        question->done = done;
        questions_[number] = question;
        question->timer.expires_after(bounded_time(timeout));
        question->timer.async_wait([this, keep = parts_.life.keep(), question, number](error_code) {
            questions_.erase(number);
            // A bus that does not know how many hubs there are cannot say that one is missing.
            question->finish(question->sent && !question->others ? error_code{} : error_code{error::timed_out});
        });
        auto text = command;
        text["ask"] = number;
        text["from"] = parts_.node.text();
        const auto sent = [this, keep = parts_.life.keep(),
                           weak = std::weak_ptr{question}](const bus_receipt& fate) {
            parts_.first.post([weak, fate](shard&) {
                const auto waiting = weak.lock();
                if (!waiting)
                    return;
                waiting->sent = true;
                if (fate.nodes)
                    waiting->others = *fate.nodes;
                fate.error ? waiting->finish(fate.error) : waiting->look();
            });
        };
        if (const auto refused = parts_.channel.send(text, sent))
            question->finish(refused);
    });
}

FANFARE_DECL void cluster::stats(std::chrono::milliseconds timeout, stats_done done)
{
    parts_.first.post([this, timeout, done = std::move(done)](shard& home) {
        const bool first = stats_waiters_.empty();
        stats_waiters_[timeout].push_back(done);
        if (!first)
            return; // that question follows
        const auto due = stats_asked_ + stats_interval, now = std::chrono::steady_clock::now();
        if (now >= due)
            return ask_for_stats();
        home.run_after(std::chrono::ceil<std::chrono::milliseconds>(due - now),
                       [this](shard&) { ask_for_stats(); });
    });
}

FANFARE_DECL void cluster::ask_for_stats()
{
    stats_asked_ = std::chrono::steady_clock::now();
    for (auto& [timeout, waiting] : std::exchange(stats_waiters_, {}))
        ask({{"type", "stats"}}, timeout,
            [this, waiting = std::move(waiting)](error_code ec, const answers& said) {
                const auto all = summary(said);
                if (ec == error::timed_out && !said.empty())
                    ec = {}; // a node that does not answer is named in the summary
                for (const auto& tell : waiting)
                    tell(ec, all);
            });
}

FANFARE_DECL std::size_t connections_in(const cluster::answers& said)
{
    std::size_t all = 0;
    for (const auto& [node, fields] : said)
        all += static_cast<std::size_t>(std::max<std::int64_t>(0, int_field(fields, "connections").value_or(0)));
    return all;
}

FANFARE_DECL cluster_stats cluster::summary(const answers& said)
{
    cluster_stats all;
    for (const auto& [node, fields] : said) {
        all.nodes.push_back({.id = node, .responded = true, .stats = read_stats(fields.if_contains("stats"))});
        const auto& one = all.nodes.back().stats;
        all.connections += one.connections;
        all.rooms += one.rooms;
        all.users += one.users;
    }
    const auto now = std::chrono::steady_clock::now();
    forget_silent_nodes();
    for (const auto& [node, known] : nodes_)
        if (!said.contains(node))
            all.nodes.push_back(
                {.id = node,
                 .responded = false,
                 .heard_ago = std::chrono::duration_cast<std::chrono::milliseconds>(now - known.heard),
                 .stats = known.last});
    return all;
}

// ---- what the others say

FANFARE_DECL bool cluster::on_message(std::string_view type, const json::object& message,
                                      command_answer_ptr& answer)
{
    const bool mine = text_field(message, "to") == parts_.node.text();
    if (type == "answer") {
        if (mine)
            parts_.first.post([this, message](shard&) { take_answer(message); });
        return true;
    }
    if (type == "node" || type == "node_gone") {
        if (const auto node = text_field(message, "node"); node.size() == 16 && node != parts_.node.text())
            parts_.first.post(
                [this, node, message, gone = type == "node_gone"](shard&) { note_node(node, message, gone); });
        return true;
    }
    if (const auto number = int_field(message, "ask").value_or(0))
        answer = std::make_shared<command_answer>(*this, parts_.life.weak(), text_field(message, "from"), number);
    return false;
}

FANFARE_DECL void cluster::take_answer(const json::object& message)
{
    const auto at = questions_.find(int_field(message, "number").value_or(0));
    const auto question = at == questions_.end() ? nullptr : at->second.lock();
    const auto node = text_field(message, "node");
    if (!question || node.size() != 16 || question->said.size() >= max_known_nodes)
        return;
    question->said.emplace(node, message);
    question->look();
}

FANFARE_DECL void cluster::note_node(const std::string& node, const json::object& message, bool gone)
{
    forget_silent_nodes();
    const std::lock_guard lock{nodes_mutex_};
    if (gone)
        nodes_.erase(node);
    else if (nodes_.size() < max_known_nodes || nodes_.contains(node))
        nodes_[node] = {read_stats(message.if_contains("stats")), std::chrono::steady_clock::now()};
}

FANFARE_DECL std::chrono::steady_clock::time_point cluster::oldest_sign_of_life() const
{
    return std::chrono::steady_clock::now() - heartbeats_to_forget * parts_.options.heartbeat_interval;
}

FANFARE_DECL void cluster::forget_silent_nodes()
{
    const std::lock_guard lock{nodes_mutex_};
    std::erase_if(nodes_, [limit = oldest_sign_of_life()](const auto& one) { return one.second.heard < limit; });
}

FANFARE_DECL std::size_t cluster::nodes() const
{
    const std::lock_guard lock{nodes_mutex_};
    return 1 + static_cast<std::size_t>(
                   std::count_if(nodes_.begin(), nodes_.end(), [limit = oldest_sign_of_life()](const auto& one) {
                       return one.second.heard >= limit;
                   }));
}

FANFARE_DECL void cluster::on_tick()
{
    const auto interval = parts_.options.heartbeat_interval.count();
    auto due = next_heartbeat_.load();
    const auto now = steady_now_ms();
    if (interval == 0 || now < due || !next_heartbeat_.compare_exchange_strong(due, now + interval))
        return;
    // A sign of life that is lost costs nothing: the next one follows.
    parts_.channel.send({{"type", "node"}, {"node", parts_.node.text()}, {"stats", stats_fields(parts_.stats())}});
}

FANFARE_DECL void cluster::announce_leaving()
{
    if (next_heartbeat_.load() != 0)
        parts_.channel.send({{"type", "node_gone"}, {"node", parts_.node.text()}});
}

} // namespace fanfare::detail

#endif

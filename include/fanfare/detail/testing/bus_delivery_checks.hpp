// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_TESTING_BUS_DELIVERY_CHECKS_HPP
#define FANFARE_DETAIL_TESTING_BUS_DELIVERY_CHECKS_HPP

// What becomes of what is published: order, losses, refusals, answers.
#include <fanfare/detail/testing/bus_world.hpp>
#include <fanfare/detail/testing/joined_threads.hpp>
#include <fanfare/testing/recording_sink.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace fanfare::detail {

/// Each body once, where it came first.
inline std::vector<std::string> first_of_each(const std::vector<std::string>& bodies)
{
    std::vector<std::string> out;
    std::set<std::string> known;
    std::copy_if(bodies.begin(), bodies.end(), std::back_inserter(out),
                 [&known](const auto& body) { return known.insert(body).second; });
    return out;
}

/// Three nodes have published to two rooms, each to both in turn: what came?
template <class World>
void look_at_order(World& w, const std::string& room, int first, int count)
{
    const auto seen_by = [&](std::size_t i) { return w[i].sink.bodies(room); };
    const auto all = w.size() * static_cast<std::size_t>(count) / 2;
    for (std::size_t i = 0; i != w.size(); ++i) {
        const auto came = seen_by(i);
        const auto each = first_of_each(came);
        const auto step =
            std::to_string(w.size()) + " nodes publish to " + room + ", seen at node " + std::to_string(i);
        w.look.about("B7", step);
        w.look.require_equal("the number of different messages that came", each.size(), all);
        w.look.about("B6", step);
        w.look.require_equal("the number of messages that came", came.size(), all);
        w.look.about("B5", step);
        w.look.expect(came == seen_by(0), "the messages come in the order in which node 0 sees them");
    }
    const auto order = seen_by(0);
    for (std::size_t p = 0; p != w.size(); ++p) {
        std::vector<std::string> own, expected;
        for (const auto& body : order)
            if (body.starts_with("{\"n\":\"" + std::to_string(p) + '.'))
                own.push_back(body);
        for (int i = first; i < count; i += 2)
            expected.push_back(numbered_body(p, i));
        w.look.about("B5", "one thread of node " + std::to_string(p) + " publishes to " + room);
        w.look.expect(own == expected, "its messages come in the order in which it published them");
    }
}

template <class World>
void check_one_order(World& w)
{
    constexpr int count = 400;
    const std::string rooms[] = {"chat:a", "chat:b"};
    for (std::size_t i = 0; i != w.size(); ++i)
        for (const auto& room : rooms)
            w.join(w[i], room);
    std::atomic<int> refused{0};
    joined_threads publishers;
    for (std::size_t p = 0; p != w.size(); ++p)
        publishers.run([&, p] {
            for (int i = 0; i != count; ++i)
                if (w[p].publish(rooms[i % 2], numbered_body(p, i)).error)
                    ++refused;
        });
    publishers.join();
    w.look.about("B8", "three threads publish while every sink has room");
    w.look.require_equal("the number of refused messages", refused.load(), 0);
    for (std::size_t i = 0; i != w.size(); ++i)
        for (const auto& room : rooms)
            (void)eventually(w[i].patience,
                             [&] { return first_of_each(w[i].sink.bodies(room)).size() >= w.size() * count / 2; });
    look_at_order(w, rooms[0], 0, count);
    look_at_order(w, rooms[1], 1, count);
}

// Under backpressure a bus may refuse a message, or take it and tell the hole. Both must be the truth.
template <class World>
void check_refusal(World& w)
{
    const std::string lost = R"({"lost":1})", after = R"({"after":1})";
    const std::string step = "publishing while the sink of node 0 answers queue_full";
    w.join(w[0], "chat:a");
    w.join(w[1], "chat:a");
    std::atomic<int> calls{0};
    w[0].sink.full = true;
    const auto answer = w[0].bus.publish({.channel = "chat:a", .body = lost, .origin = &w[0].sink},
                                         [&calls](const bus_receipt&) { ++calls; });
    if (!answer.error)
        w.wait("B7", step, "a message that the bus took is told as missed at node 0",
               [&] { return w[0].sink.missed_count("chat:a") == 1 || w[0].sink.has(lost); });
    w[0].sink.full = false;
    w.publish(w[0], "chat:a", after);
    for (std::size_t i = 0; i != 2; ++i)
        w.wait("B7", "publishing when it has room again", "the message comes",
               [&] { return w[i].sink.has(after); });
    w.look.about("B8", step);
    w.look.expect(!w[0].sink.has(lost), "a sink without room does not get the message");
    w.look.equal("whether node 1 got the message, as the bus " + std::string{answer.error ? "refused" : "took"} +
                     " it",
                 w[1].sink.has(lost), !answer.error);
    w.look.equal("how often missed is called at node 1", w[1].sink.missed_count("chat:a"), 0);
    if (answer.error) {
        w.look.about("B11", step);
        w.look.equal("the calls of done for a message that was refused", calls.load(), 0);
    }
}

template <class World>
void check_broadcasts_and_control(World& w)
{
    using kind = bus_message::kind;
    const auto n = w.size();
    for (std::size_t i = 0; i != n; ++i) {
        w.send(w[i], {.what = kind::broadcast, .body = numbered_body(i, 1)});
        w.send(w[i], {.what = kind::control, .body = "do " + std::to_string(i)});
    }
    for (std::size_t i = 0; i != n; ++i) {
        const auto& sink = w[i].sink;
        w.wait("B9", "each of three nodes sends a broadcast and a command",
               "all six reach node " + std::to_string(i) + " as what they are", [&] {
                   return first_of_each(sink.bodies("", kind::broadcast)).size() == n &&
                          first_of_each(sink.bodies("", kind::control)).size() == n;
               });
        w.look.about("B6", "each of three nodes sends a broadcast and a command");
        w.look.require_equal("the number of messages at node " + std::to_string(i), sink.size(), 2 * n);
        w.look.about("B5", "each of three nodes sends a broadcast and a command");
        w.look.equal("the order of broadcasts", sink.bodies("", kind::broadcast),
                     w[0].sink.bodies("", kind::broadcast));
        w.look.equal("the order of commands", sink.bodies("", kind::control), w[0].sink.bodies("", kind::control));
    }
}

template <class World>
void check_done(World& w)
{
    constexpr int count = 300;
    w.join(w[1], "chat:a");
    struct counted {
        std::vector<std::atomic<int>> calls = std::vector<std::atomic<int>>(2 * count);
        std::atomic<int> errors{0}, all{0}, refused{0};
    };
    const auto seen = std::make_shared<counted>(); // a bus may call later than we wait
    joined_threads publishers;
    for (std::size_t p = 0; p != 2; ++p)
        publishers.run([&, p] {
            for (int i = 0; i != count; ++i) {
                const auto own = p * count + static_cast<std::size_t>(i);
                seen->refused += w[p].publish("chat:a", numbered_body(p, i),
                                              [seen, own](const bus_receipt& r) {
                                                  seen->errors += r.error ? 1 : 0;
                                                  ++seen->calls[own];
                                                  ++seen->all;
                                              })
                                         .error
                                     ? 1
                                     : 0;
            }
        });
    publishers.join();
    w.look.about("B8", "two threads publish while every sink has room");
    w.look.require_equal("the number of refused messages", seen->refused.load(), 0);
    w.wait("B11", "publishing 600 messages", "done is called for each", [&] {
        return std::all_of(seen->calls.begin(), seen->calls.end(), [](const auto& c) { return c != 0; });
    });
    w.wait("B7", "publishing 600 messages", "all of them come", [&] { return w[1].sink.size() >= 2 * count; });
    w.look.about("B11", "publishing 600 messages");
    w.look.equal("the number of calls of done", seen->all.load(), 2 * count);
    w.look.equal("the number of errors that done was told", seen->errors.load(), 0);
}

template <class World>
void check_nodes(World& w)
{
    using kind = bus_message::kind;
    for (const auto what : {kind::broadcast, kind::control}) {
        struct answer_to_one {
            std::atomic<bool> came{false};
            std::optional<std::size_t> nodes;
        };
        const auto told = std::make_shared<answer_to_one>();
        const auto taken = w[0].send({.what = what, .body = "{}"}, [told](const bus_receipt& r) {
            if (told->came)
                return;
            told->nodes = r.nodes;
            told->came = true;
        });
        w.look.about("B8", "one of three nodes sends to all");
        w.look.require_equal("the receipt's error", taken.error, error_code{});
        w.wait("B11", "one of three nodes sends to all", "done is called", [&] { return told->came.load(); });
        w.look.about("B12", "one of three nodes sends to all");
        if (told->nodes)
            w.look.equal("the number of other nodes that were sent it", *told->nodes, w.size() - 1);
    }
}

template <class World>
void check_content(World& w)
{
    using kind = bus_message::kind;
    const std::string room = "device:\xc3\xa9";
    w.join(w[1], room);
    const auto large = "{\"x\":\"" + std::string(200'000, 'x') + "\"}";
    const std::vector<testing::recording_sink::record> sent{
        {kind::room, room, R"({"a":1})", "", 0},
        {kind::room, room, "{\"a\":\"\xf0\x9f\x98\x80\"}", "key 1", 0xfedc'ba98'7654'3210},
        {kind::room, room, large, std::string(100, 'k'), 1},
        {kind::room, room, R"({"a":2,"offset":7,"epoch":"00a1b2c3d4e5f607"})", "k", 0, {0x00a1'b2c3'd4e5'f607, 7}},
    };
    for (const auto& r : sent)
        w.send(
            w[0],
            {.what = r.what, .channel = r.channel, .body = r.body, .key = r.key, .except = r.except, .at = r.at});
    w.wait("B7", "publishing four messages", "they come", [&] { return w[1].sink.size() >= sent.size(); });
    const auto came = w[1].sink.all();
    for (std::size_t i = 0; i != sent.size(); ++i) {
        w.look.about("B10", "message " + std::to_string(i + 1) + " of four that are all different");
        w.look.equal("its kind", came[i].what, sent[i].what);
        w.look.equal("its room", came[i].channel, sent[i].channel);
        w.look.equal("its body", came[i].body, sent[i].body);
        w.look.equal("its key", came[i].key, sent[i].key);
        w.look.equal("except", came[i].except, sent[i].except);
        w.look.equal("its position", came[i].at, sent[i].at);
    }
}

} // namespace fanfare::detail

#endif

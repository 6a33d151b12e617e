// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// The checks of buses find what is wrong with a bus, and name the clause.
#include "support/conformance.hpp"

#include <fanfare/bus.hpp>
#include <fanfare/error.hpp>
#include <fanfare/testing/bus_conformance.hpp>

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace fanfare;

namespace {

enum class fault {
    none,
    attaches_late,      // to a bus in use: the first broadcast after an attach is not for the new sink
    calls_after_detach, // a detached sink is called with the next message of a room
    joins_late,         // to some rooms: the first message after a join is not for who has joined
    leave_is_for_all,   // of two sinks in a room, the leave of one ends both
    publishers_swapped, // one sink gets what two publishers sent one after the other the other way round
    pairs_swapped,      // all sinks get each two messages the other way round
    repeats,            // each tenth message of a room comes twice
    loses,              // each fiftieth message of a room does not come
    hides_holes,        // who has no room for a message is not told
    refuses_late,       // those before the one without room have it already
    asks_nobody,        // whether there is room
    keeps_commands,     // the publisher's own hub gets none
    counts_no_hubs,     // for commands
    forgets_key,
    forgets_except,
    forgets_position,
    answers_twice,
    answers_never,
    answers_refusals,
    counts_itself, // among the other nodes
    calls_in_join, // joined is called from within join
    one_lock,      // leave waits for the calls that are under way
};

// A bus in one process under one lock, with one fault.
class faulty_bus {
public:
    explicit faulty_bus(fault what) : state_{std::make_shared<state>()} { state_->what = what; }

    void attach(bus_sink& sink)
    {
        const std::lock_guard lock{state_->mutex};
        state_->sinks.push_back({&sink, false, is(fault::attaches_late) && state_->used});
    }
    void detach(bus_sink& sink)
    {
        const std::lock_guard lock{state_->mutex};
        for (auto& s : state_->sinks)
            s.leaving = s.leaving || s.sink == &sink;
        if (!is(fault::calls_after_detach))
            forget_leaving();
    }
    bool join(bus_sink& sink, std::string_view room)
    {
        {
            const std::lock_guard lock{state_->members_mutex};
            state_->members[std::string{room}].insert(&sink);
            if (is(fault::joins_late) && room.starts_with("device:1"))
                state_->late.insert(std::string{room});
        }
        if (is(fault::calls_in_join))
            sink.joined(room);
        return !is(fault::calls_in_join);
    }
    void leave(bus_sink& sink, std::string_view room)
    {
        std::unique_lock calls{state_->mutex, std::defer_lock};
        if (is(fault::one_lock))
            calls.lock();
        const std::lock_guard lock{state_->members_mutex};
        auto& members = state_->members[std::string{room}];
        if (is(fault::leave_is_for_all) && members.size() > 1)
            members.clear();
        members.erase(&sink);
    }
    bus_receipt publish(const bus_message& message, const bus_done& done)
    {
        bus_receipt answer;
        {
            const std::lock_guard lock{state_->mutex};
            state_->used = true;
            answer = carry(message);
        }
        if (!done || (answer.error && !is(fault::answers_refusals)))
            return answer;
        if (!is(fault::answers_never))
            done(answer);
        if (is(fault::answers_twice))
            done(answer);
        return answer;
    }

private:
    struct attached {
        bus_sink* sink;
        bool leaving;
        bool late;
    };
    struct owned {
        explicit owned(const bus_message& m) : channel{m.channel}, body{m.body}, key{m.key}, message{m} {}
        bus_message get() const
        {
            auto m = message;
            m.channel = channel;
            m.body = body;
            m.key = key;
            return m;
        }
        std::string channel, body, key;
        bus_message message;
    };
    struct state {
        fault what = fault::none;
        std::mutex mutex; // held while sinks are called
        std::vector<attached> sinks;
        bool used = false;
        std::map<std::string, int> counts;
        std::map<bus_sink*, owned> kept; // for later
        std::mutex members_mutex;
        std::map<std::string, std::set<bus_sink*>> members;
        std::set<std::string> late; // rooms that were joined just now
    };

    bool is(fault what) const { return state_->what == what; }
    void forget_leaving()
    {
        std::erase_if(state_->sinks, [](const attached& s) { return s.leaving; });
    }

    bus_receipt carry(const bus_message& m)
    {
        bus_receipt answer{.nodes = state_->sinks.size() - (is(fault::counts_itself) ? 0 : 1)};
        if (m.what != bus_message::kind::room) {
            to_all(m);
        } else {
            const auto receivers = members_of(m);
            for (auto* sink : receivers)
                if (!m.at && !is(fault::asks_nobody) && !is(fault::refuses_late) && !is(fault::hides_holes) &&
                    sink->check_capacity(m))
                    return {error::queue_full};
            const auto count = ++state_->counts[std::string{m.channel}];
            // Threads of a check publish to chat:0 as often as they happen to: which message was lost there would be chance.
            if (is_late(m) || (is(fault::loses) && count % 50 == 0 && m.channel != "chat:0"))
                return answer;
            for (auto* sink : receivers)
                if (is(fault::asks_nobody) || !sink->check_capacity(m))
                    to_one(*sink, m, count);
                else if (is(fault::refuses_late))
                    answer.error = error::queue_full;
            forget_leaving();
        }
        return answer;
    }
    bool is_late(const bus_message& m)
    {
        const std::lock_guard lock{state_->members_mutex};
        return std::exchange(state_->late, {}).contains(std::string{m.channel});
    }
    // In the order of attaching, the last first.
    std::vector<bus_sink*> members_of(const bus_message& m)
    {
        const std::lock_guard lock{state_->members_mutex};
        std::vector<bus_sink*> out;
        for (auto s = state_->sinks.rbegin(); s != state_->sinks.rend(); ++s)
            if (state_->members[std::string{m.channel}].contains(s->sink))
                out.push_back(s->sink);
        return out;
    }
    void to_all(const bus_message& m)
    {
        const bool command = m.what == bus_message::kind::control;
        auto counted = m;
        counted.hubs = command && !is(fault::counts_no_hubs) ? state_->sinks.size() : 1;
        for (auto& s : state_->sinks)
            if (!s.leaving && !std::exchange(s.late, false) &&
                !(command && is(fault::keeps_commands) && m.origin == s.sink))
                s.sink->deliver(counted);
    }
    void to_one(bus_sink& sink, const bus_message& m, int count)
    {
        auto changed = m;
        if (is(fault::forgets_key))
            changed.key = {};
        if (is(fault::forgets_except))
            changed.except = 0;
        if (is(fault::forgets_position))
            changed.at = {};
        if (swaps(sink, changed, count))
            return;
        sink.deliver(changed);
        if (is(fault::repeats) && count % 10 == 0)
            sink.deliver(changed);
    }
    // Keeps a message until the next one comes; only where the checks have their 600 numbered messages.
    bool swaps(bus_sink& sink, const bus_message& m, int count)
    {
        const bool all = is(fault::pairs_swapped);
        const bool one = is(fault::publishers_swapped) && &sink == state_->sinks.front().sink;
        if (!(all || one) || m.channel != "chat:b")
            return false;
        const auto kept = state_->kept.find(&sink);
        if (kept == state_->kept.end()) {
            if (count == 600)
                return false;
            state_->kept.emplace(&sink, owned{m});
            return true;
        }
        const auto before = std::move(kept->second);
        state_->kept.erase(kept);
        if (all || before.message.origin != m.origin) {
            sink.deliver(m);
            sink.deliver(before.get());
            return true;
        }
        sink.deliver(before.get());
        if (count == 600)
            sink.deliver(m);
        else
            state_->kept.emplace(&sink, owned{m});
        return true;
    }

    std::shared_ptr<state> state_;
};

static_assert(bus<faulty_bus>);

struct handles {
    handles(std::size_t n, fault what) : all(n, faulty_bus{what}) {}
    faulty_bus& bus(std::size_t i) { return all[i]; }
    std::vector<faulty_bus> all;
};

using clauses = std::set<std::string>;

clauses broken_by(fault what)
{
    // What a faulty bus never does is waited for so long; what a good one does takes much less.
    const testing::check_options impatient{.patience = std::chrono::seconds{what == fault::none ? 30 : 1}};
    return test::broken_clauses(
        testing::bus_checks([what](std::size_t n) { return std::make_unique<handles>(n, what); }, impatient));
}

} // namespace

TEST_CASE("the checks of buses find nothing in a bus without a fault", "[bus][conformance]")
{
    CHECK(broken_by(fault::none) == clauses{});
}

TEST_CASE("the checks of buses name the clause that a faulty bus breaks", "[bus][conformance]")
{
    const auto [what, expected] = GENERATE(table<fault, clauses>({
        {fault::attaches_late, {"B1"}},
        {fault::calls_after_detach, {"B2"}},
        {fault::joins_late, {"B3"}},
        {fault::leave_is_for_all, {"B4"}},
        {fault::publishers_swapped, {"B5"}},
        {fault::pairs_swapped, {"B5"}},
        {fault::repeats, {"B6"}},
        {fault::loses, {"B7"}},
        {fault::hides_holes, {"B7"}},
        {fault::refuses_late, {"B8"}},
        {fault::asks_nobody, {"B8"}},
        {fault::keeps_commands, {"B9"}},
        {fault::counts_no_hubs, {"B9"}},
        {fault::forgets_key, {"B10"}},
        {fault::forgets_except, {"B10"}},
        {fault::forgets_position, {"B10"}},
        {fault::answers_twice, {"B11"}},
        {fault::answers_never, {"B11"}},
        {fault::answers_refusals, {"B11"}},
        {fault::counts_itself, {"B12"}},
        {fault::calls_in_join, {"B14"}},
        {fault::one_lock, {"B14"}},
    }));
    INFO("fault " << static_cast<int>(what));
    CHECK(broken_by(what) == expected);
}

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_SIMULATION_STORE_HPP
#define FANFARE_TESTS_SIMULATION_STORE_HPP

#include "bus.hpp"
#include "scheduler.hpp"
#include "truth.hpp"

#include <fanfare/error.hpp>
#include <fanfare/store.hpp>

#include <algorithm>
#include <deque>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fanfare::simulation {

struct store_habits {
    bool at_once = false;   // answers before the call returns, like a store in memory
    bool publishes = false; // stores and publishes in one step, like a script in Redis
    ticks delay = 4;
    std::uint64_t fail_append = 0;    // percent: nothing is stored
    std::uint64_t unknown_append = 0; // percent: nobody knows whether it is
    std::uint64_t fail_read = 0;
};

// The store behind all hubs. Each hub is a process of its own to it: answers are in order for each hub, not over all.
class store_script {
public:
    store_script(scheduler& clock, truth& all, bus_script& bus, store_habits habits)
        : clock_{clock}, truth_{all}, bus_{bus}, habits_{habits}
    {}

    void append(std::size_t process, history_append m, append_done done)
    {
        check_call("append");
        if (m.message.body.find("\"offset\":") != std::string::npos ||
            m.message.body.find("\"epoch\":") != std::string::npos)
            clock_.broken("a body with its position came to the store: ", m.message.body);
        waiting w{std::string{m.room}, std::move(m.message), std::string{m.idempotency_key}, m.limits,
                  std::move(done)};
        if (habits_.at_once)
            return answer(take(w), w);
        auto& queue = queues_[{process, w.room}];
        queue.push_back(std::move(w));
        if (queue.size() == 1)
            arm(queue);
    }

    void read(std::string_view room, const history_query& query, history_done done)
    {
        check_call("read");
        const std::string name{room};
        ++reads;
        if (clock_.mishap(habits_.fail_read)) {
            truth_.of(name).readable = false;
            clock_.note("store: fails a read of ", name);
            const auto fail = [this, done = std::move(done)] { tell([&] { done(error::store_failed, {}); }); };
            return habits_.at_once ? fail() : clock_.after(clock_.moment(habits_.delay * 2, 60), fail);
        }
        // One consistent view, of some moment between the call and the answer.
        if (habits_.at_once || clock_.random.percent(50)) {
            const auto page = std::make_shared<history_page>(look(name, query));
            const auto give = [this, page, done = std::move(done)] { tell([&] { done({}, std::move(*page)); }); };
            return habits_.at_once ? give() : clock_.after(clock_.moment(habits_.delay * 2, 60), give);
        }
        clock_.after(clock_.moment(habits_.delay * 2, 60),
                     [this, name, query, done = std::move(done)] { tell([&] { done({}, look(name, query)); }); });
    }

    // Everything is lost.
    void wipe()
    {
        clock_.note("store: loses everything");
        rooms_.clear();
    }
    // Some of what is kept grows too old.
    void trim(const std::string& name)
    {
        const auto at = rooms_.find(name);
        if (at == rooms_.end() || at->second.kept.empty())
            return;
        const auto n = 1 + clock_.random.below(at->second.kept.size());
        clock_.note("store: trims ", n, " of ", name);
        for (std::uint64_t i = 0; i != n; ++i)
            at->second.kept.pop_front();
        note_oldest(name, at->second);
    }

    std::uint64_t reads = 0;

private:
    struct waiting {
        std::string room;
        stored_message message;
        std::string idempotency_key;
        history_limits limits;
        append_done done;
    };
    struct room_history {
        std::uint64_t epoch = 0;
        std::uint64_t last = 0;
        std::deque<stored_message> kept;
        std::map<std::string, position> keys;
    };

    void check_call(const char* what)
    {
        if (inside_)
            clock_.broken("a handler of the store has called its ", what);
    }
    template <class F>
    void tell(F f)
    {
        ++inside_;
        f();
        --inside_;
    }

    room_history& room(const std::string& name)
    {
        auto& r = rooms_[name];
        if (r.epoch == 0) {
            r.epoch = clock_.random.bits() | 1;
            auto& t = truth_.of(name);
            t.epochs[r.epoch];
            t.top = {r.epoch, 0};
            t.oldest = 1;
        }
        return r;
    }
    void note_oldest(const std::string& name, const room_history& r)
    {
        truth_.of(name).oldest = r.kept.empty() ? r.last + 1 : r.kept.front().offset;
    }

    append_answer take(waiting& w)
    {
        auto& t = truth_.of(w.room);
        const auto id = id_in(w.message.body);
        if (clock_.mishap(habits_.fail_append)) {
            clock_.note("store: does not take ", w.room, " id ", id);
            return {.error = error::store_failed};
        }
        const bool unknown = clock_.mishap(habits_.unknown_append);
        if (unknown && clock_.random.percent(50)) {
            clock_.note("store: loses track of ", w.room, " id ", id, ", not stored");
            return {.error = error::delivery_unknown};
        }
        auto& r = room(w.room);
        if (const auto known = r.keys.find(w.idempotency_key);
            !w.idempotency_key.empty() && known != r.keys.end()) {
            clock_.note("store: knows ", w.room, " id ", id);
            return unknown ? append_answer{.error = error::delivery_unknown}
                           : append_answer{.at = known->second, .duplicate = true};
        }
        w.message.offset = ++r.last;
        const position at{r.epoch, r.last};
        if (!w.idempotency_key.empty())
            r.keys[w.idempotency_key] = at;
        t.epochs[r.epoch].push_back(id);
        t.top = at;
        clock_.note("store: takes ", w.room, " id ", id, " at ", text_of(at), unknown ? ", answer lost" : "");
        append_answer out{.at = at, .message = &w.message};
        r.kept.push_back(w.message);
        if (r.kept.size() > w.limits.messages)
            r.kept.pop_front();
        note_oldest(w.room, r);
        if (habits_.publishes)
            publish(w, at, out);
        return unknown ? append_answer{.error = error::delivery_unknown} : out;
    }
    void publish(const waiting& w, const position& at, append_answer& out)
    {
        auto body = w.message.body;
        body.pop_back();
        body += ",\"offset\":" + std::to_string(at.offset) + ",\"epoch\":\"" + epoch_text(at.epoch) + "\"}";
        out.published = true;
        out.message = nullptr;
        out.nodes = bus_.carry(
            {.channel = w.room, .body = body, .key = w.message.key, .except = w.message.except, .at = at});
    }
    void answer(const append_answer& a, const waiting& w)
    {
        tell([&] { w.done(a); });
    }

    // One after the other: stored, then answered, each when its time has come.
    void arm(std::deque<waiting>& queue)
    {
        clock_.after(clock_.moment(habits_.delay, 50), [this, &queue] {
            auto& first = queue.front();
            const auto a = std::make_shared<append_answer>(take(first));
            clock_.after(clock_.moment(habits_.delay, 20), [this, &queue, a] {
                const auto done = std::move(queue.front());
                if (a->message)
                    a->message = &done.message;
                queue.pop_front();
                answer(*a, done);
                if (!queue.empty())
                    arm(queue);
            });
        });
    }

    history_page look(const std::string& name, const history_query& q)
    {
        const auto& r = room(name);
        history_page page{{r.epoch, r.last}, r.kept.empty() ? r.last + 1 : r.kept.front().offset, {}};
        if (!q.newest_first) {
            for (const auto& m : r.kept)
                if (m.offset > q.from && page.messages.size() < q.limit)
                    page.messages.push_back(m);
        } else {
            for (auto m = r.kept.rbegin(); m != r.kept.rend(); ++m)
                if ((q.from == 0 || m->offset < q.from) && page.messages.size() < q.limit)
                    page.messages.push_back(*m);
        }
        clock_.note("store: reads ", name, " from ", q.from, ": top ", text_of(page.top), " oldest ", page.oldest,
                    ", ", page.messages.size(), " messages");
        return page;
    }

    scheduler& clock_;
    truth& truth_;
    bus_script& bus_;
    store_habits habits_;
    std::map<std::string, room_history> rooms_;
    std::map<std::pair<std::size_t, std::string>, std::deque<waiting>> queues_;
    int inside_ = 0;
};

// The handle that a hub gets.
class sim_store {
public:
    sim_store(std::shared_ptr<store_script> script, std::size_t process)
        : script_{std::move(script)}, process_{process}
    {}
    void async_append(history_append m, append_done done)
    {
        script_->append(process_, std::move(m), std::move(done));
    }
    void async_read(std::string_view room, const history_query& q, history_done done)
    {
        script_->read(room, q, std::move(done));
    }

private:
    std::shared_ptr<store_script> script_;
    std::size_t process_;
};
static_assert(store<sim_store>);

} // namespace fanfare::simulation

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HUB_HUB_CONTROL_IPP
#define FANFARE_DETAIL_HUB_HUB_CONTROL_IPP

// The hub besides messages: commands, connections, counters, shutdown.

#include <fanfare/detail/hub/hub_core.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <utility>

namespace fanfare::detail {

// ---- commands

FANFARE_DECL error_code hub_core::command(const json::object& what, bus_done done)
{
    std::string text;
    append_json(text, json::value(what));
    return bus_.publish({.what = bus_message::kind::control, .body = text, .origin = this}, std::move(done)).error;
}

FANFARE_DECL void hub_core::carry_out(std::string_view text, std::size_t hubs)
{
    const auto message = parse_envelope(text, options_.max_json_depth, {});
    const auto* fields = message.failed ? nullptr : message.root.if_object();
    command_answer_ptr answer;
    if (!fields || others.on_message(message.type, *fields, answer))
        return;
    if (answer)
        answer->hubs = hubs;
    if (message.type == "stats") {
        if (answer)
            answer->with_stats = true;
        return;
    }
    if (message.type == "acked")
        return acks.on_command(*fields);
    const auto user = text_field(*fields, "user");
    const auto id = number_of(text_field(*fields, "connection"));
    if (user.empty() && !id)
        return; // nobody: never everybody
    const auto apply = [&](std::function<bool(session&)> work) {
        auto counted = [work = std::move(work), answer](session& s) {
            if (work(s) && answer)
                ++answer->connections;
        };
        if (id)
            with_session(*id, std::move(counted));
        else
            for_user(user, std::move(counted));
    };
    if (message.type == "disconnect") {
        const auto code = fields->contains("code") ? number_field(*fields, "code") : 3500;
        apply([code = static_cast<close_code>(code), reason = text_field(*fields, "reason")](session& s) {
            const bool was_open = s.open();
            s.settle();
            s.close(code, reason);
            return was_open;
        });
    } else if (message.type == "subscribe") {
        if (error_code ec; rules_for(message.room, ec))
            id ? subscribe(*id, message.room, answer) : subscribe_user(user, message.room, answer);
    } else if (message.type == "unsubscribe") {
        apply([room = std::string{message.room}](session& s) { return s.leave(room); });
    }
}

FANFARE_DECL bool hub_core::with_session(std::uint64_t number, std::function<void(session&)> work)
{
    const auto index = static_cast<std::size_t>(number >> 56);
    if (index >= shards_.size())
        return false;
    shards_[index]->post([number, work = std::move(work)](shard& home) {
        if (const boost::intrusive_ptr<session> s{home.find(number)})
            work(*s);
    });
    return true;
}

// A user's connections on this shard, those that have not been greeted yet included.
inline std::vector<std::uint64_t> connections_of(const std::string& user, const room_state& own, shard& home)
{
    std::vector<std::uint64_t> all;
    for (const auto slot : own.parts[home.index()].members)
        all.push_back(home.number_of(slot));
    if (home.greeting.load() != 0)
        home.for_each([&](session& s) {
            if (!s.greeted() && s.who()->user_id == user)
                all.push_back(s.number());
        });
    return all;
}

FANFARE_DECL void hub_core::on_shards_of(const std::string& user,
                                         std::function<void(shard&, std::vector<std::uint64_t>)> work,
                                         const room_ptr& joining)
{
    const auto own = rooms_.find("user:" + user);
    if (!own)
        return;
    for (const auto& s : shards_) {
        if (!own->parts[s->index()].concerned() && s->greeting.load() == 0)
            continue;
        if (joining)
            mark_joining(*joining, s->index());
        s->post([own, user, work](shard& home) { work(home, connections_of(user, *own, home)); });
    }
}

FANFARE_DECL void hub_core::for_user(const std::string& user, std::function<void(session&)> work)
{
    on_shards_of(user, [work](shard& home, const std::vector<std::uint64_t>& connections) {
        for (const auto number : connections) // the work may end connections or change the members
            if (const boost::intrusive_ptr<session> one{home.find(number)})
                work(*one);
    });
}

// Joins connections to a room once the bus carries it. `joining` counts the shard until then, so that what is published
// meanwhile follows through the queue.
FANFARE_DECL void hub_core::join_all(shard& home, const std::vector<std::uint64_t>& connections,
                                     const room_ptr& room, const command_answer_ptr& answer)
{
    for (const auto number : connections)
        if (auto* s = home.find(number))
            s->expect(room);
    when_in_force(home, {room}, [&home, connections, room, answer](const hold_ptr&) {
        for (const auto number : connections) {
            auto* s = home.find(number);
            if (!s || !s->take_expected(*room))
                continue;
            s->join(room);
            if (answer)
                ++answer->connections;
        }
        room->parts[home.index()].joining.fetch_sub(1);
    });
}

FANFARE_DECL void hub_core::subscribe(std::uint64_t number, std::string_view name,
                                      const command_answer_ptr& answer)
{
    const auto index = static_cast<std::size_t>(number >> 56);
    if (index >= shards_.size())
        return;
    const auto target = room(name);
    mark_joining(*target, index);
    shards_[index]->post(
        [number, target, answer](shard& home) { home.hub().join_all(home, {number}, target, answer); });
}

FANFARE_DECL void hub_core::subscribe_user(const std::string& user, std::string_view name,
                                           const command_answer_ptr& answer)
{
    const auto target = room(name);
    on_shards_of(
        user,
        [target, answer](shard& home, const std::vector<std::uint64_t>& connections) {
            home.hub().join_all(home, connections, target, answer);
        },
        target);
}

// ---- connections

FANFARE_DECL error_code hub_core::admit(const identity& who, const asio::ip::address& address)
{
    error_code ec;
    if (stopping())
        ec = error::shutting_down;
    else if (!who.anonymous() && !rules_for("user:" + who.user_id, ec))
        ec = error::invalid_user;
    for (const auto& name : who.rooms)
        if (!ec)
            rules_for(name, ec);
    if (!ec)
        ec = doors.enter(who.user_id, address);
    if (ec)
        doors.count_refusal();
    return ec;
}

FANFARE_DECL std::shared_ptr<const identity> hub_core::shared(identity who) const
{
    if (who.anonymous() && who.claims.empty() && !who.expires_at && who.rooms.empty())
        return nobody_;
    return std::make_shared<const identity>(std::move(who));
}

FANFARE_DECL shard& hub_core::least_loaded() noexcept
{
    return **std::min_element(shards_.begin(), shards_.end(),
                              [](const auto& a, const auto& b) { return a->load() < b->load(); });
}

FANFARE_DECL std::string hub_core::id_of(std::uint64_t number) const
{
    std::string id(32, '0');
    char digits[16];
    const auto put = [&](std::uint64_t value, std::size_t end) {
        const auto last = std::to_chars(digits, digits + sizeof digits, value, 16).ptr;
        std::copy(digits, last, id.begin() + static_cast<std::ptrdiff_t>(end) - (last - digits));
    };
    put(node_, 16);
    put(number, 32);
    return id;
}

FANFARE_DECL std::string hub_core::node_id() const
{
    return id_of(0).substr(0, 16);
}

FANFARE_DECL std::optional<connection_id> read_connection_id(std::string_view id) noexcept
{
    connection_id out;
    if (id.size() != 32)
        return std::nullopt;
    for (auto* half : {&out.node, &out.number}) {
        const auto read = std::from_chars(id.data(), id.data() + 16, *half, 16);
        if (read.ec != std::errc{} || read.ptr != id.data() + 16)
            return std::nullopt;
        id.remove_prefix(16);
    }
    return out;
}

FANFARE_DECL std::optional<std::uint64_t> hub_core::number_of(std::string_view id) const
{
    const auto read = read_connection_id(id);
    return read && read->node == node_ ? std::optional{read->number} : std::nullopt;
}

FANFARE_DECL hub_stats hub_core::stats()
{
    hub_stats all;
    all.rooms = rooms_.size();
    all.users = users_.load();
    all.refused = doors.refused();
    all.published = published_.load();
    all.publish_refused = publish_refused_.load();
    all.missed = missed_.load();
    all.presence_failures = presence.failures();
    all.inbox_failures = inbox.failures();
    all.store_reads = store_reads_.load();
    all.store_failures = store_failures_.load();
    all.recovered = recovered_.load();
    all.not_recovered = not_recovered_.load();
    all.holes = holes_.load();
    all.bus_up = bus_up();
    for (const auto& s : shards_) {
        const auto& c = s->count();
        all.connections += c.connections.get();
        all.accepted += c.accepted.get();
        all.closed += c.closed.get();
        all.delivered += c.delivered.get();
        all.writes += c.writes.get();
        all.short_writes += c.short_writes.get();
        all.dropped += c.dropped.get();
        all.conflated += c.conflated.get();
        all.slow_closed += c.slow_closed.get();
        all.write_timeouts += c.write_timeouts.get();
        all.idle_timeouts += c.idle_timeouts.get();
        all.received += c.received.get();
        all.bad_messages += c.bad_messages.get();
        all.rate_limited += c.rate_limited.get();
        all.protocol_errors += c.protocol_errors.get();
        all.handler_failures += c.handler_failures.get();
    }
    return all;
}

FANFARE_DECL void hub_core::close_all(const shutdown_options& how)
{
    for (const auto& s : shards_)
        s->post([how](shard& home) {
            home.for_each([&](session& one) { home.hub().send_away(one, how.code, how.deadline); });
        });
}

FANFARE_DECL void hub_core::send_away(session& one, close_code code, std::chrono::milliseconds wait)
{
    const auto delay = std::to_string(one.home().random_below(reconnect_spread_));
    one.settle();
    one.close(code, "{\"reason\":\"shutdown\",\"delay_ms\":" + delay + "}", wait);
}

// A shutdown under way. Its timer's wait owns it, so that it goes with the first shard's context at the latest.
// Only on the first shard.
struct shutdown_state {
    explicit shutdown_state(const asio::any_io_executor& ex) : timer{ex} {}
    asio::steady_timer timer;
    std::size_t waiting = 0; // shards with connections, then `last`
    bool late = false;
    std::function<void()> last; // what is waited for when all connections have ended
    std::function<void(error_code)> done;
    void one_less()
    {
        if (--waiting != 0)
            return;
        if (last && !late) {
            waiting = 1;
            return std::exchange(last, {})();
        }
        finish();
    }
    void finish()
    {
        waiting = 0;
        timer.cancel();
        done(late ? error_code{error::timed_out} : error_code{});
    }
};

inline void hold_until_done(const std::shared_ptr<shutdown_state>& state, std::function<void()> cut)
{
    state->timer.async_wait([state, cut = std::move(cut)](error_code) mutable {
        if (state->waiting == 0)
            return;
        const bool first = !std::exchange(state->late, true);
        if (!state->last)
            return state->finish();
        if (first)
            cut();
        state->timer.expires_after(std::chrono::hours{24});
        hold_until_done(state, std::move(cut));
    });
}

FANFARE_DECL void hub_core::shut_down(const shutdown_options& how, std::function<void(error_code)> done)
{
    reconnect_spread_ = static_cast<std::uint32_t>(std::max<std::int64_t>(0, how.reconnect_spread.count()));
    stopping_ = true;
    presence.hurry();
    acks.give_up();
    const auto state = std::make_shared<shutdown_state>(shards_.front()->executor());
    state->done = std::move(done);
    state->waiting = shards_.size();
    // The store's answers say who has left a room for good, and the bus is still there to tell it.
    state->last = [this, weak = std::weak_ptr{state}] {
        presence.when_settled([weak] {
            if (const auto alive = weak.lock())
                alive->one_less();
        });
    };
    asio::post(shards_.front()->executor(), [keep = shared_from_this(), state, how] {
        state->timer.expires_after(std::min(how.deadline, longest_time));
        hold_until_done(state, [keep] {
            for (const auto& s : keep->shards_)
                s->post([](shard& home) { home.for_each([](session& one) { one.end(); }); });
        });
        keep->close_all(how);
        keep->tell_when_empty(state);
    });
}

FANFARE_DECL void hub_core::tell_when_empty(const std::weak_ptr<shutdown_state>& state)
{
    for (const auto& s : shards_)
        s->post([this, state](shard& home) {
            const auto tell = [this, state] {
                shards_.front()->post([state](shard&) {
                    if (const auto alive = state.lock())
                        alive->one_less();
                });
            };
            if (home.connections() == 0)
                tell();
            else
                home.on_empty.push_back(tell);
        });
}

FANFARE_DECL void hub_core::abandon()
{
    stopping_ = true;
    presence.hurry();
    acks.give_up();
    if (attached_)
        others.say_goodbye();
    leave_bus();
    close_all({.code = close_code::going_away});
}

} // namespace fanfare::detail

#endif

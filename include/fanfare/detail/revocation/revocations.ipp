// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REVOCATION_REVOCATIONS_IPP
#define FANFARE_DETAIL_REVOCATION_REVOCATIONS_IPP

// Revoking on all hubs, and closing whom it concerns here.

#include <fanfare/close_code.hpp>
#include <fanfare/detail/revocation/revocations.hpp>
#include <fanfare/detail/session/session.hpp>
#include <fanfare/detail/wire/envelope.hpp>
#include <fanfare/error.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <utility>
#include <vector>

namespace fanfare::detail {

// How long the other hubs may take to answer.
inline constexpr std::chrono::milliseconds revoke_timeout{5'000};
// Connections that are looked at before other work of the shard may pass.
inline constexpr std::size_t revoked_at_once = 256;

// ---- revoking

FANFARE_DECL error_code revocations::settle(revocation& what, std::string& why) const
{
    const auto now = wall_now();
    what = settled(std::move(what), now, parts_.options.revocation_lifetime);
    error_code ec;
    if (!what.user_id.empty() && !parts_.rules.rules_for("user:" + what.user_id, ec)) {
        ec = error::invalid_user;
        why = ec.message();
        return ec;
    }
    why = revocation_problem(what, now);
    return why.empty() ? error_code{} : error_code{error::invalid_message};
}

// These two are answered by the bus as well, and then it is stored.
inline error_code not_stored(error_code ec)
{
    return ec == error::bus_unavailable || ec == error::timed_out ? error_code{error::store_failed} : ec;
}

FANFARE_DECL void revocations::revoke(const revocation& what, revoked done)
{
    // On the first shard, as the end of the hub: a store that was told to rest is not woken.
    parts_.shards.first().post([this, what, done = std::move(done)](shard&) {
        if (parts_.life.stopping())
            return done(error::shutting_down, {});
        if (!store_)
            return stored(what, done);
        store_.async_add(what, [this, hub = parts_.life.weak(), what, done](error_code ec) {
            if (ec)
                return done(not_stored(ec), {});
            if (const auto alive = hub.lock())
                return stored(what, done);
            done(error::bus_unavailable, {0, 1}); // nobody here can tell the others
        });
    });
}

// Refused from here on; the connections here are closed with the others, when the command comes back by the bus.
FANFARE_DECL void revocations::stored(const revocation& what, const revoked& done)
{
    if (parts_.life.ended())
        return done(error::bus_unavailable, {0, 1}); // there is no connection left, nor a bus
    if (!learn(what) && !kept_)
        return done(error::store_full, {});
    auto command = revocation_fields(what);
    command["type"] = "revoke";
    parts_.others.ask(std::move(command), revoke_timeout,
                      [this, what, done](error_code ec, const cluster::answers& said) {
                          if (ec && ec != error::timed_out)
                              ec = error::bus_unavailable; // whatever it was: it is kept, others learn it later
                          if (ec && said.empty())
                              return close_here(what, ec, done);
                          if (ec) // this hub may be the one that has not answered
                              close_concerned(what, {});
                          done(ec, {connections_in(said), said.size()});
                      });
}

// Nobody has carried the command out: here it is in any case.
FANFARE_DECL void revocations::close_here(const revocation& what, error_code ec, const revoked& done)
{
    struct tally {
        std::atomic<std::size_t> connections{0};
        std::weak_ptr<void> hub;
        revoked done;
        error_code ec, gone; // what is answered, and where the hub has gone
        ~tally()
        {
            try {
                done(hub.expired() ? gone : ec, {connections.load(), 1});
            } catch (...) { // no memory to post the answer: it is destroyed, and nothing else can be told
            }
        }
    };
    const auto count = std::make_shared<tally>();
    count->hub = parts_.life.weak();
    count->done = done;
    count->ec = ec;
    count->gone = kept_ ? ec : error_code{error::shutting_down};
    close_concerned(what, [count] { ++count->connections; });
}

// A hub that can neither keep it nor read it later has not carried it out, whomever it closes now.
FANFARE_DECL void revocations::carry_out(const json::object& fields, const command_answer_ptr& answer)
{
    const auto what = read_revocation(fields);
    if (!what)
        return;
    if (!learn(*what) && !kept_ && answer)
        answer->withheld = true;
    close_concerned(*what, [answer] {
        if (answer)
            ++answer->connections;
    });
}

// What cannot be kept must not be forgotten either: then nobody with a credential enters until a read has succeeded.
FANFARE_DECL bool revocations::learn(const revocation& what)
{
    if (parts_.list.add(what, wall_now()) != revocation_list::added::full)
        return true;
    if (kept_) {
        note_full();
        parts_.shards.first().post([this](shard&) { read(); });
    }
    return false;
}

FANFARE_DECL void revocations::note_full()
{
    const std::lock_guard lock{mutex_};
    all_ = true;
    problem_ = make_error_code(error::store_full).message();
    parts_.list.set_complete(false);
}

// ---- closing

// Whom to close, and who counts them.
struct revoked_ones {
    const revocation_list& list;
    std::optional<revocation> one; // which the list may have had no room for; none: whom the list names
    std::function<void()> closed;

    bool has(session& s) const
    {
        const auto& who = *s.who();
        const auto now = wall_now();
        return (one && concerns(*one, who, now)) || list.check(who, now) == revocation_list::verdict::revoked;
    }
    void close(session& s) const
    {
        if (!has(s))
            return;
        const bool was_open = s.open();
        s.deliver_pending();
        s.close(close_code::revoked, one ? one->reason : std::string{});
        if (was_open && closed)
            closed();
    }
};

// A walk over the connections of a shard, some in each turn.
struct revoked_walk : std::enable_shared_from_this<revoked_walk> {
    std::shared_ptr<const revoked_ones> which;
    std::vector<std::uint64_t> numbers{}; // who comes later looks at the list by itself
    std::size_t next = 0;

    explicit revoked_walk(std::shared_ptr<const revoked_ones> ones) : which{std::move(ones)} {}
    void start(shard& home)
    {
        numbers.reserve(home.connections());
        for_each_session(home, [this](session& s) { numbers.push_back(s.number()); });
        look_at_some(home);
    }
    void look_at_some(shard& home)
    {
        const auto end = std::min(numbers.size(), next + revoked_at_once);
        for (; next != end; ++next)
            if (const boost::intrusive_ptr<session> one{find_session(home, numbers[next])})
                which->close(*one);
        if (next != numbers.size())
            home.post([self = shared_from_this()](shard& here) { self->look_at_some(here); });
    }
};

inline void walk_all(const shard_set& shards, const std::shared_ptr<const revoked_ones>& which)
{
    for (const auto& s : shards)
        s->post([which](shard& home) { std::make_shared<revoked_walk>(which)->start(home); });
}

// By a user, only that one's connections are looked at. What is not registered yet looks at the list by itself.
FANFARE_DECL void revocations::close_concerned(const revocation& what, const counted& closed)
{
    const auto which = std::make_shared<const revoked_ones>(revoked_ones{parts_.list, what, closed});
    if (what.user_id.empty())
        return walk_all(parts_.shards, which);
    parts_.sessions.for_user(what.user_id, [which](session& s) { which->close(s); });
}

FANFARE_DECL void revocations::close_listed()
{
    walk_all(parts_.shards, std::make_shared<const revoked_ones>(revoked_ones{parts_.list, {}, {}}));
}

// ---- status and end

FANFARE_DECL link_status revocations::status() const
{
    if (!store_)
        return {};
    auto link = store_.status();
    if (!link.up)
        return link;
    const std::lock_guard lock{mutex_};
    if (!problem_.empty())
        return {false, problem_};
    return parts_.list.complete() ? link : link_status{false, "what was revoked has not been read yet"};
}

FANFARE_DECL void revocations::end()
{
    if (io_ && io_->timer)
        io_->timer->cancel();
    if (store_)
        store_.rest();
}

} // namespace fanfare::detail

#endif

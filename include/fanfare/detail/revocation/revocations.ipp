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
// Connections that are closed before other work of the shard may pass.
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

FANFARE_DECL void revocations::revoke(const revocation& what, revoked done)
{
    // On the first shard, as the end of the hub: a store that was told to rest is not woken.
    parts_.shards.first().post([this, what, done = std::move(done)](shard&) {
        if (parts_.life.stopping())
            return done(error::shutting_down, {});
        if (!store_)
            return stored(what, done);
        store_.async_add(what, [this, hub = parts_.life.weak(), what, done](error_code ec) {
            const auto alive = hub.lock();
            if (ec || !alive)
                return done(ec ? ec : error_code{error::shutting_down}, {});
            stored(what, done);
        });
    });
}

// Refused from here on; the connections here are closed with the others, when the command comes back by the bus.
FANFARE_DECL void revocations::stored(const revocation& what, const revoked& done)
{
    if (!learn(what) && !store_)
        return done(error::store_full, {});
    auto command = revocation_fields(what);
    command["type"] = "revoke";
    parts_.others.ask(std::move(command), revoke_timeout,
                      [this, what, done](error_code ec, const cluster::answers& said) {
                          if (ec && said.empty())
                              return close_here(what, ec, done);
                          if (ec) // this hub may be the one that has not answered
                              close_concerned(what.user_id, what.reason, {});
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
        error_code ec;
        ~tally()
        {
            if (const auto alive = hub.lock())
                done(ec, {connections.load(), 1});
        }
    };
    const auto count = std::make_shared<tally>();
    count->hub = parts_.life.weak();
    count->done = done;
    count->ec = ec;
    close_concerned(what.user_id, what.reason, [count] { ++count->connections; });
}

FANFARE_DECL void revocations::carry_out(const json::object& fields, const command_answer_ptr& answer)
{
    const auto what = read_revocation(fields);
    if (!what)
        return;
    learn(*what);
    close_concerned(what->user_id, what->reason, [answer] {
        if (answer)
            ++answer->connections;
    });
}

// What cannot be kept must not be forgotten either: then nobody with a credential enters until a read has succeeded.
FANFARE_DECL bool revocations::learn(const revocation& what)
{
    if (parts_.list.add(what, wall_now()) != revocation_list::added::full)
        return true;
    parts_.shards.first().post([this](shard&) {
        if (!store_)
            return;
        {
            const std::lock_guard lock{mutex_};
            all_ = true;
            problem_ = make_error_code(error::store_full).message();
            parts_.list.set_complete(false);
        }
        read();
    });
    return false;
}

// ---- closing

inline bool is_revoked(const revocation_list& list, session& s)
{
    return list.check(*s.who(), wall_now()) == revocation_list::verdict::revoked;
}

inline void close_revoked(const revocation_list& list, session& s, const std::string& reason,
                          const std::function<void()>& closed)
{
    if (!is_revoked(list, s))
        return;
    const bool was_open = s.open();
    s.deliver_pending();
    s.close(close_code::revoked, reason);
    if (was_open && closed)
        closed();
}

// The connections of a shard that are to be closed, some in each turn.
struct revoked_sessions : std::enable_shared_from_this<revoked_sessions> {
    const revocation_list& list;
    std::string reason;
    std::function<void()> closed;
    std::vector<std::uint64_t> numbers{};
    std::size_t next = 0;

    revoked_sessions(const revocation_list& l, std::string why, std::function<void()> tell)
        : list{l}, reason{std::move(why)}, closed{std::move(tell)}
    {}
    void find(shard& home)
    {
        for_each_session(home, [this](session& s) {
            if (is_revoked(list, s))
                numbers.push_back(s.number());
        });
        close_some(home);
    }
    void close_some(shard& home)
    {
        const auto end = std::min(numbers.size(), next + revoked_at_once);
        for (; next != end; ++next)
            if (const boost::intrusive_ptr<session> one{find_session(home, numbers[next])})
                close_revoked(list, *one, reason, closed);
        if (next != numbers.size())
            home.post([self = shared_from_this()](shard& here) { self->close_some(here); });
    }
};

// `user`: only that one's connections are looked at; empty: all. What is not registered yet looks at the list by
// itself.
FANFARE_DECL void revocations::close_concerned(const std::string& user, const std::string& reason,
                                               const counted& closed)
{
    if (!user.empty())
        return parts_.sessions.for_user(
            user, [this, reason, closed](session& s) { close_revoked(parts_.list, s, reason, closed); });
    for (const auto& s : parts_.shards)
        s->post([this, reason, closed](shard& home) {
            std::make_shared<revoked_sessions>(parts_.list, reason, closed)->find(home);
        });
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

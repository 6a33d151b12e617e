// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_SIMULATION_LAW_HPP
#define FANFARE_TESTS_SIMULATION_LAW_HPP

#include "scheduler.hpp"
#include "truth.hpp"

#include <fanfare/position.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fanfare::simulation {

// Whether the receiver's connection is the one that a message is not for.
using is_own = std::function<bool(std::uint64_t id)>;

// What `subscribed` says about a room with history.
struct subscribed_room {
    std::optional<position> at;    // `positions`
    std::optional<bool> recovered; // only if the client had named its position
    std::uint64_t last = 0;        // the client asked for so many of the newest
};

// The law for one client and one room with history, over all of the client's connections: no hole, no duplicate and no
// wrong order that the client was not told about; and it is told only where there is a reason.
class history_law {
public:
    history_law(scheduler& clock, room_truth& all, std::string name, bool may_drop, is_own own)
        : clock_{clock}, truth_{all}, name_{std::move(name)}, may_drop_{may_drop}, own_{std::move(own)}
    {}

    // What to name in `since`: the client has everything up to here, or was told.
    const position& at() const noexcept { return at_; }
    bool told() const noexcept { return told_; }

    void subscribed(const position& since, const subscribed_room& r)
    {
        if (since && !r.recovered)
            return fail("`subscribed` does not say whether it recovered");
        if (!since && at_)
            return fail("comes back without its position: what it has missed is not told");
        if (!r.at || !*r.at)
            return begin_anywhere(r);
        begins_by_ = {};
        clock_.note(name_, ": subscribed since ", text_of(since), ", position ", text_of(*r.at),
                    r.recovered ? (*r.recovered ? ", recovered" : ", not recovered") : "");
        if (r.at->offset != 0 && !truth_.has(*r.at))
            return fail("`subscribed` names a position that never was: ", text_of(*r.at));
        if (r.recovered && *r.recovered) {
            if (r.at->epoch != since.epoch)
                return fail("recovered from another epoch: ", text_of(since), " to ", text_of(*r.at));
            if (r.at->offset < since.offset)
                return fail("recovered to a place before: ", text_of(since), " to ", text_of(*r.at));
            at_ = since;
            told_ = false;
            return;
        }
        if (r.recovered && truth_.kept_since(since))
            return fail("told that it cannot recover from ", text_of(since), " though all is kept");
        if (r.last == 0)
            return go_on_from(*r.at);
        begins_by_ = *r.at; // somewhere before it: the newest as of when the hub began to count, if they are kept
    }

    // A page of the history, in the order that was asked for: after `from`, or before it; 0 is the beginning or the end.
    // Answers where the next page begins.
    std::uint64_t page(const position& from, bool newest_first,
                       const std::vector<std::pair<position, std::uint64_t>>& all)
    {
        auto before = from.offset;
        for (const auto& [at, id] : all) {
            if (!truth_.has(at) || truth_.epochs.at(at.epoch)[at.offset - 1] != id)
                fail("a page with a message that the store does not have at ", text_of(at), ", id ", id);
            const bool first = &at == &all.front().first;
            if (before == 0 || (first && !newest_first) ? !newest_first && at.offset <= before
                                                        : at.offset != (newest_first ? before - 1 : before + 1))
                fail("a page with a hole or a wrong order: offset ", at.offset, " after ", before);
            if (first && !newest_first && at.offset > before + 1 && truth_.kept_since({at.epoch, before}))
                fail("a page that begins at offset ", at.offset, " though all after ", before, " is kept");
            before = at.offset;
        }
        clock_.note(name_, ": a page of ", all.size(), newest_first ? " before " : " after ", text_of(from));
        return before;
    }

    void message(std::uint64_t id, const position& m)
    {
        clock_.note(name_, ": gets ", text_of(m), " id ", id);
        if (!m)
            return fail("a message without a position, id ", id);
        if (!truth_.has(m) || truth_.epochs.at(m.epoch)[m.offset - 1] != id)
            return fail("a message that the store does not have at ", text_of(m), ", id ", id);
        if (m.epoch == at_.epoch && m.offset <= at_.offset)
            return fail("a duplicate, or the wrong order: ", text_of(m), " after ", text_of(at_));
        if (!had_.emplace(m.epoch, m.offset).second)
            return fail("a message that it has had before: ", text_of(m), " after ", text_of(at_));
        if (past_.contains(m.epoch))
            return fail("a message of an epoch that has passed: ", text_of(m), " after ", text_of(at_));
        const bool next = (begins_by_ && m.epoch == begins_by_.epoch && m.offset <= begins_by_.offset) ||
                          follows(begins_by_ ? begins_by_ : at_, m);
        if (own_(id))
            return fail("its own message, which it was not to get: ", text_of(m));
        if (!next && !told_)
            return fail("a hole that it was not told about: ", text_of(m), " after ", text_of(at_));
        pass_to(m);
        told_ = false;
    }

    void gap(std::string_view reason, const position& goes_on)
    {
        clock_.note(name_, ": gap ", reason, goes_on ? ' ' + text_of(goes_on) : "");
        const bool dropped = reason == "slow_receiver" && may_drop_;
        // While a hub learns where the room is, it tells of what the bus lost without asking the history.
        const bool unsure = reason == "link_lost" && !truth_.bus_clean;
        if (!dropped && !unsure && truth_.kept_since(at_))
            return fail("told of a gap (", reason, ") after ", text_of(at_), " though all is kept");
        // A history that began anew is sent from its beginning.
        if (reason == "history_lost" && at_ && goes_on.epoch != at_.epoch && goes_on.offset != 0 &&
            truth_.readable && goes_on.epoch == truth_.top.epoch && truth_.oldest <= goes_on.offset)
            return fail("told to go on from ", text_of(goes_on), " of a new epoch, and the history has more");
        if (goes_on)
            go_on_from(goes_on);
        told_ = true;
    }

    // Everybody is quiet and a message has just come through: the client has the newest, or was told.
    void settled()
    {
        if (at_ != truth_.top && !told_)
            fail("at the end it has ", text_of(at_), " of ", text_of(truth_.top));
    }

private:
    // The history could not be read: the stream goes on from wherever it is.
    void begin_anywhere(const subscribed_room& r)
    {
        clock_.note(name_, ": subscribed, the position is not known");
        if (truth_.readable)
            return fail("`subscribed` names no position");
        if (r.recovered && *r.recovered)
            return fail("recovered to nowhere");
        told_ = true;
    }
    // Nothing is between them but the connection's own messages.
    bool follows(const position& last, const position& m) const
    {
        if (m.epoch != last.epoch)
            return false;
        const auto& ids = truth_.epochs.at(m.epoch);
        auto at = last.offset;
        while (at + 1 < m.offset && own_(ids[at]))
            ++at;
        return at + 1 == m.offset;
    }
    void go_on_from(const position& p)
    {
        if (p.epoch == at_.epoch && p.offset < at_.offset)
            return fail("told to go back: ", text_of(p), " after ", text_of(at_));
        // A hub that could not read, or missed a whole epoch, may not know that the client is ahead. It says so at least.
        const bool blind = !truth_.readable || truth_.epochs.size() > 2;
        if (past_.contains(p.epoch) && !blind)
            return fail("told to go back to an epoch that has passed: ", text_of(p));
        past_.erase(p.epoch);
        pass_to(p);
        told_ = false;
    }
    void pass_to(const position& p)
    {
        if (p.epoch != at_.epoch && at_)
            past_.insert(at_.epoch);
        begins_by_ = {};
        at_ = p;
    }
    template <class... Parts>
    void fail(const Parts&... parts)
    {
        clock_.broken(name_, ": ", parts...);
    }

    scheduler& clock_;
    room_truth& truth_;
    std::string name_;
    bool may_drop_;
    is_own own_;
    position at_{};
    position begins_by_{};
    bool told_ = false;
    std::set<std::uint64_t> past_; // epochs
    std::set<std::pair<std::uint64_t, std::uint64_t>> had_;
};

// The law in a room without history, for one membership: from `subscribed` on every message, in the bus's order, or a
// `gap` in its place.
class plain_law {
public:
    plain_law(scheduler& clock, room_truth& all, std::string name, bool may_drop, is_own own)
        : clock_{clock}, truth_{all}, name_{std::move(name)}, may_drop_{may_drop}, own_{std::move(own)}
    {}

    // What is published once the client knows, it gets.
    void subscribed()
    {
        clock_.note(name_, ": subscribed, ", truth_.sent.size(), " sent so far");
        first_by_ = truth_.sent.size() + 1;
        last_ = 0;
        told_ = false;
    }

    void message(std::uint64_t id, const position& at)
    {
        const auto found = truth_.place.find(id);
        if (at || found == truth_.place.end())
            return fail("a message that nobody sent, id ", id);
        const auto place = found->second;
        clock_.note(name_, ": gets #", place, " id ", id);
        if (place <= last_)
            return fail("a duplicate, or the wrong order: #", place, " after #", last_);
        if (own_(id))
            return fail("its own message, which it was not to get: #", place);
        auto before = last_ != 0 ? last_ : first_by_ - 1;
        while (before + 1 < place && own_(truth_.sent[before]))
            ++before;
        if (!told_ && (last_ != 0 ? place != before + 1 : place > before + 1))
            return fail("a hole that it was not told about: #", place, " after #",
                        last_ != 0 ? last_ : first_by_ - 1);
        last_ = place;
        told_ = false;
    }

    void gap(std::string_view reason)
    {
        clock_.note(name_, ": gap ", reason);
        if (reason == "slow_receiver" ? !may_drop_ : truth_.bus_clean)
            return fail("told of a gap (", reason, ") without a reason");
        told_ = true;
    }

    void settled()
    {
        const auto have = last_ != 0 ? last_ : first_by_ - 1;
        if (!told_ && have < truth_.sent.size())
            fail("at the end it has #", have, " of ", truth_.sent.size());
    }

private:
    template <class... Parts>
    void fail(const Parts&... parts)
    {
        clock_.broken(name_, ": ", parts...);
    }

    scheduler& clock_;
    room_truth& truth_;
    std::string name_;
    bool may_drop_;
    is_own own_;
    std::uint64_t first_by_ = 1;
    std::uint64_t last_ = 0;
    bool told_ = false;
};

} // namespace fanfare::simulation

#endif

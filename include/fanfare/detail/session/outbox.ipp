// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SESSION_OUTBOX_IPP
#define FANFARE_DETAIL_SESSION_OUTBOX_IPP

#include <fanfare/detail/session/outbox.hpp>

#include <algorithm>
#include <utility>

namespace fanfare::detail {

inline std::string outbox_key(const frame& message)
{
    std::string key{message.room()};
    key += '\0';
    key += message.key();
    return key;
}

FANFARE_DECL outbox::result outbox::push(shared_frame message, overflow_policy policy, std::size_t elsewhere)
{
    if (closing_)
        return result::overflow;
    const auto size = message->wire().size();
    const bool keyed = policy == overflow_policy::latest_per_key && !message->key().empty();
    if (keyed && !message->at() && conflate(message, elsewhere))
        return result::conflated;
    // In the order of the offsets: the old one goes, the new one waits at the end.
    auto outcome = keyed && message->at() && take_back(*message) ? result::conflated : result::queued;
    while (full(size + elsewhere)) {
        if (policy == overflow_policy::close)
            return result::overflow;
        if (policy == overflow_policy::resync && message->at() && !message->is_gap()) {
            drop_for_resync(*message);
            return result::resync;
        }
        outcome = result::dropped;
        if (size > max_bytes_ || !drop_oldest(message->room())) {
            note_lost(message->room());
            return outcome;
        }
    }
    bytes_ += size;
    append({std::move(message)});
    if (keyed)
        index_key(items_.size() - 1);
    return outcome;
}

FANFARE_DECL void outbox::push_started(shared_frame message, std::size_t written)
{
    bytes_ += message->wire().size();
    append({std::move(message)});
    begun_ = written;
}

FANFARE_DECL void outbox::push_pong(std::span<const char> payload)
{
    if (closing_)
        return;
    // The newest is kept also where those that a write has begun use all places.
    while (pong_count_ != 0 && pong_count_ + control_pongs_ >= max_pongs) {
        pongs_.erase(0, 2 + static_cast<unsigned char>(pongs_[1])); // a control frame has at most 125 bytes
        --pong_count_;
    }
    char header[10];
    pongs_.append(header, write_ws_header(header, ws_opcode::pong, payload.size()));
    pongs_.append(payload.data(), payload.size());
    ++pong_count_;
}

FANFARE_DECL void outbox::push_ping(std::span<const char> payload)
{
    if (closing_)
        return;
    char header[10];
    ping_.assign(header, write_ws_header(header, ws_opcode::ping, payload.size()));
    ping_.append(payload.data(), payload.size());
}

FANFARE_DECL void outbox::push_close(close_code code, std::string_view reason)
{
    if (closing_)
        return;
    closing_ = true;
    ping_.clear();
    if (begun_ == 0) {
        items_.clear();
        head_ = 0;
        live_ = 0;
        bytes_ = 0;
    } else {
        items_.resize(head_ + 1);
        live_ = 1;
        bytes_ = items_[head_].message->wire().size();
    }
    gaps_.clear();
    keys_.clear();
    char buffer[127];
    close_.assign(buffer, write_close(buffer, code, reason));
}

FANFARE_DECL std::size_t outbox::gather(std::span<std::string_view> out, wall_time now)
{
    std::size_t count = 0;
    std::size_t at = head_;
    if (begun_ != 0 && count != out.size())
        out[count++] = items_[at++].message->wire().substr(begun_);
    start_control();
    if (!control_.empty() && count != out.size())
        out[count++] = std::string_view{control_}.substr(control_begun_);
    for (; at != items_.size() && count != out.size(); ++at) {
        auto& next = items_[at];
        if (next.is_gap && !next.message) {
            const auto of = std::find_if(gaps_.begin(), gaps_.end(), [at](const gap& g) { return g.at == at; });
            next.message = encode_gap(of->room, of->dropped, now);
            bytes_ += next.message->wire().size();
        }
        if (next.message)
            out[count++] = next.message->wire();
    }
    return count;
}

FANFARE_DECL void outbox::consume(std::size_t n)
{
    const auto advance = [&n](std::size_t& begun, std::size_t size) {
        const auto step = std::min(n, size - begun);
        begun += step;
        n -= step;
        return begun == size;
    };
    if (begun_ != 0 && advance(begun_, items_[head_].message->wire().size()))
        pop_front();
    if (n != 0 && !control_.empty() && advance(control_begun_, control_.size())) {
        control_.clear();
        control_begun_ = control_pongs_ = 0;
    }
    while (n != 0 && head_ != items_.size()) {
        if (!items_[head_].message)
            ++head_; // a hole: gaps have markers since they were gathered
        else if (advance(begun_, items_[head_].message->wire().size()))
            pop_front();
    }
    if (begun_ != 0)
        end_gap(head_);
}

// The marker of a room's gap that is on its way is not changed any more: what is dropped from now on gets another one.
FANFARE_DECL void outbox::end_gap(std::size_t at)
{
    if (std::exchange(items_[at].is_gap, false))
        std::erase_if(gaps_, [at](const gap& g) { return g.at == at; });
}

// One more message of its room. What was made of it for a stream that did not take it is made anew.
FANFARE_DECL void outbox::add_to(gap& known)
{
    ++known.dropped;
    if (auto& marker = items_[known.at].message) {
        bytes_ -= marker->wire().size();
        marker.reset();
    }
}

FANFARE_DECL outbox::gap* outbox::find_gap(std::string_view room)
{
    const auto found = std::find_if(gaps_.begin(), gaps_.end(), [room](const gap& g) { return g.room == room; });
    return found == gaps_.end() ? nullptr : &*found;
}

FANFARE_DECL bool outbox::conflate(shared_frame& message, std::size_t elsewhere)
{
    const auto found = keys_.find(outbox_key(*message));
    if (found == keys_.end() || (found->second == head_ && begun_ != 0))
        return false;
    auto& old = items_[found->second].message;
    const auto rest = bytes_ - old->wire().size();
    if (rest + message->wire().size() + elsewhere > max_bytes_ && live_ > 1)
        return false;
    bytes_ = rest + message->wire().size();
    old = std::move(message);
    return true;
}

FANFARE_DECL bool outbox::take_back(const frame& newer)
{
    const auto found = keys_.find(outbox_key(newer));
    if (found == keys_.end() || (found->second == head_ && begun_ != 0))
        return false;
    auto& old = items_[found->second].message;
    bytes_ -= old->wire().size();
    old.reset();
    --live_;
    keys_.erase(found);
    clear_if_empty();
    return true;
}

FANFARE_DECL void outbox::clear_if_empty()
{
    if (live_ == 0) {
        items_.clear();
        head_ = 0;
    }
}

// Takes the oldest message of `room` that has not begun; the first leaves the gap marker in its place.
FANFARE_DECL bool outbox::drop_oldest(std::string_view room)
{
    auto* known = find_gap(room);
    std::size_t at = known ? std::max(known->scan_from, head_) : head_;
    if (at == head_ && begun_ != 0)
        ++at;
    while (at != items_.size() &&
           !(items_[at].message && !items_[at].is_gap && items_[at].message->room() == room))
        ++at;
    if (known)
        known->scan_from = at;
    if (at == items_.size())
        return false;
    ++dropped_;
    forget_key(at);
    bytes_ -= items_[at].message->wire().size();
    items_[at].message.reset();
    if (known) {
        add_to(*known);
        --live_;
    } else {
        items_[at].is_gap = true;
        gaps_.push_back({std::string{room}, 1, at, at + 1});
    }
    return true;
}

// The new message itself is lost: nothing older of its room can make way.
FANFARE_DECL void outbox::note_lost(std::string_view room)
{
    ++dropped_;
    if (auto* known = find_gap(room))
        return add_to(*known);
    append({nullptr, true});
    gaps_.push_back({std::string{room}, 1, items_.size() - 1, items_.size()});
}

// Drops what waits of the room and has a place in its history.
FANFARE_DECL void outbox::drop_for_resync(const frame& last)
{
    resync_from_ = last.at();
    ++resynced_;
    bool first = true;
    for (auto at = head_ + (begun_ != 0 ? 1 : 0); at != items_.size(); ++at) {
        auto& message = items_[at].message;
        if (!message || message->room() != last.room() || message->at().epoch != last.at().epoch)
            continue;
        if (first && message->is_gap())
            continue; // tells of what was before
        if (std::exchange(first, false))
            resync_from_ = message->at();
        forget_key(at);
        bytes_ -= message->wire().size();
        message.reset();
        --live_;
        ++resynced_;
    }
    clear_if_empty();
}

FANFARE_DECL void outbox::append(item next)
{
    if (items_.size() > 2 * live_ + 64)
        compact();
    items_.push_back(std::move(next));
    ++live_;
}

// Removes what has been sent and the holes, so that the queue's length follows what waits.
FANFARE_DECL void outbox::compact()
{
    std::size_t to = 0;
    for (std::size_t from = head_; from != items_.size(); ++from) {
        if (!items_[from].is_live())
            continue;
        for (auto& g : gaps_)
            if (items_[from].is_gap && g.at == from) {
                g.at = to;
                g.scan_from = to + 1;
                break;
            }
        if (to != from)
            items_[to] = std::exchange(items_[from], {});
        ++to;
    }
    items_.resize(to);
    head_ = 0;
    if (!keys_.empty()) {
        keys_.clear();
        for (std::size_t i = 0; i != items_.size(); ++i)
            index_key(i);
    }
}

FANFARE_DECL void outbox::index_key(std::size_t at)
{
    if (const auto& message = items_[at].message; message && !message->key().empty())
        keys_.insert_or_assign(outbox_key(*message), at);
}

FANFARE_DECL void outbox::forget_key(std::size_t at)
{
    if (keys_.empty() || items_[at].message->key().empty())
        return;
    const auto found = keys_.find(outbox_key(*items_[at].message));
    if (found != keys_.end() && found->second == at)
        keys_.erase(found);
}

FANFARE_DECL void outbox::start_control()
{
    if (!control_.empty())
        return;
    control_.swap(pongs_);
    control_pongs_ = std::exchange(pong_count_, 0);
    control_ += ping_;
    ping_.clear();
    control_ += close_;
    close_.clear();
}

FANFARE_DECL void outbox::pop_front()
{
    forget_key(head_);
    end_gap(head_);
    bytes_ -= items_[head_].message->wire().size();
    items_[head_].message.reset();
    begun_ = 0;
    --live_;
    ++head_;
    clear_if_empty();
}

} // namespace fanfare::detail

#endif

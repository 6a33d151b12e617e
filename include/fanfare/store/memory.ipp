// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_STORE_MEMORY_IPP
#define FANFARE_STORE_MEMORY_IPP

#include <fanfare/detail/base/clock_math.hpp>
#include <fanfare/detail/base/random.hpp>
#include <fanfare/store/memory.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace fanfare {

namespace detail {

using store_clock = std::chrono::steady_clock;

struct string_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view s) const noexcept { return std::hash<std::string_view>{}(s); }
};

/// One room's history. Under its stripe's lock.
struct memory_history {
    struct kept {
        stored_message message;
        store_clock::time_point at;
    };
    struct known_key {
        std::uint64_t offset;
        store_clock::time_point until;
    };
    struct keys {
        std::unordered_map<std::string, known_key, string_hash, std::equal_to<>> by_name;
        std::deque<std::string> oldest_first;
        std::size_t bytes = 0; // about, of all of them

        // The name is there twice; the rest is for the nodes.
        static std::size_t size_of(std::string_view name) noexcept
        {
            return 2 * name.size() + sizeof(known_key) + 2 * sizeof(std::string) + 64;
        }

        void add(std::string_view name, const known_key& known)
        {
            if (!by_name.insert_or_assign(std::string{name}, known).second)
                return;
            oldest_first.emplace_back(name);
            bytes += size_of(name);
        }

        void drop_front()
        {
            bytes -= size_of(oldest_first.front());
            by_name.erase(oldest_first.front());
            oldest_first.pop_front();
        }
    };

    position top{};
    std::deque<kept> messages;
    std::unique_ptr<keys> idempotency; // made on first need
    std::list<std::string>::iterator used;

    static std::size_t size_of(const stored_message& m) noexcept
    {
        return sizeof(kept) + m.body.capacity() + m.key.capacity();
    }

    /// Answers the bytes that went.
    std::size_t drop_front()
    {
        const auto size = size_of(messages.front().message);
        messages.pop_front();
        return size;
    }

    std::size_t trim(const history_limits& limits, std::size_t coming)
    {
        std::size_t gone = 0;
        while (!messages.empty() && messages.size() + coming > limits.messages)
            gone += drop_front();
        if (limits.age.count() > 0)
            for (const auto now = store_clock::now();
                 !messages.empty() && later(messages.front().at, limits.age) <= now;)
                gone += drop_front();
        return gone;
    }

    std::size_t key_bytes() const noexcept { return idempotency ? idempotency->bytes : 0; }

    /// Answers the bytes that went.
    std::size_t forget_keys(std::size_t most)
    {
        if (!idempotency)
            return 0;
        const auto before = idempotency->bytes;
        const auto& order = idempotency->oldest_first;
        const auto& names = idempotency->by_name;
        const auto now = store_clock::now();
        while (!order.empty() && (order.size() > most || names.find(order.front())->second.until <= now))
            idempotency->drop_front();
        return before - idempotency->bytes;
    }

    /// So many bytes, if the newest key can stay. Answers the bytes that went.
    std::size_t drop_keys(std::size_t wanted)
    {
        const auto before = key_bytes();
        while (idempotency && idempotency->oldest_first.size() > 1 && before - idempotency->bytes < wanted)
            idempotency->drop_front();
        return before - key_bytes();
    }

    /// The offset of the key's first use; none if this is it.
    std::optional<std::uint64_t> use_key(const std::string& name, std::chrono::milliseconds window)
    {
        if (!idempotency)
            idempotency = std::make_unique<keys>();
        const auto now = store_clock::now();
        const auto known = idempotency->by_name.find(name);
        if (known != idempotency->by_name.end() && known->second.until > now)
            return known->second.offset;
        idempotency->add(name, {top.offset + 1, later(now, window)});
        return std::nullopt;
    }
};

} // namespace detail

struct memory_store::state {
    struct alignas(64) stripe {
        std::mutex mutex;
        std::unordered_map<std::string, detail::memory_history, detail::string_hash, std::equal_to<>> rooms;
        std::list<std::string> used; // the longest unused first
    };

    memory_store_options options;
    std::array<stripe, 16> stripes;
    std::atomic<std::size_t> rooms{0};
    std::atomic<std::size_t> bytes{0};

    stripe& of(std::string_view room) { return stripes[detail::string_hash{}(room) % stripes.size()]; }

    // Rooms that nothing was stored in are evicted first.
    detail::memory_history& use(stripe& s, std::string_view room, bool writing)
    {
        if (const auto at = s.rooms.find(room); at != s.rooms.end()) {
            if (writing || at->second.top.offset != 0)
                s.used.splice(s.used.end(), s.used, at->second.used);
            return at->second;
        }
        if (rooms.load() >= options.rooms && !s.used.empty())
            evict_oldest(s);
        auto& made = s.rooms[std::string{room}];
        made.used = s.used.insert(writing ? s.used.end() : s.used.begin(), std::string{room});
        do
            detail::random_bytes(
                std::span{reinterpret_cast<unsigned char*>(&made.top.epoch), sizeof made.top.epoch});
        while (made.top.epoch == 0);
        rooms.fetch_add(1);
        return made;
    }

    void release_bytes(std::size_t gone)
    {
        if (gone != 0)
            bytes.fetch_sub(gone, std::memory_order_relaxed);
    }

    void evict_oldest(stripe& s)
    {
        const auto at = s.rooms.find(s.used.front());
        for (const auto& one : at->second.messages)
            bytes.fetch_sub(detail::memory_history::size_of(one.message));
        bytes.fetch_sub(at->second.key_bytes());
        s.rooms.erase(at);
        s.used.pop_front();
        rooms.fetch_sub(1);
    }

    // Evicts the rooms of this stripe that were not used for longest; then the room's own oldest messages and its keys.
    void make_room(stripe& s, detail::memory_history& own)
    {
        while (bytes.load() > options.bytes && s.used.size() > 1)
            evict_oldest(s);
        while (bytes.load() > options.bytes && own.messages.size() > 1)
            bytes.fetch_sub(own.drop_front());
        if (const auto held = bytes.load(); held > options.bytes)
            release_bytes(own.drop_keys(held - options.bytes));
    }
};

FANFARE_DECL memory_store::memory_store(memory_store_options options) : state_{std::make_shared<state>()}
{
    state_->options = options;
}

FANFARE_DECL void memory_store::async_append(history_append message, append_done done)
{
    auto& part = state_->of(message.room);
    const std::lock_guard lock{part.mutex};
    auto& room = state_->use(part, message.room, true);
    state_->release_bytes(room.forget_keys(state_->options.idempotency_keys));
    if (!message.idempotency_key.empty()) {
        const auto before = room.key_bytes();
        const auto known = room.use_key(std::string{message.idempotency_key}, message.limits.idempotency_window);
        state_->bytes.fetch_add(room.key_bytes() - before, std::memory_order_relaxed);
        if (known)
            return done({.at = {room.top.epoch, *known}, .duplicate = true});
    }
    message.message.offset = ++room.top.offset;
    const auto gone = room.trim(message.limits, 1);
    auto& kept = room.messages.emplace_back();
    kept.message = std::move(message.message);
    state_->bytes.fetch_add(detail::memory_history::size_of(kept.message) - gone, std::memory_order_relaxed);
    if (message.limits.age.count() > 0)
        kept.at = detail::store_clock::now();
    state_->make_room(part, room);
    done({.at = room.top, .message = &kept.message});
}

FANFARE_DECL void memory_store::async_read(std::string_view name, const history_query& query, history_done done)
{
    history_page page;
    {
        auto& part = state_->of(name);
        const std::lock_guard lock{part.mutex};
        auto& room = state_->use(part, name, false);
        state_->release_bytes(room.trim(query.limits, 0) + room.forget_keys(state_->options.idempotency_keys));
        page.top = room.top;
        page.oldest = room.top.offset + 1 - room.messages.size();
        // Offsets have no holes, so a place in the queue follows from the offset.
        const auto count = room.messages.size();
        const auto end_at = [&](std::uint64_t offset) {
            return std::min<std::size_t>(count, std::max(offset, page.oldest) - page.oldest);
        };
        const auto most = std::min(query.bytes, max_history_page_bytes);
        std::size_t bytes = 0;
        const auto take = [&](const detail::memory_history::kept& one) {
            bytes += detail::page_size_of(one.message);
            if (page.messages.size() == query.limit || (bytes > most && !page.messages.empty()))
                return false;
            page.messages.push_back(one.message);
            return true;
        };
        if (query.newest_first) {
            auto end = query.from == 0 ? count : end_at(query.from);
            while (end != 0 && take(room.messages[end - 1]))
                --end;
        } else {
            auto at = query.from >= room.top.offset ? count : end_at(query.from + 1);
            while (at != count && take(room.messages[at]))
                ++at;
        }
    }
    done({}, std::move(page));
}

FANFARE_DECL std::size_t memory_store::rooms() const
{
    return state_->rooms.load();
}

FANFARE_DECL std::size_t memory_store::bytes() const
{
    return state_->bytes.load();
}

} // namespace fanfare

#endif

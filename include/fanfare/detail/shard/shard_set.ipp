// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SHARD_SHARD_SET_IPP
#define FANFARE_DETAIL_SHARD_SHARD_SET_IPP

#include <fanfare/detail/shard/shard_set.hpp>
#include <fanfare/error.hpp>

#include <boost/asio/strand.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace fanfare::detail {

inline constexpr std::size_t max_shards = 255; // a connection's number has 8 bits for it

FANFARE_DECL shard_set::shard_set(const std::vector<asio::any_io_executor>& executors,
                                  const shard_services& shared)
    : options_{shared.options}
{
    if (executors.empty() || executors.size() > max_shards)
        throw std::invalid_argument("fanfare::hub: needs 1 to 255 executors");
    if (std::find(executors.begin(), executors.end(), asio::any_io_executor{}) != executors.end())
        throw std::invalid_argument("fanfare::hub: an executor is empty");
    for (const auto& ex : executors) {
        auto serial = options_.executors_are_serial ? ex : asio::any_io_executor{asio::make_strand(ex)};
        all_.push_back(std::make_unique<shard>(shared, std::move(serial), static_cast<std::uint8_t>(all_.size())));
    }
}

FANFARE_DECL shard* shard_set::of(std::uint64_t number) const noexcept
{
    const auto index = static_cast<std::size_t>(number >> 56);
    return index < all_.size() ? all_[index].get() : nullptr;
}

FANFARE_DECL shard& shard_set::least_loaded() const noexcept
{
    return **std::min_element(all_.begin(), all_.end(),
                              [](const auto& a, const auto& b) { return a->load() < b->load(); });
}

FANFARE_DECL shard& shard_set::busiest() const noexcept
{
    return **std::max_element(all_.begin(), all_.end(), [](const auto& a, const auto& b) {
        return a->queued_messages() < b->queued_messages();
    });
}

FANFARE_DECL std::size_t shard_set::connections() const noexcept
{
    std::size_t open = 0;
    for (const auto& s : all_)
        open += static_cast<std::size_t>(s->count().connections.get());
    return open;
}

FANFARE_DECL error_code shard_set::check_capacity(std::size_t bytes) const noexcept
{
    for (const auto& s : all_)
        if (s->queued_messages() >= options_.queue_messages || s->queued_bytes() + bytes > options_.queue_bytes)
            return error::queue_full;
    return {};
}

FANFARE_DECL void shard_set::deliver_to_all(const shared_frame& message) const
{
    for (const auto& s : all_)
        if (s->count().connections.get() != 0)
            s->deliver(nullptr, message);
}

FANFARE_DECL void shard_set::deliver(room_state& room, shared_frame message) const
{
    // The last one gets this function's own reference: the counter is what publisher and shard contend for.
    shard* last = nullptr;
    for (const auto& s : all_) {
        if (!room.parts[s->index()].concerned())
            continue;
        if (last)
            last->deliver(&room, message);
        last = s.get();
    }
    if (last)
        last->deliver(&room, std::move(message));
}

FANFARE_DECL void shard_set::read_in_turn(shard& home, read_kind kind, std::function<bool()> wanted,
                                          std::function<void(error_code, const read_turn&)> start) const
{
    home.post([this, kind, wanted = std::move(wanted), start = std::move(start),
               keep = home.keep_hub()](shard& here) mutable {
        if (here.reads.waiting() >= options_.max_pending_reads)
            return start(error::too_many_requests, {});
        queued_read one{.start = [start = std::move(start), keep, &here](const read_turn& turn) {
            start(here.hub_is_stopping() ? error_code{error::shutting_down} : error_code{}, turn);
        }};
        if (wanted)
            one.ask = [wanted = std::move(wanted)] {
                return wanted() ? read_standing::ready : read_standing::gone;
            };
        here.reads.enter(kind, std::move(one));
    });
}

} // namespace fanfare::detail

#endif

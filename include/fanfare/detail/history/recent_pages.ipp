// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HISTORY_RECENT_PAGES_IPP
#define FANFARE_DETAIL_HISTORY_RECENT_PAGES_IPP

#include <fanfare/detail/history/recent_pages.hpp>
#include <fanfare/detail/wire/envelope.hpp>

#include <utility>

namespace fanfare::detail {

FANFARE_DECL std::vector<shared_slice> recent_pages::find(std::string_view room, std::uint64_t epoch) const
{
    std::vector<shared_slice> found;
    const std::lock_guard lock{mutex_};
    for (const auto& one : all_)
        if (one.page->top.epoch == epoch && one.room == room)
            found.push_back(one.page);
    return found;
}

FANFARE_DECL void recent_pages::add(std::string_view room, const shared_slice& page)
{
    if (page->frames.empty())
        return;
    std::deque<kept> gone; // destroyed after the lock
    const std::lock_guard lock{mutex_};
    all_.push_back({std::string{room}, page});
    bytes_ += page->bytes;
    while (!all_.empty() && (bytes_ > most_bytes_ || all_.size() > max_pages)) {
        bytes_ -= all_.front().page->bytes;
        gone.push_back(std::move(all_.front()));
        all_.pop_front();
    }
}

// Offsets have no holes, so a place in the page follows from the offset. The newest pages first: what is of the time
// before a store was set back is not compared again and again.
FANFARE_DECL shared_frame frame_of(const std::vector<shared_slice>& pages, const stored_message& message)
{
    for (auto page = pages.rbegin(); page != pages.rend(); ++page) {
        const auto& frames = (*page)->frames;
        const auto first = frames.front()->at().offset;
        if (message.offset < first || message.offset - first >= frames.size())
            continue;
        const auto& made = frames[message.offset - first];
        if (is_stored_as(*made, message.body, message.key, message.except))
            return made;
    }
    return nullptr;
}

} // namespace fanfare::detail

#endif

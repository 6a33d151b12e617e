// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HISTORY_RECENT_PAGES_HPP
#define FANFARE_DETAIL_HISTORY_RECENT_PAGES_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/room/stream_sequencer.hpp>
#include <fanfare/store.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace fanfare::detail {

/// The pages of histories that were read last, so that clients who read the same messages one after the other share
/// their frames. Thread-safe.
class recent_pages {
public:
    /// `most_bytes` of frames are kept.
    explicit recent_pages(std::size_t most_bytes) : most_bytes_{most_bytes} {}
    recent_pages(const recent_pages&) = delete;
    recent_pages& operator=(const recent_pages&) = delete;

    /// Pages of this room in this epoch.
    std::vector<shared_slice> find(std::string_view room, std::uint64_t epoch) const;
    /// Keeps one, and forgets the oldest.
    void add(std::string_view room, const shared_slice& page);

private:
    static constexpr std::size_t max_pages = 64;
    struct kept {
        std::string room;
        shared_slice page;
    };

    const std::size_t most_bytes_;
    mutable std::mutex mutex_;
    std::deque<kept> all_; // the oldest first
    std::size_t bytes_ = 0;
};

/// The frame of this message that one of the pages has; null if none does. The text is compared: a store that was set
/// back (restored from a backup, say) may have given the place to another message since.
shared_frame frame_of(const std::vector<shared_slice>& pages, const stored_message& message);

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/history/recent_pages.ipp>
#endif

#endif

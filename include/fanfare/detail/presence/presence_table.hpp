// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_PRESENCE_PRESENCE_TABLE_HPP
#define FANFARE_DETAIL_PRESENCE_PRESENCE_TABLE_HPP

#include <fanfare/config.hpp>
#include <fanfare/presence_list.hpp>

#include <boost/system/error_code.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace fanfare::detail {

/// Who is in which room, in this process' memory, in the shape of a presence store. A handle: copies share one table.
/// Thread-safe. The handlers are called in the calling thread, before the function returns, with no lock held.
class presence_table {
public:
    presence_table();
    // Copying on purpose: a moved-from handle would be an empty one.
    presence_table(const presence_table&) = default;
    presence_table& operator=(const presence_table&) = default;

    void async_enter(std::string_view room, presence_client client,
                     const std::function<void(error_code, presence_change)>& handler);
    void async_leave(std::string_view room, std::string_view connection_id,
                     const std::function<void(error_code, presence_change)>& handler);
    void async_refresh(const std::vector<presence_entries>& entries,
                       const std::function<void(error_code, presence_refresh)>& handler);
    void async_read(std::string_view room, std::size_t limit,
                    const std::function<void(error_code, presence_list)>& handler);
    /// Entries of a process end with the process: they do not expire.
    std::chrono::milliseconds lifetime() const noexcept { return {}; }
    /// Rooms with somebody in them.
    std::size_t rooms() const;

private:
    struct state;
    std::shared_ptr<state> state_;
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/presence/presence_table.ipp>
#endif

#endif

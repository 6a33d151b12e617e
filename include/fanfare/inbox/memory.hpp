// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_INBOX_MEMORY_HPP
#define FANFARE_INBOX_MEMORY_HPP

#include <fanfare/config.hpp>
#include <fanfare/inbox.hpp>

#include <cstddef>
#include <memory>
#include <string_view>

namespace fanfare {

/// How much a `memory_inbox` holds.
struct memory_inbox_options {
    inbox_limits limits{};
    /// Bytes of memory that all users' notifications take, about, their tables included; beyond it `async_add` answers
    /// `store_full`.
    std::size_t bytes = 256 * 1024 * 1024;
};

/// Users' notifications in this process' memory, lost when it ends. Copies share them, so that several hubs of one
/// process can:
/// @code
/// fanfare::memory_inbox inbox;
/// a.inbox(inbox);
/// b.inbox(inbox);
/// @endcode
/// Thread-safe. The handlers are called in the calling thread, before the function returns. Errors besides the
/// port's: `store_full`.
class memory_inbox {
public:
    /// Throws `boost::system::system_error` with `error::invalid_config` if a limit is zero.
    explicit memory_inbox(memory_inbox_options options = {});
    // Copying on purpose: a moved-from handle would be an empty one.
    memory_inbox(const memory_inbox&) = default;
    memory_inbox& operator=(const memory_inbox&) = default;

    void async_add(const inbox_add& what, const inbox_was_added& handler);
    void async_list(std::string_view user, const inbox_query& query, const inbox_was_listed& handler);
    void async_mark(std::string_view user, const inbox_mark& mark, const inbox_was_marked& handler);
    void async_counts(std::string_view user, const inbox_was_counted& handler);

    /// Bytes of memory that the notifications take, as counted for `memory_inbox_options::bytes`.
    std::size_t bytes() const;

private:
    struct state;
    std::shared_ptr<state> state_;
};

static_assert(inbox_store<memory_inbox>);

} // namespace fanfare

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/inbox/memory.ipp>
#endif

#endif

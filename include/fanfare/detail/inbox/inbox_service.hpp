// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_INBOX_INBOX_SERVICE_HPP
#define FANFARE_DETAIL_INBOX_INBOX_SERVICE_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/base/lifetime.hpp>
#include <fanfare/detail/publish/publisher.hpp>
#include <fanfare/detail/room/namespaces.hpp>
#include <fanfare/detail/shard/hub_handlers.hpp>
#include <fanfare/detail/shard/shard.hpp>
#include <fanfare/fwd.hpp>
#include <fanfare/inbox.hpp>
#include <fanfare/message.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace fanfare::detail {

/// A copy with data in memory of its own: that of a plain copy stays in the memory of the first.
inline notification own_notification(const notification& what)
{
    return {what.title,           what.message,   json::value(what.data, json::storage_ptr{}),
            what.idempotency_key, what.data_text, what.trace};
}

/// What an `inbox_service` works with.
struct inbox_parts {
    const hub_options& options;
    const namespaces& rules;
    room_registry& rooms;
    shard& first;
    publisher& messages;
    const hub_handlers& handlers;
    const lifetime& life;
};

/// Puts notifications into users' inboxes, then sends them; and tells all devices of a user what one has changed.
///
/// Thread-safe, but for `use`. Handlers come on any thread, maybe before the function returns. What the hub tells by
/// itself (`badge`, `inbox_changed`, `retract`) does not go into the rooms' history: it would be old when it is read.
class inbox_service {
public:
    explicit inbox_service(const inbox_parts& parts) : parts_{parts} {}
    inbox_service(const inbox_service&) = delete;
    inbox_service& operator=(const inbox_service&) = delete;

    /// Before the first connection.
    void use(any_inbox store) { store_ = std::move(store); }
    bool in_use() const noexcept { return static_cast<bool>(store_); }
    /// How the store's link stands.
    link_status status() const { return in_use() ? store_.status() : link_status{}; }
    /// The store is not needed any more. Thread-safe.
    void rest_store()
    {
        if (in_use())
            store_.rest();
    }

    /// Stores, if there is an inbox, and then sends. `done`, if any, is told the fate, a refusal included. Without it
    /// a failure after this has returned is counted, and told to `hub_handlers::on_notify_failed`. `ack_id`, if any,
    /// goes out with the payload.
    receipt notify(std::string_view user, const notification& what, std::function<void(const receipt&)> done,
                   std::string_view ack_id = {});

    /// Without an inbox: `no_inbox`.
    void list(std::string_view user, const inbox_query& query, inbox_was_listed handler);
    void counts(std::string_view user, inbox_was_counted handler);
    /// Tells all the user's devices but one, by `node_id::except_tag`; of the counts only, if nothing has changed.
    void mark(std::string_view user, const inbox_mark& mark, std::uint64_t except, inbox_was_marked handler);
    /// Takes alerts back on the user's devices but one.
    void retract(std::string_view user, json::object what, std::uint64_t except);

    /// Operations of the inbox that failed, and changes that could not be told.
    std::uint64_t failures() const noexcept { return failures_.load(std::memory_order_relaxed); }

private:
    struct pending; // a notification on its way
    receipt plain(std::string_view user, const notification& what, const std::function<void(const receipt&)>& done,
                  std::string_view ack_id);
    void added(const std::shared_ptr<pending>& one, error_code ec, const inbox_added& answer);
    void sent(const std::shared_ptr<pending>& one, receipt fate);
    void marked(std::string_view user, const inbox_mark& mark, std::uint64_t except, const inbox_marked& answer);
    void announce(std::string_view user, std::string_view type, json::object what, std::uint64_t except);
    error_code refusal(const std::string& room, std::string_view user, const notification& what,
                       std::string_view ack_id) const;
    bool begin();
    error_code unusable() const;
    template <class Answer>
    std::function<void(error_code, Answer)> counted(std::function<void(error_code, Answer)> handler);
    void failed() noexcept { failures_.fetch_add(1, std::memory_order_relaxed); }

    inbox_parts parts_;
    any_inbox store_;
    std::atomic<std::uint64_t> failures_{0};
    std::atomic<std::size_t> under_way_{0};
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/inbox/inbox_service.ipp>
#endif

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REVOCATION_REVOCATIONS_HPP
#define FANFARE_DETAIL_REVOCATION_REVOCATIONS_HPP

#include <fanfare/bus.hpp>
#include <fanfare/config.hpp>
#include <fanfare/detail/base/lifetime.hpp>
#include <fanfare/detail/cluster/cluster.hpp>
#include <fanfare/detail/revocation/revocation_list.hpp>
#include <fanfare/detail/room/namespaces.hpp>
#include <fanfare/detail/session/session_directory.hpp>
#include <fanfare/detail/shard/shard_io.hpp>
#include <fanfare/detail/shard/shard_set.hpp>
#include <fanfare/link_status.hpp>
#include <fanfare/options.hpp>
#include <fanfare/revocation.hpp>
#include <fanfare/revocation_store.hpp>

#include <boost/json/object.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace fanfare::detail {

/// What `revocations` works with.
struct revocation_parts {
    const hub_options& options;
    const namespaces& rules;
    const shard_set& shards;
    session_directory& sessions;
    cluster& others;
    revocation_list& list;
    const lifetime& life;
};

/// Revokes credentials on all hubs of the bus, and learns from the store what others have revoked.
///
/// A revocation is in the store before any hub is told. The store is read when the hub begins (until that has
/// succeeded, the list is not complete), when the bus is up again, and from time to time, since a bus may lose a
/// command. Whatever makes the list longer, whom it concerns is closed. One read is under way at a time. Thread-safe,
/// but for `use`.
class revocations {
public:
    using revoked = std::function<void(error_code, const revoke_result&)>;

    explicit revocations(const revocation_parts& parts) : parts_{parts} {}
    revocations(const revocations&) = delete;
    revocations& operator=(const revocations&) = delete;

    /// Before the hub's executors run; a bus of other threads may report already. Reads it; a store that answers at once
    /// has been read when this returns. Without one, this hub keeps what it is told.
    void use(any_revocation_store store);
    /// Fills in what is left out. Answers what is wrong with it, `invalid_user` or `invalid_message`, and why.
    error_code settle(revocation& what, std::string& why) const;
    /// Revokes on all hubs. `what` is settled. `done` is called on any thread. What became of it is told apart by the
    /// error: `bus_unavailable` and `timed_out` are answered only where it is kept, the store's own become `store_failed`.
    void revoke(const revocation& what, revoked done);
    /// Another hub, or this one, has revoked: a command.
    void carry_out(const json::object& fields, const command_answer_ptr& answer);
    /// The bus went down, or up again.
    void bus_changed(const bus_status& status);
    /// How the link of the store stands; down also until it has been read, and while the last read has failed.
    /// Thread-safe.
    link_status status() const;
    /// The hub has shut down: the store is not needed any more. Only on the first shard.
    void end();

private:
    using counted = std::function<void()>; // called on a shard for each connection that is closed

    void stored(const revocation& what, const revoked& done);
    void close_here(const revocation& what, error_code ec, const revoked& done);
    bool learn(const revocation& what);
    void note_full();
    void close_concerned(const revocation& what, const counted& closed);
    void close_listed();
    void read();
    void ask(const std::string& cursor);
    void answered(const std::string& asked, error_code ec, const revocation_page& page);
    void failed(error_code why);
    void read_later(std::chrono::milliseconds wait);

    revocation_parts parts_;
    any_revocation_store store_;    // set before the executors run, and not looked at by other threads before
    std::atomic<bool> kept_{false}; // there is a store
    std::shared_ptr<shard_io> io_;  // the next read's timer; only on the first shard

    mutable std::mutex mutex_;
    bool reading_ = false;
    bool again_ = false;                // once that has ended
    bool all_ = false;                  // the next one begins at the beginning
    bool learned_ = false;              // it has made the list longer
    std::string cursor_;                // of what has been read
    std::string problem_;               // of the last read
    std::chrono::milliseconds wait_{0}; // before the next try
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/revocation/revocations.ipp>
#include <fanfare/detail/revocation/revocations_reading.ipp>
#endif

#endif

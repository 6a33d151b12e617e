// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HUB_HUB_CORE_HPP
#define FANFARE_DETAIL_HUB_HUB_CORE_HPP

#include <fanfare/auth.hpp>
#include <fanfare/bus.hpp>
#include <fanfare/close_code.hpp>
#include <fanfare/config.hpp>
#include <fanfare/connection_ref.hpp>
#include <fanfare/detail/cluster/cluster.hpp>
#include <fanfare/detail/hub/admissions.hpp>
#include <fanfare/detail/hub/resume_registry.hpp>
#include <fanfare/detail/inbox/ack_tracker.hpp>
#include <fanfare/detail/inbox/inbox_service.hpp>
#include <fanfare/detail/presence/presence_tracker.hpp>
#include <fanfare/detail/room/room_state.hpp>
#include <fanfare/detail/session/session.hpp>
#include <fanfare/detail/shard/shard.hpp>
#include <fanfare/history.hpp>
#include <fanfare/identity.hpp>
#include <fanfare/message.hpp>
#include <fanfare/options.hpp>
#include <fanfare/stats.hpp>
#include <fanfare/store.hpp>

#include <boost/json/object.hpp>

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fanfare::detail {

// Asio's clocks count nanoseconds, and what is far beyond would be in the past.
inline constexpr std::chrono::milliseconds longest_time = std::chrono::hours{366 * 24};

struct shutdown_state;

/// Messages of one page of history at most.
inline constexpr std::size_t max_history_page = 1000;

/// Takes the fate of a publish, from any thread.
using publish_done = std::function<void(const receipt&)>;

/// A connection's id on the wire: 16 hexadecimal digits of the node, 16 of the connection's number there.
struct connection_id {
    std::uint64_t node = 0;
    std::uint64_t number = 0;
    /// Unique in the cluster, for `bus_message::except`.
    std::uint64_t tag() const noexcept { return node ^ number; }
};
std::optional<connection_id> read_connection_id(std::string_view id) noexcept;

/// What the application hangs into a hub. Set before the first connection.
struct hub_handlers {
    any_authorizer may;
    std::function<void(connection_ref)> on_connect;
    std::function<void(connection_ref, close_code)> on_disconnect;
    std::map<std::string, std::function<void(request)>, std::less<>> messages;
    std::function<void(std::string_view user, const notification&, error_code)> on_notify_failed;
    std::function<void(std::string_view room, error_code)> on_publish_failed;
    std::function<void(std::exception_ptr)> on_exception;
    std::function<void(raw_connection&, std::string_view data, bool binary)> raw;
};

/// The hub without its template parameters: shards, rooms, the way from a publish to the bus and from the bus to
/// the shards. Thread-safe, but for `handlers`.
class hub_core final : public bus_sink, public std::enable_shared_from_this<hub_core> {
public:
    hub_core(const std::vector<asio::any_io_executor>& executors, hub_options options, any_bus bus,
             any_store store);
    ~hub_core();
    /// Joins the bus; right after construction.
    void start();

    const hub_options& options() const noexcept { return options_; }
    hub_handlers handlers;
    admissions doors;
    cluster others;
    resume_registry resumable;

    /// Sets the rules of a namespace: `chat:` for all rooms of that prefix, `global` for one room.
    void configure(std::string_view name, const room_options& rules);
    /// The rules for a room; null, with `ec` set, if there are none.
    std::shared_ptr<const room_options> rules_for(std::string_view room, error_code& ec) const;
    /// The room, made if need be. Throws `system_error` if no namespace allows it.
    room_ptr room(std::string_view name);
    room_registry& rooms() noexcept { return rooms_; }

    /// `done`, if any, is told the fate of a message that was taken, once: it may be called before this returns.
    receipt publish(std::string_view room, room_state* known, std::string_view type, const json::value& payload,
                    const publish_options& options, publish_done done = {});
    receipt broadcast(std::string_view type, const json::value& payload, publish_done done = {});
    /// An event of the hub's own for a room: it goes out even while the hub is stopping.
    receipt announce(std::string_view room, std::string_view type, const json::value& payload,
                     std::uint64_t except = 0);

    /// A command that every hub on the bus carries out.
    error_code command(const json::object& what, bus_done done = {});
    /// Does something to one connection, if it is of this hub and lives; on its shard.
    bool with_session(std::uint64_t number, std::function<void(session&)> work);
    void subscribe(std::uint64_t number, std::string_view room, const command_answer_ptr& answer = {});

    error_code check_capacity(const bus_message& message) noexcept override;
    void deliver(const bus_message& message) override;
    void joined(std::string_view room) override;
    void missed(std::string_view room) override;
    void changed(const bus_status& status) override;
    bus_status status() const;
    bool bus_up() const;
    /// Called on the first shard at each change, and at once with what is.
    void watch_bus(std::function<void(const bus_status&)> watcher);

    /// A member came or left; counts all shards.
    void count_join(room_state& room);
    void count_leave(room_state& room);
    /// Has the bus carry these rooms' messages here, learns their positions, and calls `then` on the shard: before this
    /// returns, if that is so already. As long as the hold lives the bus carries them; from then on only for members.
    using hold_ptr = std::shared_ptr<void>;
    void when_in_force(shard& home, std::vector<room_ptr> rooms, std::function<void(const hold_ptr&)> then);
    void release(room_state& room);

    /// Calls `then` on any thread when the room's position is known, or cannot be; false if there is nothing to wait for.
    bool learn_position(const room_ptr& room, std::function<void()> then);
    /// Reads what is after `from` in a room's history. Those who ask for one room while a read is under way share the
    /// next one: it begins after all their calls. `then` is called on any thread.
    void read_after(const room_ptr& room, const position& from, std::function<void(const shared_slice&)> then);
    /// A page of a room's history for a client or the application; on any thread.
    void read_history(std::string_view room, const history_request& what,
                      std::function<void(error_code, history_part)> then);
    /// The rooms of a connection that has ended, or of one that is ended now because its client has come back. On any
    /// thread; nothing if the token is not good here.
    void take_rooms_of(const resume_token& token, const std::string& user,
                       std::function<void(std::optional<std::vector<std::string>>)> then);
    /// Marks that a join is queued for a shard.
    void mark_joining(room_state& room, std::size_t shard_index);
    void count_recovered(bool whole) noexcept { (whole ? recovered_ : not_recovered_).fetch_add(1); }

    /// Whether a connection may open now; if so, it has taken its places among the limits.
    error_code admit(const identity& who, const asio::ip::address& address);
    /// An identity for a connection to keep. All who are nobody in particular share one.
    std::shared_ptr<const identity> shared(identity who) const;
    shard& least_loaded() noexcept;
    std::vector<std::unique_ptr<shard>>& shards() noexcept { return shards_; }
    hub_stats stats();

    std::string id_of(std::uint64_t number) const;
    std::optional<std::uint64_t> number_of(std::string_view id) const;
    std::string node_id() const;
    std::uint64_t except_tag(std::uint64_t number) const noexcept { return connection_id{node_, number}.tag(); }

    /// A handler of the application threw on this shard.
    void handler_failed(shard& at, const std::exception_ptr& cause);

    bool stopping() const noexcept { return stopping_.load(); }
    /// Closes a connection because the hub goes, with a random reconnect delay; on its shard.
    void send_away(session& one, close_code code, std::chrono::milliseconds wait);
    /// Closes every connection; `done` is called on a shard's executor when the last has ended or was cut.
    void shut_down(const shutdown_options& how, std::function<void(error_code)> done);
    /// Leaves the bus and closes every connection; nothing tells when that is done.
    void abandon();

private:
    void carry_out(std::string_view command_text, std::size_t hubs);
    void for_user(const std::string& user, std::function<void(session&)> work);
    void on_shards_of(const std::string& user, std::function<void(shard&, std::vector<std::uint64_t>)> work,
                      const room_ptr& joining = {});
    void join_all(shard& home, const std::vector<std::uint64_t>& connections, const room_ptr& room,
                  const command_answer_ptr& answer);
    void subscribe_user(const std::string& user, std::string_view room, const command_answer_ptr& answer);
    receipt send(bus_message message, const shared_frame& encoded, std::size_t receivers, publish_done done);
    void deliver_to_room(room_state& room, shared_frame encoded);
    receipt publish_stored(std::string_view room, const room_ptr& known, const room_options& rules,
                           history_append message, std::size_t receivers, publish_done done);
    void tell_failed(const std::string& room, const error_code& why);
    void deliver_in_order(room_state& room, shared_frame encoded);
    void note_beginning(room_state& room, const position& at);
    void repair(const room_ptr& room);
    void repaired(const room_ptr& room, const history_slice& slice, std::uint64_t round);
    void read_store(std::string_view room, const history_query& query, history_done done);
    void next_read(const room_ptr& room);
    void next_read_soon(const room_ptr& room);
    void read_position(const room_ptr& room);
    friend struct stored_publish;
    void deliver_to_all(const shared_frame& encoded);
    void tell_watcher(const bus_status& status);
    bool hold(room_state& room, std::function<void()> then);
    void take_hold(room_state& room);
    void let_go(room_state& room);
    void leave_bus();
    receipt refused(error code);
    void close_all(const shutdown_options& how);
    void tell_when_empty(const std::weak_ptr<shutdown_state>& state);

    hub_options options_;
    any_bus bus_;
    any_store store_;
    std::shared_ptr<const identity> nobody_ = std::make_shared<const identity>();
    std::uint64_t node_; // random; the upper half of connection ids
    room_registry rooms_;
    std::vector<std::unique_ptr<shard>> shards_;

    mutable std::mutex rules_mutex_;
    std::map<std::string, std::shared_ptr<const room_options>, std::less<>> rules_;

    mutable std::mutex status_mutex_;
    bus_status status_;
    std::function<void(const bus_status&)> watcher_;

    std::atomic<bool> stopping_{false};
    std::atomic<bool> attached_{false};
    std::atomic<std::uint32_t> reconnect_spread_{5000}; // milliseconds
    std::atomic<std::uint64_t> users_{0};
    std::atomic<std::uint64_t> published_{0};
    std::atomic<std::uint64_t> publish_refused_{0};
    std::atomic<std::uint64_t> missed_{0};
    std::atomic<std::uint64_t> store_reads_{0};
    std::atomic<std::uint64_t> store_failures_{0};
    std::atomic<std::uint64_t> recovered_{0};
    std::atomic<std::uint64_t> not_recovered_{0};
    std::atomic<std::uint64_t> holes_{0};

public:
    ack_tracker acks{*this};
    inbox_service inbox{*this};
    presence_tracker presence{*this}; // the last member: it goes first
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/connection_ref.ipp>
#include <fanfare/detail/cluster/cluster.ipp>
#include <fanfare/detail/hub/hub_control.ipp>
#include <fanfare/detail/hub/hub_core.ipp>
#include <fanfare/detail/hub/hub_history.ipp>
#include <fanfare/detail/hub/hub_rooms.ipp>
#include <fanfare/detail/inbox/ack_tracker.ipp>
#include <fanfare/detail/inbox/inbox_service.ipp>
#include <fanfare/detail/presence/presence_tracker.ipp>
#include <fanfare/detail/protocol/session_protocol.ipp>
#include <fanfare/detail/session/session.ipp>
#include <fanfare/detail/session/session_history.ipp>
#include <fanfare/detail/shard/shard.ipp>
#endif

#endif

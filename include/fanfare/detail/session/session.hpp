// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SESSION_SESSION_HPP
#define FANFARE_DETAIL_SESSION_SESSION_HPP

#include <fanfare/config.hpp>
#include <fanfare/connection_ref.hpp>
#include <fanfare/detail/base/token_bucket.hpp>
#include <fanfare/detail/session/catch_up.hpp>
#include <fanfare/detail/session/outbox.hpp>
#include <fanfare/detail/session/session_context.hpp>
#include <fanfare/detail/shard/shard.hpp>
#include <fanfare/detail/shard/shard_member.hpp>
#include <fanfare/detail/wire/ws_codec.hpp>
#include <fanfare/identity.hpp>

#include <boost/asio/ip/address.hpp>

#include <array>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fanfare::detail {

/// What the upgrade settled about a connection.
struct session_settings {
    std::shared_ptr<const identity> who;
    asio::ip::address address{};
    bool deflate = false;
    int client_window_bits = 15;
    int server_window_bits = 15;
};

/// One client's connection, whatever the stream: WebSocket framing, outbox, rooms and the message language. Subclasses add
/// the I/O; those that speak no WebSocket (events, local connections) take the frames apart again.
/// Only on the shard's executor, but for the counter and `number()`.
class session : public shard_member {
public:
    session(std::shared_ptr<const session_context> context, shard& home, session_settings settings);
    ~session() override;

    /// Registers; once the bus carries the messages of its own rooms, greets and starts reading. `early` are bytes that
    /// came with the upgrade request.
    void start(std::span<char> early);

    /// Delivery from a room.
    void deliver(delivery& d) override;
    /// The socket has taken `written` bytes of the delivery, and then no more.
    void continue_later(const std::vector<shared_frame>& frames, std::size_t written) override;
    /// A message for this connection alone.
    void send(shared_frame message);
    void send_message(std::string_view type, const json::value* payload, const json::value* request_id = nullptr);
    void send_error(const error_code& code, std::string_view message, const json::value* request_id = nullptr);
    /// Begins the closing handshake (RFC 6455 section 7.1.2).
    void close(close_code code, std::string_view reason, std::chrono::milliseconds wait);
    void close(close_code code, std::string_view reason = {});
    /// Closes because the hub is stopping: tells the client a random time to wait before it reconnects.
    void close_for_shutdown(close_code code, std::chrono::milliseconds wait);
    /// Delivers all that was published before to this connection, so that a close comes after it. Not while a delivery
    /// walks over the connections.
    void deliver_pending();
    void end() override;

    /// A room that it joins once the bus carries it; a `leave` meanwhile takes that back, and `take_expected` says so.
    void expect(room_ptr room) { expected_.push_back(std::move(room)); }
    bool take_expected(const room_state& room);
    std::size_t expected() const noexcept { return expected_.size(); }
    bool greeted() const noexcept { return greeted_; }
    bool join(const room_ptr& room, bool own = false);
    bool leave(std::string_view room);
    void moved(const room_state& room, std::uint32_t position) noexcept override;
    /// Rooms that count against `max_rooms`: those that the client asked for.
    std::size_t rooms_joined() const noexcept;
    bool is_member(std::string_view room) const noexcept { return position_of(room) != rooms_.size(); }

    /// Its way from a position in a room's history to the live stream, if it is on one.
    catch_up* catching(std::string_view room) noexcept;
    /// Begins one for a room that it is a member of: live messages wait from now on.
    catch_up& begin_catch_up(std::string_view room, const position& sent);
    void end_catch_up(std::string_view room);
    /// Sends what has been read from the history, as far as the socket takes it.
    void pump();
    /// From where on it gets the room's messages live; no position if nobody knows, or the room has no history.
    position joined_at(std::string_view room) const noexcept;
    /// Whether nothing can be lacking in what it got live since then.
    bool got_all_since_joining(const room_state& room) const;
    room_ptr room_of(std::string_view name) const;
    /// The secret half of its resume token.
    std::string resume_secret() const;
    /// Its rooms, but for those that come with the identity.
    std::vector<std::string> chosen_rooms() const;

    /// One message of the client's that came another way than in WebSocket frames. Not before it is greeted.
    void on_text(std::string_view text);
    /// Whether this is the secret that lets a request of its own post messages as this client.
    virtual bool is_secret(std::string_view) const noexcept { return false; }

    void on_tick() override;

    shard& home() noexcept { return home_; }
    const session_context& context() const noexcept { return *context_; }
    const std::shared_ptr<const session_context>& context_ptr() const noexcept { return context_; }
    const std::shared_ptr<const identity>& who() const noexcept { return who_; }
    const asio::ip::address& address() const noexcept { return address_; }
    bool open() const noexcept { return phase_ == phase::open; }
    bool ended() const noexcept { return phase_ == phase::ended; }
    close_code reason() const noexcept { return reason_; }

    connection_ref ref() const;

    /// A request that waits for an answer from the application. False: there are too many.
    bool begin_request();
    /// Answers a bad message; a flood of them ends the connection.
    void offend(error code, std::string_view message, const json::value* request_id);
    void end_request() noexcept { --pending_requests_; }
    /// A handler of the application threw.
    void handler_failed(std::exception_ptr cause);

protected:
    /// Bytes that arrived. They are changed in place.
    void on_bytes(std::span<char> bytes);
    /// The stream's end, or its failure.
    void on_read_failed();
    void on_writable();
    /// A sign of life of the peer's.
    void heard() noexcept { home_.times(slot()).last_heard = home_.now_ticks(); }
    /// The pending read has ended, with or without bytes.
    void read_done() noexcept { reading_ = false; }
    void start_read()
    {
        reading_ = true;
        wait_read();
    }
    /// Whether more should be read now; if not, `wait_read` will be called when it should.
    bool wants_read() noexcept;

private:
    enum class phase : std::uint8_t { fresh, open, closing, ended };
    struct membership {
        room_ptr room;
        std::uint32_t position = 0;
        bool own = false;          // came with the identity
        fanfare::position begin{}; // in the room's history: what it got live is after it
    };

    /// The descriptor that the shard may write to by itself, or -1.
    virtual int native_socket() noexcept = 0;
    /// Writes without blocking; answers how much, less than all only if the stream is full.
    virtual std::size_t write(std::span<const std::string_view> buffers, error_code& ec) = 0;
    virtual void wait_read() = 0;
    virtual void wait_write() = 0;
    virtual void shutdown_write() noexcept = 0;
    virtual void close_stream() noexcept = 0;
    /// Whether there is somebody who could go without a word.
    virtual bool has_peer() const noexcept { return true; }
    /// What `connected` tells besides; and that it has been told.
    virtual void add_to_greeting(json::object&) {}
    virtual void on_greeted() {}

    template <class F>
    void corked(F work);
    std::vector<room_ptr> own_rooms();
    void add_resumption(json::object& greeting);
    void greet(const std::vector<room_ptr>& own);
    void send_badge();
    void begin(const std::vector<room_ptr>& own, std::span<char> early);
    void on_event(const ws_event& event);
    void on_message(const ws_event& event);
    void on_peer_close(const ws_event& event);
    void on_envelope(const incoming& message);
    void on_subscribe(const incoming& message);
    void on_unsubscribe(const incoming& message);
    void on_publish(const incoming& message);
    void on_presence(const incoming& message);
    const json::array* rooms_in(const incoming& message);
    bool within_rate();
    void push(shared_frame message, overflow_policy policy);
    void push_all(const std::vector<shared_frame>& frames, std::size_t from);
    std::vector<shared_frame> meant_for_this(const std::vector<shared_frame>& frames, bool selective);
    bool wants_now(const shared_frame& message);
    void read_on(catch_up& one);
    void send_on(catch_up& one);
    void end_completed_catch_ups();
    bool direct() noexcept;
    outbox& box();
    void flush();
    bool flush_collected();
    void block();
    void all_sent();
    std::size_t position_of(std::string_view room) const noexcept;
    overflow_policy policy_for(const frame& message) const noexcept;

    std::shared_ptr<const session_context> context_; // keeps the hub
    shard& home_;
    std::shared_ptr<const identity> who_;
    std::array<std::uint64_t, 2> secret_{}; // of its resume token
    std::vector<membership> rooms_;
    std::vector<room_ptr> expected_;
    std::unique_ptr<outbox> outbox_;                  // none while nothing waits
    std::unique_ptr<std::vector<catch_up>> catching_; // none while there is nothing to catch up with
    ws_decoder decoder_;
    token_bucket rate_;
    asio::ip::address address_;
    close_code reason_ = close_code::abnormal;
    std::uint16_t pending_requests_ = 0;
    std::uint16_t offences_ = 0;
    std::uint32_t last_offence_ = 0;
    std::uint32_t catch_ups_ = 0; // begun so far
    phase phase_ = phase::fresh;
    std::uint8_t deflate_bits_ = 0; // 0: no deflate
    bool blocked_ = false;          // wait_write is pending
    bool corked_ = false;           // sends are collected until the events that have arrived are handled
    bool reading_ = false;          // a read is pending
    bool greeted_ = false;          // until then nothing is delivered
    bool announced_ = false;        // the application was told that it connected
    bool write_shut_ = false;
};

/// The session of this number, or null if it has ended. Only on the shard, whose members are all sessions.
inline session* find_session(shard& home, std::uint64_t number) noexcept
{
    return static_cast<session*>(home.find(number));
}

/// Calls `f` for each session of the shard. Only on the shard.
template <class F>
void for_each_session(shard& home, F f)
{
    home.for_each([&f](shard_member& one) { f(static_cast<session&>(one)); });
}

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/connection_ref.ipp>
#include <fanfare/detail/protocol/session_protocol.ipp>
#include <fanfare/detail/session/session.ipp>
#include <fanfare/detail/session/session_history.ipp>
#endif

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SESSION_SESSION_HPP
#define FANFARE_DETAIL_SESSION_SESSION_HPP

#include <fanfare/config.hpp>
#include <fanfare/connection_ref.hpp>
#include <fanfare/detail/base/connection_kind.hpp>
#include <fanfare/detail/base/token_bucket.hpp>
#include <fanfare/detail/session/catch_up_set.hpp>
#include <fanfare/detail/session/memberships.hpp>
#include <fanfare/detail/session/protocol.hpp>
#include <fanfare/detail/session/session_context.hpp>
#include <fanfare/detail/session/violations.hpp>
#include <fanfare/detail/session/write_queue.hpp>
#include <fanfare/detail/shard/shard.hpp>
#include <fanfare/detail/shard/shard_member.hpp>
#include <fanfare/enumeration.hpp>
#include <fanfare/identity.hpp>

#include <boost/asio/ip/address.hpp>
#include <boost/json/object.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fanfare::detail {

/// What the upgrade settled about a connection.
struct session_settings {
    std::shared_ptr<const identity> who;
    const protocol* language = nullptr; ///< It outlives the session.
    asio::ip::address address{};
    bool deflate = false;
    int client_window_bits = 15;
    int server_window_bits = 15;
};

/// One client's connection, whatever the stream and the language: its life from the admission to the end, with the
/// rooms that it is in, what waits to be sent, and its ways from the history to the live stream as parts of their own.
/// Subclasses add the I/O; what goes out are WebSocket frames, and those that speak no WebSocket (events, local
/// connections) take them apart again. Only on the shard's executor, but for the counter, `number()` and `end_request`.
class session : public shard_member {
public:
    session(std::shared_ptr<const session_context> context, shard& home, session_settings settings);
    ~session() override;

    // ---- life

    /// Registers; once the bus carries the messages of its own rooms, greets and starts reading. `early` are bytes that
    /// came with the upgrade request.
    void start(std::span<char> early);
    /// Begins the closing handshake (RFC 6455 section 7.1.2). `wait`: for the peer's half of it.
    void close(close_code code, std::string_view reason, std::chrono::milliseconds wait);
    void close(close_code code, std::string_view reason = {});
    /// Closes because the hub is stopping: tells the client how long to wait before it reconnects.
    void close_for_shutdown(close_code code, std::chrono::milliseconds wait);
    void end() override;
    void on_tick() override;

    bool open() const noexcept { return phase_ == phase::open; }
    bool ended() const noexcept { return phase_ == phase::ended; }
    /// Its own rooms are joined, and it was told that it is connected.
    bool greeted() const noexcept { return greeted_; }

    /// Why it was closed, if it was.
    close_code reason() const noexcept { return reason_; }

    const session_context& context() const noexcept { return *context_; }
    const std::shared_ptr<const session_context>& context_ptr() const noexcept { return context_; }
    shard& home() noexcept { return home_; }
    const std::shared_ptr<const identity>& who() const noexcept { return who_; }
    /// The user's own room, and those that the identity grants, as far as they can be. Made if need be.
    std::vector<room_ptr> rooms_of(const identity& who) const;
    /// Has another identity of the same user from now on: joins the rooms that it grants, which the bus carries, and leaves
    /// those that came with the one before and that it does not grant. Answers the payload of `refreshed`.
    json::object become(std::shared_ptr<const identity> who, const std::vector<room_ptr>& granted);
    const asio::ip::address& address() const noexcept { return address_; }
    connection_ref ref() const;
    /// What tools are told about it.
    connection_info info() const;
    /// The secret half of its resume token; made with the token.
    std::string resume_secret() const;
    /// A resume token; the one before is not good any more.
    std::string make_resume_token();

    // ---- sending

    void deliver(delivery& d) override;
    void continue_later(const std::vector<shared_frame>& frames, std::size_t written) override;
    /// A message for this connection alone. Null: nothing.
    void send(shared_frame message);
    /// The same, in the connection's language.
    void send_message(std::string_view type, const json::value* payload, const json::value* request_id = nullptr);
    void send_error(const error_code& code, std::string_view message, const json::value* request_id = nullptr);
    /// Delivers all that was published before to this connection, so that a close comes after it. Not while a delivery
    /// walks over the connections.
    void deliver_pending();

    // ---- rooms

    /// The rooms; changed by `join` and `leave`, but for those that are expected.
    memberships& rooms() noexcept { return rooms_; }
    const memberships& rooms() const noexcept { return rooms_; }
    bool is_member(std::string_view room) const noexcept { return rooms_.contains(room); }
    /// `own`: it comes with the identity. False if it is a member already, or is not open.
    bool join(const room_ptr& room, bool own = false);
    /// False if it is no member and does not wait to be one, or it is the user's own room.
    bool leave(std::string_view room);
    void moved(const room_state& room, std::uint32_t position) noexcept override { rooms_.moved(room, position); }

    // ---- catching up with the history

    catch_up_set& catching() noexcept { return catching_; }
    /// Begins to catch up with a room that it is a member of, after what the client has been sent: live messages wait
    /// from now on.
    catch_up& begin_catch_up(std::string_view room, const position& sent);
    /// Sends what has been read from the history, as far as the stream takes it.
    void pump();
    /// Bytes that wait for the client, whichever way they came: no more than `hub_options::outbox_bytes` and one message.
    std::size_t waiting_bytes() const noexcept;
    /// Bytes of the history that may wait besides that, and besides what is reserved.
    std::size_t room_left() const noexcept;
    /// Bytes that will be read for a request. What is not in the history comes first: it may take their place.
    void reserve(std::size_t bytes) noexcept { reserved_ += bytes; }
    void unreserve(std::size_t bytes) noexcept { reserved_ -= bytes; }
    /// Gives a catching up what was read for it, as much as may wait. False if that is not all that it lacks.
    bool take_slice(catch_up& one, const shared_slice& slice);
    /// Takes one from the rate of rooms that the client asks to enter. False: it is used up, and nothing was taken.
    bool take_room() noexcept;
    /// Whether nothing can be lacking in what it got live since it has joined.
    bool got_all_since_joining(const room_state& room, std::uint64_t epoch) const;

    // ---- the client's messages

    /// One message of the client's, unless it comes too fast. Not before it is greeted.
    void on_message(std::string_view data, bool binary = false);
    /// Answers what the client must not send; a flood of that ends the connection.
    void refuse(error code, std::string_view message, const json::value* request_id);
    /// Counts one more of those; true if there are more than `hub_options::max_violations`.
    bool add_violation() noexcept;
    /// A request that waits for its answer. False: there are too many. `end_request` from any thread.
    bool begin_request() noexcept;
    void end_request(bool reads = false) noexcept
    {
        pending_requests_.fetch_sub(1, std::memory_order_relaxed);
        if (reads)
            pending_reads_.fetch_sub(1, std::memory_order_relaxed);
    }
    /// One of them only reads: if it is never answered, the client asks again.
    void request_reads() noexcept { pending_reads_.fetch_add(1, std::memory_order_relaxed); }
    /// Its client has brought a new credential. False if another one is being looked at.
    bool begin_refresh() noexcept
    {
        const bool was = refreshing_;
        refreshing_ = true;
        return !was;
    }
    void end_refresh() noexcept { refreshing_ = false; }
    /// A request that has been ended without its answer, which follows. `answer_given` from any thread.
    void answer_owed() noexcept { owed_answers_.fetch_add(1, std::memory_order_relaxed); }
    void answer_given() noexcept { owed_answers_.fetch_sub(1, std::memory_order_relaxed); }
    /// Whether one waits for its answer that does more than read.
    bool has_work_under_way() const noexcept
    {
        return owed_answers_.load(std::memory_order_relaxed) != 0 ||
               pending_requests_.load(std::memory_order_relaxed) != pending_reads_.load(std::memory_order_relaxed);
    }
    /// Whether a read for a request of its client's can begin: its answer must fit besides what waits.
    read_standing standing_for_read() noexcept;
    /// Such a read is under way; its answer follows, or nothing. `read_ended` from any thread.
    void read_began() noexcept { answers_due_.fetch_add(1, std::memory_order_relaxed); }
    void read_ended() noexcept { answers_due_.fetch_sub(1, std::memory_order_relaxed); }
    /// False once it is closed: then nobody waits for what is read for it. From any thread.
    bool expects_answers() const noexcept { return expects_answers_.load(std::memory_order_relaxed); }
    /// A handler of the application threw.
    void handler_failed(const std::exception_ptr& cause) { context_->handlers.failed(home_, cause); }

    // ---- what kinds of connections add

    /// Whether this is the secret that lets a request of its own post messages as this client.
    virtual bool is_secret(std::string_view) const noexcept { return false; }
    /// What the greeting tells besides; and that the client has been greeted.
    virtual void add_to_greeting(json::object&) {}
    virtual void on_greeted() {}

protected:
    /// Bytes that arrived. They are changed in place.
    virtual void on_bytes(std::span<char>) {}
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

    /// Handles what has arrived: what is sent meanwhile goes out in one write.
    template <class F>
    void handle_input(F work);
    /// Takes one from the rate; if it is used up, the client is told.
    bool take_rate();
    /// The same as the public one, for a message that has been counted.
    void handle_message(std::string_view data, bool binary);
    /// The peer has begun the closing handshake, or answered it.
    void on_peer_close(close_code code, std::string_view reason);
    /// A control frame for the peer (RFC 6455 section 5.5.2).
    void send_pong(std::span<const char> payload);
    /// One from the peer. Measured if it answers a ping of ours: a peer may send others (RFC 6455 section 5.5.3).
    void on_pong(std::span<const char> payload) noexcept;

private:
    enum class phase : std::uint8_t { fresh, open, closing, ended };

    virtual transport_kind transport() const noexcept = 0;
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

    void begin(const std::vector<room_ptr>& own, std::span<char> early);
    void greet(const std::vector<room_ptr>& own);
    void watch_expiry();
    void on_expiry();
    void keep_for_resume();
    void leave_all_rooms();
    outbox& queue() { return out_.queue(context_->options, &home_.count().outboxes); }
    void set_blocked(bool on) noexcept;
    void send_ping();
    std::uint32_t last_ping() const noexcept;
    void push(shared_frame message, overflow_policy policy);
    void push_all(const std::vector<shared_frame>& frames, std::size_t from);
    void on_overflow(std::string_view room, overflow_policy policy, outbox::result what);
    std::vector<shared_frame> meant_for_this(const std::vector<shared_frame>& frames, bool selective);
    void read_on(catch_up& one);
    void page_read(const room_state& room, std::uint32_t number, const shared_slice& slice);
    void send_on(catch_up& one);
    void resume_reads();
    void drop_reads();
    void end_completed_catch_ups();
    bool shard_may_write() noexcept;
    void flush();
    bool flush_collected();
    void block();
    void all_sent();
    shared_frame own_form(shared_frame message) const;
    overflow_policy policy_for(const frame& message) const noexcept;

    std::shared_ptr<const session_context> context_; // keeps the hub
    shard& home_;
    const protocol& protocol_;
    std::shared_ptr<const identity> who_;
    std::array<std::uint64_t, 2> secret_{}; // of its resume token
    memberships rooms_;
    catch_up_set catching_;
    write_queue out_;
    token_bucket rate_;
    token_bucket room_rate_; // of rooms that its client asks to enter
    violations violations_;
    asio::ip::address address_;
    close_code reason_ = close_code::abnormal;
    std::atomic<std::uint32_t> owed_answers_{0};
    std::atomic<std::uint16_t> pending_requests_{0};
    std::atomic<std::uint16_t> pending_reads_{0}; // of these
    std::atomic<std::uint16_t> answers_due_{0};   // of reads for its requests
    std::atomic<bool> expects_answers_{true};
    std::size_t reserved_ = 0;
    std::uint8_t catch_up_reads_ = 0; // under way
    bool reads_wait_ = false;         // for room in the outbox
    phase phase_ = phase::fresh;
    std::uint8_t deflate_bits_ = 0; // 0: no deflate
    bool reading_ = false;          // a read is pending
    bool greeted_ : 1 = false;      // until then nothing is delivered
    bool announced_ : 1 = false;    // the application was told that it connected
    bool refreshing_ : 1 = false;   // its client has brought a new credential
    bool warned_ : 1 = false;       // the deadline is its identity's end, and not when it is to be told of it
    bool pinged_ : 1 = false;       // no pong has come yet
    bool write_shut_ = false;
};

template <class F>
void session::handle_input(F work)
{
    const boost::intrusive_ptr<session> keep{this};
    heard();
    out_.set_corked(true);
    home_.set_indirect(slot(), true);
    work();
    out_.set_corked(false);
    if (phase_ == phase::ended || out_.blocked())
        return;
    if (out_.waiting())
        flush();
    else
        all_sent();
    pump();
}

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
#include <fanfare/detail/session/session.ipp>
#include <fanfare/detail/session/session_identity.ipp>
#include <fanfare/detail/session/session_recovery.ipp>
#include <fanfare/detail/session/session_sending.ipp>
#endif

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_OPTIONS_HPP
#define FANFARE_OPTIONS_HPP

#include <fanfare/close_code.hpp>
#include <fanfare/config.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace fanfare {

/// What happens to a room's message when a receiver's outbox is full.
enum class overflow_policy : std::uint8_t {
    close,          ///< Close the receiver with `close_code::slow_receiver`: it reconnects.
    drop_oldest,    ///< Drop the room's oldest waiting message and put a `gap` marker in its place.
    latest_per_key, ///< Keep only the newest waiting message of each key; when still full, as `drop_oldest`.
    resync, ///< Drop what waits, and send it from the history when the socket has drained; needs `history`.
};

/// How the rooms of one namespace behave. See `hub::configure`.
struct room_options {
    /// What happens when a receiver's outbox is full. `latest_per_key` also replaces while it is not full.
    overflow_policy overflow = overflow_policy::close;
    /// Clients may subscribe, as far as the authorizer agrees.
    bool client_subscribe = true;
    /// Clients may publish with a `publish` message, as far as the authorizer agrees.
    bool client_publish = false;
    /// The hub keeps who is in the room: see `hub::async_presence`. The members get `join {user_id}` when a user's
    /// first connection enters, counted over all hubs that share the presence store, and `leave {user_id}` with the
    /// last one.
    bool presence = false;

    /// How many messages the store keeps for returning clients. 0: none; then the room has no positions.
    std::size_t history = 0;
    /// How long a message is kept at most. 0: until newer ones push it out.
    std::chrono::milliseconds history_age{0};
    /// How long an idempotency key is known.
    std::chrono::milliseconds idempotency_window{300'000};
};

/// Limits and times of a hub; they apply to each of its connections.
struct hub_options {
    /// A WebSocket ping goes out this often; the first after a random part of it.
    std::chrono::milliseconds ping_interval{54'000};
    /// A connection that sent nothing for so long, not even a pong, is closed with `stale`.
    std::chrono::milliseconds idle_timeout{60'000};
    /// A connection whose peer takes no byte of the waiting data for so long is dropped (`write_timeout`).
    std::chrono::milliseconds write_timeout{10'000};
    /// How long to wait for the peer's half of the closing handshake.
    std::chrono::milliseconds close_timeout{5'000};

    /// A hub with connections sends a sign of life to the others on the bus this often; one that was silent for three
    /// times as long is not listed in `cluster_stats` any more. 0: never.
    std::chrono::milliseconds heartbeat_interval{10'000};

    /// How long a connection that left a room with presence still counts, so that reloading a page causes no `leave`
    /// and `join`.
    std::chrono::milliseconds presence_leave_delay{2'000};

    /// Whether times are measured for `hub::collect`: deliveries, requests, heartbeats, stores, the event loops' lag. It
    /// costs two looks at the clock for each message. What is only counted is counted in any case.
    bool metrics = false;

    /// Bytes of one message from a client: all fragments together, decompressed.
    std::size_t max_message_size = 8 * 1024;
    /// Nesting of JSON from a client.
    std::size_t max_json_depth = 16;
    /// Bytes of one encoded outgoing message.
    std::size_t max_publish_size = 1024 * 1024;
    /// Bytes of a room name or user id.
    std::size_t max_room_name = 128;

    /// Bytes, and messages, that may wait for one connection's socket.
    std::size_t outbox_bytes = 1024 * 1024;
    std::size_t outbox_messages = 4096;
    /// Publishes, and their bytes, that may wait in one shard; beyond it `publish` answers `queue_full`.
    std::size_t queue_messages = 65'536;
    std::size_t queue_bytes = 64 * 1024 * 1024;

    /// How many messages of one room a returning client gets at most; one that missed more is told so by a `gap`.
    std::size_t max_recovery = 10'000;
    /// How long the hub remembers the rooms of a connection that ended, for a client that returns with its resume
    /// token, and of how many connections. 0: not at all.
    std::chrono::milliseconds resume_window{120'000};
    std::size_t max_resumable = 10'000;

    /// For how long `hub::revoke` keeps a revocation that does not say until when: no credential may be valid for
    /// longer. Above 0, at most 366 days.
    std::chrono::milliseconds revocation_lifetime{24 * 60 * 60 * 1000};
    /// How often a store of revocations between processes is asked for what is new: for so long at most a hub can miss
    /// one of which the bus has lost the command. 0: only at the start, and when the bus is back.
    std::chrono::milliseconds revocation_refresh{60'000};

    /// Rooms of one connection, not counting the user's own.
    std::size_t max_rooms = 128;
    /// Rooms a second that a connection may ask to enter, and how many at once besides `max_rooms`; more are rejected
    /// with `rate_limited`. Those of its identity, and those that it is in, are not counted. A rate of 0: no limit.
    std::uint32_t room_rate = 20;
    std::uint32_t room_burst = 128;
    /// How long an authorizer (`hub::authorize`) may take to answer, and how long it may take until a client's new credential
    /// (`hub::on_refresh`) has taken effect; then the client is told `timed_out`, and a later answer is ignored. Exact to a
    /// second. Above 0, at most 366 days.
    std::chrono::milliseconds authorizer_timeout{10'000};
    /// Connections of the hub, of one user, of one address. 0: no limit. Clients of Unix sockets have no address. An
    /// IPv6 network of 64 bits is one address, since a client has that many; each link-local address is its own. Behind proxies:
    /// `server_options::proxies`.
    std::size_t max_connections = 0;
    std::size_t max_connections_per_user = 0;
    std::size_t max_connections_per_address = 0;
    /// Attempts to connect a second from one address (as above), and how many at once (at least 1); more are refused
    /// with HTTP 429 and `Retry-After`, before the authenticator is asked. A rate of 0: no limit; else from 0.001 to
    /// 1,000,000. The hub remembers 65,536 addresses that have used some of it; with more, the one that has used the
    /// least is taken for one that never came.
    double connect_rate_per_address = 0;
    std::uint32_t connect_burst_per_address = 20;
    /// Messages (control frames count) a second from one connection, and how many at once. A rate of 0: no limit.
    std::uint32_t message_rate = 50;
    std::uint32_t message_burst = 100;
    /// How many violations (messages above the rate, or malformed ones) are answered with an `error` before one more
    /// closes the connection with `rate_limited` or `bad_messages`. The count falls by one for each second.
    std::uint32_t max_violations = 20;
    /// Requests of one connection that may wait for an answer.
    std::uint32_t max_pending_requests = 16;
    /// Requests for history, presence and inbox (of clients, of the application and over HTTP) that may wait for their
    /// turn to read in one shard; more are refused with `too_many_requests`. Those of a client that does not take what
    /// it was sent are not counted: see `max_pending_requests`.
    std::size_t max_pending_reads = 4096;

    /// Whether to accept permessage-deflate (RFC 7692), without context takeover.
    bool deflate = false;
    /// Messages of fewer bytes are not compressed.
    std::size_t deflate_min_size = 256;

    /// Unsent bytes that the kernel may hold for a TCP connection (`TCP_NOTSENT_LOWAT`, where there is one).
    /// Without it the kernel takes megabytes for a slow receiver before the outbox, and its limits, come into play.
    /// 0: the system's default.
    std::size_t unsent_low_water = 16 * 1024;
    /// The executors are each run by one thread only (or are strands already), so the hub needs no strand of its own.
    bool executors_are_serial = false;
};

/// How an upgrade is answered. See `hub::accept`.
struct accept_options {
    /// The answer to `Sec-WebSocket-Protocol`; empty for none. Only one that the client offered (RFC 6455
    /// section 4.2.2): see `chosen_subprotocol`.
    std::string subprotocol{};
    /// Bytes that the HTTP server has read past the request already.
    std::string early{};
    /// How long the whole handshake may take.
    std::chrono::milliseconds timeout{10'000};
};

/// How a stream of events is answered. See `hub::accept_events`.
struct event_options {
    /// The page's origin, if it is another one and may read the stream: goes into `Access-Control-Allow-Origin`.
    std::string allow_origin{};
    /// How long writing the head of the response, or a refusal, may take.
    std::chrono::milliseconds timeout{10'000};
};

/// How far a shutdown has come; see `shutdown_options::on_progress`.
struct shutdown_progress {
    enum class phase : std::uint8_t {
        not_ready, ///< `/readyz` says so, and nothing else has changed yet.
        closing,   ///< New connections are refused, those that are there are closed.
        ending,    ///< All have ended; the presence store is told, and the bus is left.
    };
    phase now = phase::not_ready;
    /// Connections that are open still, and those that were open when the closing began.
    std::size_t connections = 0;
    std::size_t of = 0;
};

/// How `async_shutdown` ends the connections.
struct shutdown_options {
    /// What the clients see.
    close_code code = close_code::shutdown;
    /// Each client is told a time to wait before it reconnects. These times are spread evenly over this one.
    std::chrono::milliseconds reconnect_spread{5'000};
    /// Connections that have not ended so long after the last one was told to close are cut. At most 366 days. A client
    /// whose request waits for an answer still, a publish for instance, is told later, for at most half of it; one that only
    /// reads is not answered.
    std::chrono::milliseconds deadline{5'000};
    /// How long `/readyz` answers 503 before anything else changes, so that load balancers send nobody here any more when
    /// the first connection is refused: a little longer than they need to find out. At most 366 days.
    std::chrono::milliseconds readiness_delay{0};
    /// Connections are closed evenly over this time, so that those who take them get them at that pace, whatever the clients
    /// make of the time that they are told to wait. Those that are still open go on as before. 0: all at once, unless
    /// `drain_rate` is set. At most 366 days.
    std::chrono::milliseconds drain_time{0};
    /// So many connections are closed a second; 0: as many as `drain_time` needs. With both, `drain_time` is the most
    /// that it takes.
    std::uint32_t drain_rate = 0;
    /// Told each phase when it begins, and once a second how many are left. On the first shard's executor. What it throws
    /// is told to `hub::on_exception`.
    std::function<void(const shutdown_progress&)> on_progress{};
};

} // namespace fanfare

#endif

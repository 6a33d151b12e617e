// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_STATS_HPP
#define FANFARE_STATS_HPP

#include <fanfare/config.hpp>

#include <boost/describe/class.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace fanfare {

/// Counters of a hub. Totals count since its construction.
struct hub_stats {
    std::uint64_t connections = 0;     ///< Open now.
    std::uint64_t rooms = 0;           ///< With at least one member or handle, users' own included.
    std::uint64_t users = 0;           ///< Distinct users connected now.
    std::uint64_t accepted = 0;        ///< Connections opened.
    std::uint64_t closed = 0;          ///< Connections ended.
    std::uint64_t refused = 0;         ///< Clients refused: credential, origin, limit, proxy.
    std::uint64_t published = 0;       ///< Messages taken from publishers of this hub.
    std::uint64_t publish_refused = 0; ///< Messages refused (`receipt::error`).
    std::uint64_t delivered = 0;       ///< Messages handed to a socket or an outbox.
    std::uint64_t writes = 0;          ///< System calls, or stream writes, that carried them.
    std::uint64_t short_writes = 0;    ///< Writes that found the socket full.
    std::uint64_t missed = 0;      ///< Times that a room's members were told by `gap` that the bus lost messages.
    std::uint64_t dropped = 0;     ///< Messages dropped by `drop_oldest`, each told by a `gap`.
    std::uint64_t conflated = 0;   ///< Messages replaced by a newer one of their key.
    std::uint64_t slow_closed = 0; ///< Connections closed because the outbox overflowed.
    std::uint64_t write_timeouts = 0;    ///< Connections dropped at the write deadline.
    std::uint64_t idle_timeouts = 0;     ///< Connections closed without a sign of life.
    std::uint64_t received = 0;          ///< Messages from clients.
    std::uint64_t bad_messages = 0;      ///< Of these, malformed or not allowed.
    std::uint64_t rate_limited = 0;      ///< Of these, above the rate.
    std::uint64_t protocol_errors = 0;   ///< Connections closed for breaking RFC 6455 or a size limit.
    std::uint64_t handler_failures = 0;  ///< Handlers of the application that threw.
    std::uint64_t presence_failures = 0; ///< Operations of the presence store that failed, and are done again.
    std::uint64_t inbox_failures =
        0; ///< Operations of the inbox that failed, and changes of it that nobody was told of.
    std::uint64_t store_reads = 0;    ///< Reads of the history's store.
    std::uint64_t store_failures = 0; ///< Operations of the history's store that failed.
    std::uint64_t recovered = 0;      ///< Rooms that a returning client got everything of.
    std::uint64_t not_recovered = 0;  ///< Rooms of which it was told that something is lost.
    std::uint64_t holes = 0; ///< Holes in a room's stream that were found; each filled, or told by a `gap`.
    std::uint64_t tls_handshakes = 0;   ///< Handshakes that `server` has completed.
    std::uint64_t tls_resumed = 0;      ///< Of these, those that resumed an earlier session.
    std::uint64_t tls_failed = 0;       ///< Handshakes that failed, took too long, or made way.
    std::uint64_t refreshes = 0;        ///< Identities that took the place of a connection's earlier one.
    std::uint64_t refresh_failures = 0; ///< Those that were to, and were refused or not decided about in time.
    bool bus_up = true;                 ///< The bus has its link to the other processes.
};
BOOST_DESCRIBE_STRUCT(hub_stats, (),
                      (connections, rooms, users, accepted, closed, refused, published, publish_refused, delivered,
                       writes, short_writes, missed, dropped, conflated, slow_closed, write_timeouts,
                       idle_timeouts, received, bad_messages, rate_limited, protocol_errors, handler_failures,
                       presence_failures, inbox_failures, store_reads, store_failures, recovered, not_recovered,
                       holes, tls_handshakes, tls_resumed, tls_failed, refreshes, refresh_failures, bus_up))

/// One hub of the cluster, as `hub::async_cluster_stats` found it.
struct node_stats {
    /// 16 hexadecimal digits, drawn at random when the hub was made; its connections' ids begin with them.
    std::string id;
    /// Whether it has answered. If not, it was heard of not long ago, and `stats` are its last known ones.
    bool responded = false;
    /// How long ago a node that did not answer was heard of.
    std::chrono::milliseconds heard_ago{0};
    hub_stats stats{};
};

/// All hubs on the bus, and sums over those that answered.
struct cluster_stats {
    /// Each hub, those included that did not answer.
    std::vector<node_stats> nodes;
    std::uint64_t connections = 0;
    std::uint64_t rooms = 0; ///< A room with members on two nodes counts twice; so does a user.
    std::uint64_t users = 0;
};

} // namespace fanfare

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef NOTIFICATION_SERVER_STORES_HPP
#define NOTIFICATION_SERVER_STORES_HPP

// Where the demo keeps things: in memory, in a SQLite file, or in Redis.

#include <fanfare/auth/ticket.hpp>
#include <fanfare/bus/in_process.hpp>
#include <fanfare/inbox/memory.hpp>
#include <fanfare/presence/memory.hpp>
#include <fanfare/revocation/memory.hpp>
#include <fanfare/store/memory.hpp>

#if defined(FANFARE_WITH_REDIS)
#include <fanfare/auth/redis_ticket.hpp>
#include <fanfare/bus/redis.hpp>
#include <fanfare/inbox/redis.hpp>
#include <fanfare/presence/redis.hpp>
#include <fanfare/redis/client.hpp>
#include <fanfare/revocation/redis.hpp>
#include <fanfare/store/redis.hpp>
#endif

#if defined(FANFARE_WITH_SQLITE)
#include <fanfare/inbox/sqlite.hpp>
#include <fanfare/store/sqlite.hpp>
#endif

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace demo {

/// The file of `--sqlite` is not usable; in words.
class cannot_open : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// What carries messages, and who keeps history, tickets, presence, inboxes and what was revoked.
template <class Bus, class Store, class Tickets>
struct backends {
    Bus bus;
    Store store;
    Tickets tickets;
    fanfare::any_presence presence;
    fanfare::any_inbox inbox;
    fanfare::any_revocation_store revocations;
};
template <class Bus, class Store, class Tickets>
backends(Bus, Store, Tickets, fanfare::any_presence, fanfare::any_inbox, fanfare::any_revocation_store)
    -> backends<Bus, Store, Tickets>;

/// Everything is lost when the process ends.
inline auto in_memory()
{
    return backends{fanfare::in_process_bus{},
                    fanfare::memory_store{},
                    fanfare::memory_ticket_store{},
                    fanfare::any_presence{fanfare::memory_presence{}},
                    fanfare::any_inbox{fanfare::memory_inbox{}},
                    fanfare::any_revocation_store{fanfare::memory_revocation_store{}}};
}

#if defined(FANFARE_WITH_SQLITE)
/// History and inboxes in one file, written by one thread so that they never wait for each other.
inline auto in_sqlite(boost::asio::thread_pool& disk, const std::string& file)
try {
    return backends{fanfare::in_process_bus{},
                    fanfare::sqlite_store{disk, file},
                    fanfare::memory_ticket_store{},
                    fanfare::any_presence{fanfare::memory_presence{}},
                    fanfare::any_inbox{fanfare::sqlite_inbox{disk, file}},
                    fanfare::any_revocation_store{fanfare::memory_revocation_store{}}};
} catch (const boost::system::system_error& e) {
    throw cannot_open{std::string{"--sqlite: "} + e.what()};
}
#endif

#if defined(FANFARE_WITH_REDIS)
/// Everything in Redis. The store publishes in the step that stores, so that history and delivery have one order.
inline auto on_redis(boost::asio::io_context& ioc, const std::string& url)
{
    auto where = fanfare::parse_redis_url(url);
    where.queue_time = std::chrono::seconds{5}; // whoever posts gets the error before the request times out
    fanfare::redis_bus_options how;
    how.on_problem = [](std::string_view text) { std::cerr << "redis: " + std::string{text} + "\n"; };
    const fanfare::redis_client redis{ioc, where};
    const fanfare::redis_bus bus{ioc, where, how};
    return backends{bus,
                    fanfare::redis_store{redis, bus},
                    fanfare::redis_ticket_store{redis},
                    fanfare::any_presence{fanfare::redis_presence{redis}},
                    fanfare::any_inbox{fanfare::redis_inbox{redis}},
                    fanfare::any_revocation_store{fanfare::redis_revocation_store{redis}}};
}
#endif

} // namespace demo

#endif

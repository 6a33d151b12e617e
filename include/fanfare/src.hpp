// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_SRC_HPP
#define FANFARE_SRC_HPP

// For separate compilation: exactly one translation unit of a program includes this file, and all of them are
// compiled with FANFARE_SEPARATE_COMPILATION. The CMake target fanfare::compiled sees to both.
#if !defined(FANFARE_SEPARATE_COMPILATION)
#error "src.hpp is for separate compilation only: define FANFARE_SEPARATE_COMPILATION or link to fanfare::compiled"
#endif

#include <fanfare/impl/acknowledgements.ipp>
#include <fanfare/impl/auth.ipp>
#include <fanfare/impl/catch_up.ipp>
#include <fanfare/impl/cluster.ipp>
#include <fanfare/impl/connection_ref.ipp>
#include <fanfare/impl/deflate.ipp>
#include <fanfare/impl/delivery.ipp>
#include <fanfare/impl/envelope.ipp>
#include <fanfare/impl/error.ipp>
#include <fanfare/impl/event_stream.ipp>
#include <fanfare/impl/frame.ipp>
#include <fanfare/impl/history_operation.ipp>
#include <fanfare/impl/http_api.ipp>
#include <fanfare/impl/hub_control.ipp>
#include <fanfare/impl/hub_core.ipp>
#include <fanfare/impl/hub_history.ipp>
#include <fanfare/impl/hub_rooms.ipp>
#include <fanfare/impl/inbox_keeper.ipp>
#include <fanfare/impl/inbox_operation.ipp>
#include <fanfare/impl/inbox_rules.ipp>
#include <fanfare/impl/local_connection.ipp>
#include <fanfare/impl/memory_inbox.ipp>
#include <fanfare/impl/memory_store.ipp>
#include <fanfare/impl/origin.ipp>
#include <fanfare/impl/outbox.ipp>
#include <fanfare/impl/presence_keeper.ipp>
#include <fanfare/impl/presence_operation.ipp>
#include <fanfare/impl/presence_table.ipp>
#include <fanfare/impl/publish_operation.ipp>
#include <fanfare/impl/random.ipp>
#if defined(FANFARE_WITH_REDIS)
#include <fanfare/impl/redis_bus.ipp>
#include <fanfare/impl/redis_bus_session.ipp>
#include <fanfare/impl/redis_bus_traffic.ipp>
#include <fanfare/impl/redis_channels.ipp>
#include <fanfare/impl/redis_client.ipp>
#include <fanfare/impl/redis_inbox.ipp>
#include <fanfare/impl/redis_link.ipp>
#include <fanfare/impl/redis_login.ipp>
#include <fanfare/impl/redis_message.ipp>
#include <fanfare/impl/redis_options.ipp>
#include <fanfare/impl/redis_pipeline.ipp>
#include <fanfare/impl/redis_presence.ipp>
#include <fanfare/impl/redis_reply.ipp>
#include <fanfare/impl/redis_store.ipp>
#include <fanfare/impl/redis_stream.ipp>
#include <fanfare/impl/redis_ticket.ipp>
#endif
#include <fanfare/impl/resumptions.ipp>
#include <fanfare/impl/room_state.ipp>
#include <fanfare/impl/room_stream.ipp>
#include <fanfare/impl/server.ipp>
#include <fanfare/impl/session.ipp>
#include <fanfare/impl/session_history.ipp>
#include <fanfare/impl/session_protocol.ipp>
#include <fanfare/impl/shard.ipp>
#if defined(FANFARE_WITH_SQLITE)
#include <fanfare/impl/sqlite_database.ipp>
#include <fanfare/impl/sqlite_error.ipp>
#include <fanfare/impl/sqlite_history.ipp>
#include <fanfare/impl/sqlite_inbox.ipp>
#include <fanfare/impl/sqlite_inbox_tables.ipp>
#include <fanfare/impl/sqlite_store.ipp>
#include <fanfare/impl/sqlite_worker.ipp>
#endif
#include <fanfare/impl/sse.ipp>
#include <fanfare/impl/subscribe_operation.ipp>
#include <fanfare/impl/ticket.ipp>
#include <fanfare/impl/upgrade.ipp>
#include <fanfare/impl/ws_codec.ipp>

#endif

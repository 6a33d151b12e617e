// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_SRC_HPP
#define FANFARE_SRC_HPP

// For separate compilation: exactly one translation unit of a program includes this file, and all of them are
// compiled with FANFARE_SEPARATE_COMPILATION. The CMake target fanfare::compiled sees to both.
#if !defined(FANFARE_SEPARATE_COMPILATION)
#error "src.hpp is for separate compilation only: define FANFARE_SEPARATE_COMPILATION or link to fanfare::compiled"
#endif

#include <fanfare/auth.ipp>
#include <fanfare/auth/host.ipp>
#include <fanfare/auth/origin.ipp>
#if defined(FANFARE_WITH_REDIS)
#include <fanfare/auth/redis_ticket.ipp>
#endif
#include <fanfare/auth/ticket.ipp>
#if defined(FANFARE_WITH_REDIS)
#include <fanfare/bus/redis.ipp>
#endif
#include <fanfare/connection_ref.ipp>
#include <fanfare/detail/base/connection_id.ipp>
#include <fanfare/detail/base/random.ipp>
#include <fanfare/detail/base/sha256.ipp>
#include <fanfare/detail/cluster/bus_watch.ipp>
#include <fanfare/detail/cluster/cluster.ipp>
#include <fanfare/detail/cluster/stats_fields.ipp>
#include <fanfare/detail/history/history_reader.ipp>
#include <fanfare/detail/history/ordered_delivery.ipp>
#include <fanfare/detail/history/recent_pages.ipp>
#include <fanfare/detail/history/room_preparation.ipp>
#include <fanfare/detail/http/cors.ipp>
#include <fanfare/detail/http/extensions.ipp>
#include <fanfare/detail/http/http_session.ipp>
#include <fanfare/detail/http/http_stream.ipp>
#include <fanfare/detail/http/listener.ipp>
#include <fanfare/detail/http/message.ipp>
#include <fanfare/detail/http/request_rules.ipp>
#include <fanfare/detail/http/socket_options.ipp>
#include <fanfare/detail/http/spare_descriptors.ipp>
#include <fanfare/detail/http/upgrade.ipp>
#include <fanfare/detail/http_api/call.ipp>
#include <fanfare/detail/http_api/events.ipp>
#include <fanfare/detail/http_api/inbox.ipp>
#include <fanfare/detail/http_api/messages.ipp>
#include <fanfare/detail/http_api/rooms.ipp>
#include <fanfare/detail/http_api/status.ipp>
#include <fanfare/detail/http_api/tickets.ipp>
#include <fanfare/detail/hub/bus_receiver.ipp>
#include <fanfare/detail/hub/commands.ipp>
#include <fanfare/detail/hub/hub_core.ipp>
#include <fanfare/detail/hub/hub_stats.ipp>
#include <fanfare/detail/hub/shutdown.ipp>
#include <fanfare/detail/inbox/ack_tracker.ipp>
#include <fanfare/detail/inbox/inbox_json.ipp>
#include <fanfare/detail/inbox/inbox_rules.ipp>
#include <fanfare/detail/inbox/inbox_service.ipp>
#include <fanfare/detail/presence/presence_table.ipp>
#include <fanfare/detail/presence/presence_tracker.ipp>
#include <fanfare/detail/protocol/json_protocol.ipp>
#include <fanfare/detail/protocol/raw_protocol.ipp>
#include <fanfare/detail/publish/publisher.ipp>
#include <fanfare/detail/publish/stored_publish.ipp>
#if defined(FANFARE_WITH_REDIS)
#include <fanfare/detail/redis/bus_core.ipp>
#include <fanfare/detail/redis/bus_probe.ipp>
#include <fanfare/detail/redis/bus_session.ipp>
#include <fanfare/detail/redis/channel_names.ipp>
#include <fanfare/detail/redis/channels.ipp>
#include <fanfare/detail/redis/connection.ipp>
#include <fanfare/detail/redis/incoming.ipp>
#include <fanfare/detail/redis/link.ipp>
#include <fanfare/detail/redis/login.ipp>
#include <fanfare/detail/redis/loss_notices.ipp>
#include <fanfare/detail/redis/message.ipp>
#include <fanfare/detail/redis/pipeline.ipp>
#include <fanfare/detail/redis/reply.ipp>
#include <fanfare/detail/redis/subscriber.ipp>
#include <fanfare/detail/redis/transport.ipp>
#endif
#include <fanfare/detail/requests/application.ipp>
#include <fanfare/detail/requests/history.ipp>
#include <fanfare/detail/requests/inbox.ipp>
#include <fanfare/detail/requests/presence.ipp>
#include <fanfare/detail/requests/publish.ipp>
#include <fanfare/detail/requests/resume.ipp>
#include <fanfare/detail/requests/subscribe.ipp>
#include <fanfare/detail/requests/subscribe_request.ipp>
#include <fanfare/detail/requests/unsubscribe.ipp>
#include <fanfare/detail/room/bus_subscriptions.ipp>
#include <fanfare/detail/room/delivery.ipp>
#include <fanfare/detail/room/namespaces.ipp>
#include <fanfare/detail/room/room_state.ipp>
#include <fanfare/detail/room/stream_sequencer.ipp>
#include <fanfare/detail/session/admissions.ipp>
#include <fanfare/detail/session/catch_up.ipp>
#include <fanfare/detail/session/catch_up_set.ipp>
#include <fanfare/detail/session/memberships.ipp>
#include <fanfare/detail/session/outbox.ipp>
#include <fanfare/detail/session/resume_registry.ipp>
#include <fanfare/detail/session/session.ipp>
#include <fanfare/detail/session/session_directory.ipp>
#include <fanfare/detail/session/session_recovery.ipp>
#include <fanfare/detail/session/session_sending.ipp>
#include <fanfare/detail/session/websocket_session.ipp>
#include <fanfare/detail/shard/hub_handlers.ipp>
#include <fanfare/detail/shard/read_lines.ipp>
#include <fanfare/detail/shard/shard.ipp>
#include <fanfare/detail/shard/shard_delivery.ipp>
#include <fanfare/detail/shard/shard_set.ipp>
#if defined(FANFARE_WITH_SQLITE)
#include <fanfare/detail/sqlite/database.ipp>
#include <fanfare/detail/sqlite/history.ipp>
#include <fanfare/detail/sqlite/inbox_tables.ipp>
#include <fanfare/detail/sqlite/worker.ipp>
#endif
#include <fanfare/detail/wire/deflate.ipp>
#include <fanfare/detail/wire/envelope.ipp>
#include <fanfare/detail/wire/event_positions.ipp>
#include <fanfare/detail/wire/event_stream.ipp>
#include <fanfare/detail/wire/frame.ipp>
#include <fanfare/detail/wire/json_reader.ipp>
#include <fanfare/detail/wire/json_writer.ipp>
#include <fanfare/detail/wire/names.ipp>
#include <fanfare/detail/wire/server_frame.ipp>
#include <fanfare/detail/wire/ws_codec.ipp>
#include <fanfare/error.ipp>
#include <fanfare/http_api.ipp>
#include <fanfare/inbox/memory.ipp>
#if defined(FANFARE_WITH_REDIS)
#include <fanfare/inbox/redis.ipp>
#endif
#if defined(FANFARE_WITH_SQLITE)
#include <fanfare/inbox/sqlite.ipp>
#endif
#include <fanfare/json_text.ipp>
#include <fanfare/local_connection.ipp>
#if defined(FANFARE_WITH_REDIS)
#include <fanfare/presence/redis.ipp>
#include <fanfare/redis/client.ipp>
#include <fanfare/redis/options.ipp>
#endif
#include <fanfare/server.ipp>
#if defined(FANFARE_WITH_SQLITE)
#include <fanfare/sqlite/options.ipp>
#endif
#include <fanfare/sse.ipp>
#include <fanfare/store/memory.ipp>
#if defined(FANFARE_WITH_REDIS)
#include <fanfare/store/redis.ipp>
#endif
#if defined(FANFARE_WITH_SQLITE)
#include <fanfare/store/sqlite.ipp>
#endif

#endif

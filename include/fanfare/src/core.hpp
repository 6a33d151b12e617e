// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_SRC_CORE_HPP
#define FANFARE_SRC_CORE_HPP

// The core: hub, rooms, publishing, histories, what is in memory. A part of src.hpp, to be compiled by itself.
#if !defined(FANFARE_SEPARATE_COMPILATION)
#error "for separate compilation: define FANFARE_SEPARATE_COMPILATION, or link to fanfare::compiled"
#endif

#include <fanfare/auth.ipp>
#include <fanfare/auth/host.ipp>
#include <fanfare/auth/origin.ipp>
#include <fanfare/auth/ticket.ipp>
#include <fanfare/bus.ipp>
#include <fanfare/detail/base/connection_id.ipp>
#include <fanfare/detail/base/file_watch.ipp>
#include <fanfare/detail/base/identity_fields.ipp>
#include <fanfare/detail/base/random.ipp>
#include <fanfare/detail/base/regular_file.ipp>
#include <fanfare/detail/cluster/bus_watch.ipp>
#include <fanfare/detail/cluster/cluster.ipp>
#include <fanfare/detail/cluster/stats_fields.ipp>
#include <fanfare/detail/history/history_reader.ipp>
#include <fanfare/detail/history/ordered_delivery.ipp>
#include <fanfare/detail/history/recent_pages.ipp>
#include <fanfare/detail/history/room_preparation.ipp>
#include <fanfare/detail/hub/bus_receiver.ipp>
#include <fanfare/detail/hub/commands.ipp>
#include <fanfare/detail/hub/enumeration.ipp>
#include <fanfare/detail/hub/hub_core.ipp>
#include <fanfare/detail/hub/hub_stats.ipp>
#include <fanfare/detail/hub/paced_close.ipp>
#include <fanfare/detail/hub/shutdown.ipp>
#include <fanfare/detail/inbox/ack_tracker.ipp>
#include <fanfare/detail/inbox/inbox_json.ipp>
#include <fanfare/detail/inbox/inbox_rules.ipp>
#include <fanfare/detail/inbox/inbox_service.ipp>
#include <fanfare/detail/metrics/collect.ipp>
#include <fanfare/detail/metrics/collect_connections.ipp>
#include <fanfare/detail/metrics/collect_http.ipp>
#include <fanfare/detail/metrics/collect_links.ipp>
#include <fanfare/detail/metrics/collect_messages.ipp>
#include <fanfare/detail/metrics/collect_requests.ipp>
#include <fanfare/detail/metrics/http_requests.ipp>
#include <fanfare/detail/presence/presence_table.ipp>
#include <fanfare/detail/presence/presence_tracker.ipp>
#include <fanfare/detail/publish/publisher.ipp>
#include <fanfare/detail/publish/stored_publish.ipp>
#include <fanfare/detail/revocation/revocation_list.ipp>
#include <fanfare/detail/revocation/revocation_rules.ipp>
#include <fanfare/detail/revocation/revocations.ipp>
#include <fanfare/detail/revocation/revocations_reading.ipp>
#include <fanfare/detail/room/bus_subscriptions.ipp>
#include <fanfare/detail/room/delivery.ipp>
#include <fanfare/detail/room/namespaces.ipp>
#include <fanfare/detail/room/room_state.ipp>
#include <fanfare/detail/room/stream_sequencer.ipp>
#include <fanfare/detail/shard/hub_handlers.ipp>
#include <fanfare/detail/shard/read_lines.ipp>
#include <fanfare/detail/shard/shard.ipp>
#include <fanfare/detail/shard/shard_delivery.ipp>
#include <fanfare/detail/shard/shard_set.ipp>
#include <fanfare/detail/wire/envelope.ipp>
#include <fanfare/detail/wire/event_positions.ipp>
#include <fanfare/detail/wire/event_stream.ipp>
#include <fanfare/detail/wire/frame.ipp>
#include <fanfare/detail/wire/json_reader.ipp>
#include <fanfare/detail/wire/json_writer.ipp>
#include <fanfare/detail/wire/names.ipp>
#include <fanfare/detail/wire/server_frame.ipp>
#include <fanfare/detail/wire/traceparent.ipp>
#include <fanfare/error.ipp>
#include <fanfare/inbox.ipp>
#include <fanfare/inbox/memory.ipp>
#include <fanfare/json_text.ipp>
#include <fanfare/metrics/prometheus.ipp>
#include <fanfare/presence.ipp>
#include <fanfare/revocation/memory.ipp>
#include <fanfare/revocation_store.ipp>
#include <fanfare/store.ipp>
#include <fanfare/store/memory.ipp>

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SESSION_SESSION_CONTEXT_HPP
#define FANFARE_DETAIL_SESSION_SESSION_CONTEXT_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/base/connection_id.hpp>
#include <fanfare/detail/base/hub_counters.hpp>
#include <fanfare/detail/base/lifetime.hpp>
#include <fanfare/detail/history/history_reader.hpp>
#include <fanfare/detail/history/room_preparation.hpp>
#include <fanfare/detail/inbox/ack_tracker.hpp>
#include <fanfare/detail/inbox/inbox_service.hpp>
#include <fanfare/detail/presence/presence_tracker.hpp>
#include <fanfare/detail/publish/publisher.hpp>
#include <fanfare/detail/room/namespaces.hpp>
#include <fanfare/detail/room/room_state.hpp>
#include <fanfare/detail/session/admissions.hpp>
#include <fanfare/detail/session/resume_registry.hpp>
#include <fanfare/detail/shard/hub_handlers.hpp>
#include <fanfare/detail/shard/shard_set.hpp>
#include <fanfare/options.hpp>

namespace fanfare::detail {

class session_directory;

/// What the sessions of a hub, and the requests of their clients, work with. A session's pointer to it keeps the hub.
struct session_context {
    const hub_options& options;
    const hub_handlers& handlers;
    const node_id& node;
    const shard_set& shards;
    const namespaces& rules;
    room_registry& rooms;
    room_preparation& preparation;
    history_reader& history;
    publisher& messages;
    presence_tracker& presence;
    inbox_service& inbox;
    ack_tracker& acks;
    admissions& admitted;
    resume_registry& resumable;
    session_directory& sessions;
    hub_counters& count;
    const lifetime& life;
};

} // namespace fanfare::detail

#endif

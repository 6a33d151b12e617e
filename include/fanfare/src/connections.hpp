// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_SRC_CONNECTIONS_HPP
#define FANFARE_SRC_CONNECTIONS_HPP

// Connections: sessions, their requests and languages. A part of src.hpp, to be compiled by itself.
#if !defined(FANFARE_SEPARATE_COMPILATION)
#error "for separate compilation: define FANFARE_SEPARATE_COMPILATION, or link to fanfare::compiled"
#endif

#include <fanfare/connection_ref.ipp>
#include <fanfare/detail/net/net_stream.ipp>
#include <fanfare/detail/protocol/json_protocol.ipp>
#include <fanfare/detail/protocol/raw_protocol.ipp>
#include <fanfare/detail/requests/application.ipp>
#include <fanfare/detail/requests/history.ipp>
#include <fanfare/detail/requests/inbox.ipp>
#include <fanfare/detail/requests/presence.ipp>
#include <fanfare/detail/requests/publish.ipp>
#include <fanfare/detail/requests/refresh.ipp>
#include <fanfare/detail/requests/resume.ipp>
#include <fanfare/detail/requests/subscribe.ipp>
#include <fanfare/detail/requests/subscribe_request.ipp>
#include <fanfare/detail/requests/unsubscribe.ipp>
#include <fanfare/detail/session/admissions.ipp>
#include <fanfare/detail/session/catch_up.ipp>
#include <fanfare/detail/session/catch_up_set.ipp>
#include <fanfare/detail/session/connect_rates.ipp>
#include <fanfare/detail/session/memberships.ipp>
#include <fanfare/detail/session/net_session.ipp>
#include <fanfare/detail/session/outbox.ipp>
#include <fanfare/detail/session/renewal.ipp>
#include <fanfare/detail/session/resume_registry.ipp>
#include <fanfare/detail/session/session.ipp>
#include <fanfare/detail/session/session_directory.ipp>
#include <fanfare/detail/session/session_identity.ipp>
#include <fanfare/detail/session/session_recovery.ipp>
#include <fanfare/detail/session/session_sending.ipp>
#include <fanfare/detail/session/websocket_session.ipp>
#include <fanfare/detail/wire/deflate.ipp>
#include <fanfare/detail/wire/ws_codec.ipp>
#include <fanfare/local_connection.ipp>

#endif

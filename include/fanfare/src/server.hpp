// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_SRC_SERVER_HPP
#define FANFARE_SRC_SERVER_HPP

// The server and its HTTP API: what uses Beast. A part of src.hpp, to be compiled by itself.
#if !defined(FANFARE_SEPARATE_COMPILATION)
#error "for separate compilation: define FANFARE_SEPARATE_COMPILATION, or link to fanfare::compiled"
#endif

#include <fanfare/detail/http/cors.ipp>
#include <fanfare/detail/http/extensions.ipp>
#include <fanfare/detail/http/forwarded.ipp>
#include <fanfare/detail/http/gatekeeper.ipp>
#include <fanfare/detail/http/http_session.ipp>
#include <fanfare/detail/http/http_stream.ipp>
#include <fanfare/detail/http/listener.ipp>
#include <fanfare/detail/http/message.ipp>
#include <fanfare/detail/http/open_acceptor.ipp>
#include <fanfare/detail/http/request_call.ipp>
#include <fanfare/detail/http/request_rules.ipp>
#include <fanfare/detail/http/socket_file.ipp>
#include <fanfare/detail/http/socket_options.ipp>
#include <fanfare/detail/http/spare_descriptors.ipp>
#include <fanfare/detail/http/upgrade.ipp>
#include <fanfare/detail/http_api/call.ipp>
#include <fanfare/detail/http_api/events.ipp>
#include <fanfare/detail/http_api/inbox.ipp>
#include <fanfare/detail/http_api/messages.ipp>
#include <fanfare/detail/http_api/metrics.ipp>
#include <fanfare/detail/http_api/revoke.ipp>
#include <fanfare/detail/http_api/rooms.ipp>
#include <fanfare/detail/http_api/status.ipp>
#include <fanfare/detail/http_api/tickets.ipp>
#include <fanfare/detail/net/proxy_header.ipp>
#include <fanfare/endpoint.ipp>
#include <fanfare/handshake.ipp>
#include <fanfare/http_api.ipp>
#include <fanfare/server.ipp>
#include <fanfare/sse.ipp>
#include <fanfare/trusted_proxies.ipp>

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HUB_ACCEPTORS_HPP
#define FANFARE_DETAIL_HUB_ACCEPTORS_HPP

namespace fanfare::detail {

/// What `hub::accept`, `hub::accept_events` and `hub::connect` call. Only declared here, so that who publishes does not
/// compile HTTP and WebSocket; a program that calls them includes the header with the definition.
template <class Stream>
struct websocket_acceptor; ///< <fanfare/websocket.hpp>
template <class Stream>
struct event_stream_acceptor; ///< <fanfare/sse.hpp>
template <class Handlers>
struct local_connector; ///< <fanfare/local_connection.hpp>

/// Whether the header that defines `T` was included.
template <class T>
concept defined = requires
{
    sizeof(T);
};

/// False, for a `static_assert` in a template that is instantiated only where a call is wrong.
template <class>
inline constexpr bool never = false;

} // namespace fanfare::detail

#endif

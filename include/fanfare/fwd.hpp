// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_FWD_HPP
#define FANFARE_FWD_HPP

#include <fanfare/config.hpp>

namespace fanfare {

struct bus_message;
struct hub_options;
struct identity;
struct local_handlers;
struct notification;
struct receipt;
struct room_options;

class bus_sink;
class connection_ref;
class raw_connection;
class request;

namespace detail {
class frame;
class hub_core;
class session;
class shard;
struct session_context;
struct application_request;
struct room_state;
} // namespace detail

} // namespace fanfare

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_FANFARE_HPP
#define FANFARE_FANFARE_HPP

// All that a program needs to publish: the hub with the in-process bus and the memory store. What accepts clients is
// not included, so that a translation unit that only publishes does not compile Beast: <fanfare/server.hpp>,
// <fanfare/endpoint.hpp>, <fanfare/websocket.hpp>, <fanfare/sse.hpp>.

#include <fanfare/bus/in_process.hpp>
#include <fanfare/device.hpp>
#include <fanfare/hub.hpp>
#include <fanfare/local_connection.hpp>
#include <fanfare/room.hpp>
#include <fanfare/store/memory.hpp>
#include <fanfare/version.hpp>

#endif

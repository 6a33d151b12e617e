// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_SRC_REDIS_HPP
#define FANFARE_SRC_REDIS_HPP

// What talks to Redis. A part of src.hpp, to be compiled by itself.
#if !defined(FANFARE_SEPARATE_COMPILATION)
#error "for separate compilation: define FANFARE_SEPARATE_COMPILATION, or link to fanfare::compiled"
#endif

#if defined(FANFARE_WITH_REDIS)
// Tickets need SHA-256.
#if defined(FANFARE_WITH_SSL) || __has_include(<boost/hash2/sha2.hpp>)
#include <fanfare/auth/redis_ticket.ipp>
#endif
#include <fanfare/bus/redis.ipp>
#if defined(FANFARE_WITH_SSL) || __has_include(<boost/hash2/sha2.hpp>)
#include <fanfare/detail/base/sha256.ipp>
#endif
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
#include <fanfare/detail/redis/pipeline_rest.ipp>
#include <fanfare/detail/redis/reply.ipp>
#include <fanfare/detail/redis/subscriber.ipp>
#include <fanfare/detail/redis/transport.ipp>
#include <fanfare/inbox/redis.ipp>
#include <fanfare/presence/redis.ipp>
#include <fanfare/redis/client.ipp>
#include <fanfare/redis/options.ipp>
#include <fanfare/revocation/redis.ipp>
#include <fanfare/store/redis.ipp>
#endif

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_CLUSTER_STATS_FIELDS_HPP
#define FANFARE_DETAIL_CLUSTER_STATS_FIELDS_HPP

#include <fanfare/config.hpp>
#include <fanfare/stats.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace fanfare::detail {

/// A hub's counters as JSON, each under the name of its member.
json::object stats_fields(const hub_stats& stats);

/// What `stats_fields` has written, perhaps in another version of the library: an unknown counter is passed over, and
/// one that is missing or of another type stays as it is in `hub_stats{}`. `sent` is null if nothing was sent.
hub_stats read_stats(const json::value* sent);

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/cluster/stats_fields.ipp>
#endif

#endif

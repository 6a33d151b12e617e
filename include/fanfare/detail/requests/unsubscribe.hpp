// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REQUESTS_UNSUBSCRIBE_HPP
#define FANFARE_DETAIL_REQUESTS_UNSUBSCRIBE_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/session/session.hpp>
#include <fanfare/detail/wire/envelope.hpp>

namespace fanfare::detail {

/// An `unsubscribe` request of a client, `{rooms}`: answered at once.
void start_unsubscribe(session& s, const incoming& message);

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/requests/unsubscribe.ipp>
#endif

#endif

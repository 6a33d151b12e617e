// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REQUESTS_APPLICATION_HPP
#define FANFARE_DETAIL_REQUESTS_APPLICATION_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/session/session.hpp>
#include <fanfare/detail/wire/envelope.hpp>

namespace fanfare::detail {

/// A message of a type of the application's own, for the handler that `hub::on_message` has set; refused if there is
/// none.
void start_application_request(session& s, const incoming& message);

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/requests/application.ipp>
#endif

#endif

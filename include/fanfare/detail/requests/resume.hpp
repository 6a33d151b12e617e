// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REQUESTS_RESUME_HPP
#define FANFARE_DETAIL_REQUESTS_RESUME_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/session/resume_registry.hpp>
#include <fanfare/detail/session/session_context.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace fanfare::detail {

/// Takes the rooms of a connection that has ended, or of one that is ended now because its client has come back. `then`
/// is called on any thread; with nothing if the token is not good here.
void take_rooms_of(const session_context& context, const resume_token& token, const std::string& user,
                   std::function<void(std::optional<std::vector<std::string>>)> then);

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/requests/resume.ipp>
#endif

#endif

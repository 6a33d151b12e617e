// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef NOTIFICATION_SERVER_PAGE_HPP
#define NOTIFICATION_SERVER_PAGE_HPP

#include <fanfare/http_api.hpp>

namespace demo {

/// Answers the page's files; false for any other target. A file of its own, so that a change of the page is built fast.
bool serve_page(const fanfare::http_api::request_type& request, fanfare::http_api::response_type& answer);

} // namespace demo

#endif

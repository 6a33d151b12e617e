// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_INBOX_INBOX_JSON_HPP
#define FANFARE_DETAIL_INBOX_INBOX_JSON_HPP

#include <fanfare/config.hpp>
#include <fanfare/inbox_item.hpp>

#include <boost/json/object.hpp>
#include <boost/system/error_code.hpp>

#include <string>

namespace fanfare::detail {

/// What a client, or a caller over HTTP, asks of an inbox. If a field is wrong, `why` says which, and how.
inbox_query read_inbox_query(const json::object& fields, std::string& why);
inbox_mark read_inbox_mark(const json::object& fields, std::string& why);

/// The answers on the wire: `{items, next_cursor, unread, unseen, revision}`, as JSON text with each item's data as they
/// are kept, and `{action, ids | all, …}`.
std::string inbox_page_text(const inbox_page& page);
json::object inbox_marked_fields(const inbox_mark& asked, const inbox_marked& answer);
/// An error for whoever asked: what is not the library's own is the store's, and its text stays here.
std::string inbox_error_text(error_code ec);

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/inbox/inbox_json.ipp>
#endif

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_INBOX_IPP
#define FANFARE_INBOX_IPP

#include <fanfare/detail/base/port_call.hpp>
#include <fanfare/detail/base/port_metrics.hpp>
#include <fanfare/error.hpp>
#include <fanfare/inbox.hpp>

#include <utility>

namespace fanfare {

FANFARE_DECL void any_inbox::async_add(inbox_add what, inbox_was_added handler)
{
    detail::ask_store(observer_, detail::store_operation::inbox_add, std::move(handler), error::delivery_unknown,
                      [&](inbox_was_added done) { held_->add(std::move(what), std::move(done)); });
}

FANFARE_DECL void any_inbox::async_list(std::string_view user, const inbox_query& query, inbox_was_listed handler)
{
    detail::ask_store(observer_, detail::store_operation::inbox_list, std::move(handler), error::store_failed,
                      [&](inbox_was_listed done) { held_->list(user, query, std::move(done)); });
}

FANFARE_DECL void any_inbox::async_mark(std::string_view user, const inbox_mark& mark, inbox_was_marked handler)
{
    detail::ask_store(observer_, detail::store_operation::inbox_mark, std::move(handler), error::delivery_unknown,
                      [&](inbox_was_marked done) { held_->mark(user, mark, std::move(done)); });
}

FANFARE_DECL void any_inbox::async_counts(std::string_view user, inbox_was_counted handler)
{
    detail::ask_store(observer_, detail::store_operation::inbox_counts, std::move(handler), error::store_failed,
                      [&](inbox_was_counted done) { held_->counts(user, std::move(done)); });
}

} // namespace fanfare

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_PRESENCE_IPP
#define FANFARE_PRESENCE_IPP

#include <fanfare/detail/base/port_call.hpp>
#include <fanfare/detail/base/port_metrics.hpp>
#include <fanfare/error.hpp>
#include <fanfare/presence.hpp>

#include <utility>
#include <vector>

namespace fanfare {

FANFARE_DECL void any_presence::async_enter(std::string_view room, presence_client client,
                                            presence_changed handler)
{
    detail::ask_store(observer_, detail::store_operation::presence_enter, std::move(handler), error::store_failed,
                      [&](presence_changed done) { held_->enter(room, std::move(client), std::move(done)); });
}

FANFARE_DECL void any_presence::async_leave(std::string_view room, std::string_view connection_id,
                                            presence_changed handler)
{
    detail::ask_store(observer_, detail::store_operation::presence_leave, std::move(handler), error::store_failed,
                      [&](presence_changed done) { held_->leave(room, connection_id, std::move(done)); });
}

FANFARE_DECL void any_presence::async_refresh(std::vector<presence_entries> entries, presence_refreshed handler)
{
    detail::ask_store(observer_, detail::store_operation::presence_refresh, std::move(handler),
                      error::store_failed,
                      [&](presence_refreshed done) { held_->refresh(std::move(entries), std::move(done)); });
}

FANFARE_DECL void any_presence::async_read(std::string_view room, std::size_t limit, presence_was_read handler)
{
    detail::ask_store(observer_, detail::store_operation::presence_read, std::move(handler), error::store_failed,
                      [&](presence_was_read done) { held_->read(room, limit, std::move(done)); });
}

} // namespace fanfare

#endif

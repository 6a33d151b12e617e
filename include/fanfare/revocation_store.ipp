// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_REVOCATION_STORE_IPP
#define FANFARE_REVOCATION_STORE_IPP

#include <fanfare/detail/base/port_call.hpp>
#include <fanfare/detail/base/port_metrics.hpp>
#include <fanfare/error.hpp>
#include <fanfare/revocation_store.hpp>

#include <utility>

namespace fanfare {

FANFARE_DECL void any_revocation_store::async_add(revocation what, revocation_added handler)
{
    detail::ask_store(observer_, detail::store_operation::revocations_add, std::move(handler), error::store_failed,
                      [&](revocation_added done) { held_->add(std::move(what), std::move(done)); });
}

FANFARE_DECL void any_revocation_store::async_read(std::string_view cursor, revocations_were_read handler)
{
    detail::ask_store(observer_, detail::store_operation::revocations_read, std::move(handler),
                      error::store_failed,
                      [&](revocations_were_read done) { held_->read(cursor, std::move(done)); });
}

} // namespace fanfare

#endif

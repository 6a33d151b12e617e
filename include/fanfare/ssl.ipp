// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_SSL_IPP
#define FANFARE_SSL_IPP

#include <fanfare/detail/tls/tls_state.hpp>
#include <fanfare/ssl.hpp>

#include <memory>
#include <utility>

namespace fanfare {

FANFARE_DECL tls_context::tls_context(tls_options options)
    : any_tls_context{std::make_shared<detail::tls_state>(std::move(options))}
{}

FANFARE_DECL tls_context::tls_context(SSL_CTX* context)
    : any_tls_context{std::make_shared<detail::tls_state>(context)}
{}

// Made by the constructors, or copied from one that they made.
FANFARE_DECL detail::tls_state& tls_context::state() const noexcept
{
    return static_cast<detail::tls_state&>(*factory());
}

FANFARE_DECL void tls_context::reload()
{
    state().reload();
}

FANFARE_DECL void tls_context::reload(SSL_CTX* context)
{
    state().reload(context);
}

FANFARE_DECL bool tls_context::has_files() const noexcept
{
    return state().reads_files();
}

FANFARE_DECL bool tls_context::files_changed() const
{
    return state().files_changed();
}

} // namespace fanfare

#endif

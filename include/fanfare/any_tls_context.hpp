// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_ANY_TLS_CONTEXT_HPP
#define FANFARE_ANY_TLS_CONTEXT_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/net/tls_engine.hpp>

#include <memory>
#include <utility>

namespace fanfare {

/// What makes a listener speak TLS; by default it does not. Assign a `tls_context` of `<fanfare/ssl.hpp>`: the server's own
/// headers need no OpenSSL.
///
/// A handle: copies are one context. Thread-safe, as a `std::shared_ptr` is.
class any_tls_context {
public:
    any_tls_context() = default;

    /// Whether it speaks TLS. Does not throw.
    explicit operator bool() const noexcept { return factory_ != nullptr; }

    /// For the library.
    const std::shared_ptr<detail::tls_engine_factory>& factory() const noexcept { return factory_; }

protected:
    explicit any_tls_context(std::shared_ptr<detail::tls_engine_factory> factory) : factory_{std::move(factory)} {}

private:
    std::shared_ptr<detail::tls_engine_factory> factory_;
};

} // namespace fanfare

#endif

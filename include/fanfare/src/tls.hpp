// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_SRC_TLS_HPP
#define FANFARE_SRC_TLS_HPP

// TLS for clients' connections: what uses OpenSSL. A part of src.hpp, to be compiled by itself.
#if !defined(FANFARE_SEPARATE_COMPILATION)
#error "for separate compilation: define FANFARE_SEPARATE_COMPILATION, or link to fanfare::compiled"
#endif

#if defined(FANFARE_WITH_SSL)
#include <fanfare/detail/tls/certificate_reader.ipp>
#include <fanfare/detail/tls/context_set.ipp>
#include <fanfare/detail/tls/openssl_engine.ipp>
#include <fanfare/detail/tls/regular_file.ipp>
#include <fanfare/detail/tls/tls_state.ipp>
#include <fanfare/ssl.ipp>
#include <fanfare/tls_watcher.ipp>
#endif

#endif

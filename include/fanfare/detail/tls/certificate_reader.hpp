// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_TLS_CERTIFICATE_READER_HPP
#define FANFARE_DETAIL_TLS_CERTIFICATE_READER_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/tls/openssl_types.hpp>
#include <fanfare/tls_peer.hpp>

namespace fanfare::detail {

/// What an application may want to know of a certificate. Throws `std::bad_alloc` only: what is not there, or cannot be
/// read, is empty.
client_certificate read_certificate(X509& certificate);

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/tls/certificate_reader.ipp>
#endif

#endif

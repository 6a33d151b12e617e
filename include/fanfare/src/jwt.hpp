// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_SRC_JWT_HPP
#define FANFARE_SRC_JWT_HPP

// JSON Web Tokens: what checks signatures with OpenSSL. A part of src.hpp, to be compiled by itself.
#if !defined(FANFARE_SEPARATE_COMPILATION)
#error "for separate compilation: define FANFARE_SEPARATE_COMPILATION, or link to fanfare::compiled"
#endif

#if defined(FANFARE_WITH_SSL)
#include <fanfare/auth/jwt.ipp>
#include <fanfare/auth/jwt_error.ipp>
#include <fanfare/auth/jwt_keys.ipp>
#include <fanfare/auth/jwt_keys_source.ipp>
#include <fanfare/auth/jwt_keys_watcher.ipp>
#include <fanfare/auth/jwt_room_tokens.ipp>
#include <fanfare/auth/jwt_verifier.ipp>
#include <fanfare/detail/jwt/base64url.ipp>
#include <fanfare/detail/jwt/jws.ipp>
#include <fanfare/detail/jwt/key.ipp>
#include <fanfare/detail/jwt/key_ring.ipp>
#include <fanfare/detail/jwt/key_set.ipp>
#include <fanfare/detail/jwt/pem_key.ipp>
#include <fanfare/detail/jwt/public_key.ipp>
#include <fanfare/detail/jwt/signature.ipp>
#include <fanfare/detail/jwt/strict_json.ipp>
#endif

#endif

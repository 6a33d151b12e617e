// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_SRC_HPP
#define FANFARE_SRC_HPP

// For separate compilation: exactly one translation unit of a program includes this file, or one each of its parts, and
// all of them are compiled with FANFARE_SEPARATE_COMPILATION. The CMake target fanfare::compiled sees to both; it has a
// unit for each part, so that a program holds only what it uses.
#if !defined(FANFARE_SEPARATE_COMPILATION)
#error "src.hpp is for separate compilation only: define FANFARE_SEPARATE_COMPILATION or link to fanfare::compiled"
#endif

#include <fanfare/src/connections.hpp>
#include <fanfare/src/core.hpp>
#include <fanfare/src/jwt.hpp>
#include <fanfare/src/redis.hpp>
#include <fanfare/src/server.hpp>
#include <fanfare/src/sqlite.hpp>
#include <fanfare/src/tls.hpp>

#endif

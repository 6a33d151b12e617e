// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_VERSION_HPP
#define FANFARE_VERSION_HPP

/// `major * 10000 + minor * 100 + patch`; CMakeLists.txt reads the version from here.
#define FANFARE_VERSION 100
#define FANFARE_VERSION_STRING "0.1.0"

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// The main function, for an installed Catch2 that brings none (Catch2 2 without its static library).
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>

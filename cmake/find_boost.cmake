# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
# Finds Boost, for this project and (installed beside fanfareConfig.cmake) for projects that use it.
# Boost's own package files come first. A Boost that was installed without them is found by CMake's FindBoost.

find_package(Boost 1.81 QUIET CONFIG COMPONENTS json url)
if(NOT Boost_FOUND)
    cmake_policy(PUSH)
    if(POLICY CMP0167)
        cmake_policy(SET CMP0167 OLD) # CMake 3.30 and later hide FindBoost otherwise
    endif()
    find_package(Boost 1.81 QUIET MODULE COMPONENTS json url)
    cmake_policy(POP)
endif()

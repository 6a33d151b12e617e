# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
# The libraries that Fanfare stands on, and those that it uses where they are there.

find_package(Threads REQUIRED)
include(cmake/find_boost.cmake)
if(NOT Boost_FOUND)
    message(FATAL_ERROR "Fanfare needs Boost 1.81 or later with Boost.JSON and Boost.URL (set Boost_DIR or Boost_ROOT)")
endif()

# Sets FANFARE_WITH_<part> to ON or OFF: as the user says, else by whether the target is there.
macro(fanfare_optional part target description hint)
    set(FANFARE_WITH_${part} AUTO CACHE STRING "${description}: ON, OFF, or AUTO (on where the library is found)")
    set_property(CACHE FANFARE_WITH_${part} PROPERTY STRINGS AUTO ON OFF)
    if(FANFARE_WITH_${part} STREQUAL "AUTO")
        if(TARGET ${target})
            set(FANFARE_WITH_${part} ON)
        else()
            set(FANFARE_WITH_${part} OFF)
        endif()
    elseif(FANFARE_WITH_${part} AND NOT TARGET ${target})
        message(FATAL_ERROR "FANFARE_WITH_${part} is on, but ${hint}")
    endif()
endmacro()

include(cmake/find_hiredis.cmake)
fanfare_optional(REDIS hiredis::hiredis "The Redis bus, tickets and presence"
    "hiredis was not found: install libhiredis-dev, set hiredis_DIR or CMAKE_PREFIX_PATH, or set the option to OFF")

include(cmake/find_sqlite.cmake)
fanfare_optional(SQLITE SQLite3::SQLite3 "The SQLite store"
    "SQLite 3.24 was not found: install libsqlite3-dev, set CMAKE_PREFIX_PATH, or set the option to OFF")

find_package(OpenSSL QUIET)
fanfare_optional(SSL OpenSSL::SSL "TLS and JWT"
    "OpenSSL was not found: install libssl-dev, set OPENSSL_ROOT_DIR, or set the option to OFF")

# Redis keeps tickets under their SHA-256: OpenSSL's, or that of Boost.Hash2, which Boost has from 1.88 on.
if(FANFARE_WITH_REDIS AND NOT FANFARE_WITH_SSL)
    include(CheckIncludeFileCXX)
    set(CMAKE_REQUIRED_LIBRARIES Boost::headers)
    check_include_file_cxx(boost/hash2/sha2.hpp FANFARE_HAS_HASH2)
    unset(CMAKE_REQUIRED_LIBRARIES)
    if(NOT FANFARE_HAS_HASH2)
        message(STATUS "Fanfare: no redis_ticket_store, which needs OpenSSL or Boost 1.88")
        if(FANFARE_BUILD_TESTS OR FANFARE_BUILD_EXAMPLES)
            message(FATAL_ERROR "The tests and examples with Redis use redis_ticket_store: add OpenSSL or Boost 1.88, "
                "or set FANFARE_WITH_REDIS, or FANFARE_BUILD_TESTS and FANFARE_BUILD_EXAMPLES, to OFF")
        endif()
    endif()
endif()
message(STATUS "Fanfare: Redis ${FANFARE_WITH_REDIS}, SQLite ${FANFARE_WITH_SQLITE}, TLS ${FANFARE_WITH_SSL}")

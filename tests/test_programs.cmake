# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
# The tests of a folder of include/fanfare/ or include/fanfare/detail/ are in the folder of the same name here. Every
# Catch2 test case is a ctest of its own. What a test needs decides its program, and the program's name its label:
#   hub_tests     threaded: hubs, with sockets and threads
#   redis_tests   redis: what talks to Redis, against redis-server processes of its own
#   sqlite_tests  sqlite: what keeps files
#   unit_tests    unit: all the rest, without sockets
# A file that no list below names is in unit_tests. All link the compiled library, which takes much less to compile;
# simulation_tests, the fuzz targets, tests/headers and tests/package are header-only.

find_package(Catch2 REQUIRED) # 2.13 or 3
include(Catch)

if(TARGET Catch2::Catch2WithMain)
    set(catch_main Catch2::Catch2WithMain)
else()
    add_library(catch_main OBJECT support/main.cpp)
    target_link_libraries(catch_main PUBLIC Catch2::Catch2)
    set(catch_main catch_main)
endif()
if(Catch2_VERSION VERSION_LESS 3)
    set(no_match_fails EXTRA_ARGS -w NoTests) # Catch2 3 does so by itself
endif()

file(GLOB redis_sources CONFIGURE_DEPENDS RELATIVE ${CMAKE_CURRENT_SOURCE_DIR}
    auth/redis*.cpp bus/redis*.cpp inbox/redis*.cpp presence/redis*.cpp revocation/redis*.cpp store/redis*.cpp
    redis/client*.cpp redis/link*.cpp redis/pipeline*.cpp)
file(GLOB sqlite_sources CONFIGURE_DEPENDS RELATIVE ${CMAKE_CURRENT_SOURCE_DIR}
    inbox/sqlite*.cpp store/sqlite*.cpp sqlite/*.cpp)
file(GLOB hub_sources CONFIGURE_DEPENDS RELATIVE ${CMAKE_CURRENT_SOURCE_DIR}
    cluster/*.cpp http/*.cpp hub/*.cpp inbox/*.cpp metrics/hub*.cpp presence/hub*.cpp protocol/*.cpp publish/*.cpp
    revocation/hub*.cpp requests/authorize*.cpp requests/history*.cpp requests/pending.cpp requests/refresh*.cpp requests/room_rate.cpp
    session/closing.cpp session/local*.cpp session/recovery.cpp session/slow_receivers.cpp
    tls/*.cpp)
list(REMOVE_ITEM hub_sources ${redis_sources} ${sqlite_sources} tls/certificates.cpp tls/engine.cpp)

file(GLOB unit_sources CONFIGURE_DEPENDS RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} */*.cpp)
list(FILTER unit_sources EXCLUDE REGEX "^(diagnostics|fuzz|package|simulation|support)/")
list(REMOVE_ITEM unit_sources ${redis_sources} ${sqlite_sources} ${hub_sources})
if(NOT FANFARE_WITH_REDIS)
    list(FILTER unit_sources EXCLUDE REGEX "^(redis/|base/sha256)")
endif()
list(REMOVE_ITEM unit_sources tls/certificates.cpp) # both programs use it
if(NOT FANFARE_WITH_SSL)
    list(FILTER unit_sources EXCLUDE REGEX "^(auth/jwt|jwt/|tls/)")
    list(FILTER hub_sources EXCLUDE REGEX "^tls/")
endif()

# The library that they link is compiled as always.
set(FANFARE_TEST_OPTIONS "" CACHE STRING "More compiler options of the tests' own units, such as -O0: less to wait")

# Beast's WebSocket client takes longer to compile than most tests that use it.
add_library(test_client STATIC EXCLUDE_FROM_ALL support/client.cpp)
if(FANFARE_WITH_SSL)
    target_sources(test_client PRIVATE tls/certificates.cpp)
endif()
target_include_directories(test_client PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(test_client PUBLIC fanfare::compiled Catch2::Catch2)
fanfare_warnings(test_client)
fanfare_harden(test_client)
target_compile_options(test_client PRIVATE ${FANFARE_TEST_OPTIONS})

# What nearly every test with a hub includes, compiled once: each of them takes a third of the time then. Without the time
# that clang writes into it, ccache knows it again.
target_precompile_headers(test_client PRIVATE support/world.hpp support/catch.hpp)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    set(precompiled_options "SHELL:-Xclang -fno-pch-timestamp")
    target_compile_options(test_client PRIVATE ${precompiled_options})
endif()

# fanfare_catch_tests(unit LABEL FILE...): the program unit_tests, whose test cases are called unit.*
function(fanfare_catch_tests name label)
    add_executable(${name}_tests ${ARGN})
    target_link_libraries(${name}_tests PRIVATE test_client ${catch_main})
    # g++ reads the whole of it for each unit: it is slower than what a small one includes. So other compilers than clang
    # have Catch2 alone precompiled for these, and who forgets an include of Fanfare's learns it there.
    if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" OR NOT name STREQUAL "unit")
        target_precompile_headers(${name}_tests REUSE_FROM test_client)
        target_compile_options(${name}_tests PRIVATE ${precompiled_options})
    else()
        target_precompile_headers(${name}_tests PRIVATE support/catch.hpp)
    endif()
    fanfare_warnings(${name}_tests)
    fanfare_harden(${name}_tests)
    target_compile_options(${name}_tests PRIVATE ${FANFARE_TEST_OPTIONS}) # the same as of what is precompiled
    catch_discover_tests(${name}_tests TEST_PREFIX "${name}." ${no_match_fails}
        PROPERTIES LABELS ${label} TIMEOUT 120)
endfunction()

fanfare_catch_tests(unit unit ${unit_sources})
fanfare_catch_tests(hub threaded ${hub_sources})
if(FANFARE_WITH_REDIS)
    find_program(FANFARE_REDIS_SERVER redis-server REQUIRED)
    if(FANFARE_WITH_SSL)
        find_program(FANFARE_OPENSSL openssl REQUIRED) # makes the test's certificates
    endif()
    fanfare_catch_tests(redis redis ${redis_sources})
endif()
if(FANFARE_WITH_SQLITE)
    fanfare_catch_tests(sqlite sqlite ${sqlite_sources})
endif()

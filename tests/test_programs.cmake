# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
# The tests of a folder of include/fanfare/ or include/fanfare/detail/ are in the folder of the same name here. Every
# Catch2 test case is a ctest of its own. What a test needs decides its program, and the program's name its label:
#   hub_tests     threaded: hubs, with sockets and threads, separately compiled
#   redis_tests   redis: what talks to Redis, against redis-server processes of its own
#   sqlite_tests  sqlite: what keeps files
#   unit_tests    unit: all the rest, without sockets, header-only
# A file that no list below names is in unit_tests.

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
    auth/redis*.cpp bus/redis*.cpp inbox/redis*.cpp presence/redis*.cpp store/redis*.cpp
    redis/client*.cpp redis/link*.cpp redis/pipeline*.cpp)
file(GLOB sqlite_sources CONFIGURE_DEPENDS RELATIVE ${CMAKE_CURRENT_SOURCE_DIR}
    inbox/sqlite*.cpp store/sqlite*.cpp sqlite/*.cpp)
file(GLOB hub_sources CONFIGURE_DEPENDS RELATIVE ${CMAKE_CURRENT_SOURCE_DIR}
    cluster/*.cpp http/*.cpp hub/*.cpp inbox/*.cpp presence/hub*.cpp protocol/*.cpp publish/*.cpp requests/*.cpp
    session/closing.cpp session/local*.cpp session/slow_receivers.cpp)
list(REMOVE_ITEM hub_sources ${redis_sources} ${sqlite_sources})

file(GLOB unit_sources CONFIGURE_DEPENDS RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} */*.cpp)
list(FILTER unit_sources EXCLUDE REGEX "^(fuzz|package|simulation|support)/")
list(REMOVE_ITEM unit_sources ${redis_sources} ${sqlite_sources} ${hub_sources})
if(NOT FANFARE_WITH_REDIS)
    list(FILTER unit_sources EXCLUDE REGEX "^redis/")
endif()

# fanfare_catch_tests(unit LABEL LIBRARY FILE...): the program unit_tests, whose test cases are called unit.*
function(fanfare_catch_tests name label library)
    add_executable(${name}_tests ${ARGN})
    target_include_directories(${name}_tests PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
    target_link_libraries(${name}_tests PRIVATE ${library} ${catch_main})
    fanfare_warnings(${name}_tests)
    catch_discover_tests(${name}_tests TEST_PREFIX "${name}." ${no_match_fails}
        PROPERTIES LABELS ${label} TIMEOUT 120)
endfunction()

fanfare_catch_tests(unit unit fanfare::fanfare ${unit_sources})
fanfare_catch_tests(hub threaded fanfare::compiled ${hub_sources})
if(FANFARE_WITH_REDIS)
    find_program(FANFARE_REDIS_SERVER redis-server REQUIRED)
    if(FANFARE_WITH_SSL)
        find_program(FANFARE_OPENSSL openssl REQUIRED) # makes the test's certificates
    endif()
    fanfare_catch_tests(redis redis fanfare::compiled ${redis_sources})
endif()
if(FANFARE_WITH_SQLITE)
    fanfare_catch_tests(sqlite sqlite fanfare::compiled ${sqlite_sources})
endif()

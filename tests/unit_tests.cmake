# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
# unit_tests: the parts without sockets, header-only. hub_tests: the asynchronous parts, separately compiled.
# redis_tests: what talks to Redis, against redis-server processes of its own. sqlite_tests: what keeps files.
# inbox_tests: users' inboxes, with files and redis-server processes of their own.
# Every Catch2 test case is a ctest of its own.

find_package(Catch2 REQUIRED) # 2.13 or 3
include(Catch)

if(TARGET Catch2::Catch2WithMain)
    set(catch_main Catch2::Catch2WithMain)
else()
    add_library(catch_main OBJECT unit/main.cpp)
    target_link_libraries(catch_main PUBLIC Catch2::Catch2)
    set(catch_main catch_main)
endif()
if(Catch2_VERSION VERSION_LESS 3)
    set(no_match_fails EXTRA_ARGS -w NoTests) # Catch2 3 does so by itself
endif()

function(fanfare_catch_tests name folder library)
    file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.cpp)
    list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
    if(NOT FANFARE_WITH_REDIS)
        list(FILTER sources EXCLUDE REGEX "/redis_[a-z_]*\\.cpp$")
    endif()
    if(NOT FANFARE_WITH_SQLITE)
        list(FILTER sources EXCLUDE REGEX "/sqlite_[a-z_]*\\.cpp$")
    endif()
    if(NOT sources)
        return()
    endif()
    add_executable(${name} ${sources})
    target_include_directories(${name} PRIVATE unit) # catch.hpp
    target_link_libraries(${name} PRIVATE ${library} ${catch_main})
    fanfare_warnings(${name})
    catch_discover_tests(${name} TEST_PREFIX "${folder}." ${no_match_fails} PROPERTIES ${ARGN} TIMEOUT 120)
endfunction()

fanfare_catch_tests(unit_tests unit fanfare::fanfare LABELS unit)
fanfare_catch_tests(hub_tests hub fanfare::compiled LABELS threaded)
fanfare_catch_tests(inbox_tests inbox fanfare::compiled LABELS threaded)
if(FANFARE_WITH_REDIS)
    find_program(FANFARE_REDIS_SERVER redis-server REQUIRED)
    if(FANFARE_WITH_SSL)
        find_program(FANFARE_OPENSSL openssl REQUIRED) # makes the test's certificates
    endif()
    fanfare_catch_tests(redis_tests redis fanfare::compiled LABELS redis)
endif()
if(FANFARE_WITH_SQLITE)
    fanfare_catch_tests(sqlite_tests sqlite fanfare::compiled LABELS sqlite)
endif()

# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
# Real clients that this project did not write: Python's websockets, Node's ws, Chromium. Every script is a test: it
# gets the paths of notification_server and echo_server and exits with 0 when all is well. *support.* is shared code.
# A script that lacks a package exits with 77, which fails here: nothing is skipped in silence. Only the Autobahn test
# suite may be: it is Python 2.7, which few still have.

file(GLOB scripts CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/*.py ${CMAKE_CURRENT_LIST_DIR}/*.mjs)
list(FILTER scripts EXCLUDE REGEX "support\\.(py|mjs)$")
if(NOT FANFARE_WITH_SSL)
    list(FILTER scripts EXCLUDE REGEX "/(tls_|https_|jwt_)[^/]*$")
endif()

find_program(FANFARE_NODE node REQUIRED)
find_program(FANFARE_NPM npm REQUIRED)
find_program(FANFARE_CHROMIUM NAMES chromium google-chrome) # none: the one that Playwright downloaded
if(FANFARE_CHROMIUM)
    set(chromium ${FANFARE_CHROMIUM})
endif()

set(npm_folder ${CMAKE_CURRENT_BINARY_DIR}/clients)
file(MAKE_DIRECTORY ${npm_folder})
configure_file(clients/package.json ${npm_folder} COPYONLY)
configure_file(clients/package-lock.json ${npm_folder} COPYONLY)
add_test(NAME clients.npm_packages
         COMMAND ${FANFARE_NPM} ci --no-audit --no-fund --ignore-scripts --prefer-offline
         WORKING_DIRECTORY ${npm_folder})
set_tests_properties(clients.npm_packages PROPERTIES FIXTURES_SETUP npm LABELS clients TIMEOUT 300 COST 100)

set(examples ${PROJECT_BINARY_DIR}/examples)
set(environment "FANFARE_NODE_MODULES=${npm_folder}" "FANFARE_CHROMIUM=${chromium}" "FANFARE_ARTIFACTS=${npm_folder}")
if(NOT TARGET grpc_push)
    list(APPEND environment FANFARE_NO_GRPC=1)
endif()

function(fanfare_client_test name)
    add_test(NAME clients.${name} COMMAND ${ARGN})
    set_tests_properties(clients.${name} PROPERTIES
        FIXTURES_REQUIRED npm LABELS clients TIMEOUT 900 COST 50 ENVIRONMENT "${environment}")
endfunction()

foreach(script IN LISTS scripts)
    get_filename_component(name ${script} NAME)
    if(name MATCHES "\\.py$")
        set(interpreter ${FANFARE_PYTHON} -B)
    else()
        set(interpreter ${FANFARE_NODE})
    endif()
    fanfare_client_test(${name} ${interpreter} ${script} ${examples}/notification_server ${examples}/echo_server)
    file(STRINGS ${script} browser REGEX "browser_support|playwright" LIMIT_COUNT 1)
    if(browser)
        set_tests_properties(clients.${name} PROPERTIES PROCESSORS 2) # Chromium is more than one process
    endif()
endforeach()
fanfare_client_test(typescript ${FANFARE_NODE} ${PROJECT_SOURCE_DIR}/examples/clients/typescript/test/run.mjs
    ${examples}/notification_server)
fanfare_client_test(autobahn ${FANFARE_PYTHON} -B ${CMAKE_CURRENT_LIST_DIR}/autobahn/run ${examples}/echo_server)
# Some of its cases wait for one second only: nothing else runs meanwhile.
set_tests_properties(clients.autobahn PROPERTIES LABELS autobahn SKIP_RETURN_CODE 77 RUN_SERIAL ON)

# A crowd of dashboards. The figures that it prints are this machine's, and no part of the verdict.
set(FANFARE_LOAD_SECONDS 30 CACHE STRING "How long the load test publishes; 0: no load test")
if(TARGET load AND FANFARE_LOAD_SECONDS)
    add_test(NAME clients.load
             COMMAND ${FANFARE_PYTHON} -B ${PROJECT_SOURCE_DIR}/benchmarks/load_test.py
                     ${examples}/notification_server $<TARGET_FILE:load> ${FANFARE_LOAD_SECONDS})
    math(EXPR limit "${FANFARE_LOAD_SECONDS} + 500") # the generator's own patience ends before that
    set_tests_properties(clients.load PROPERTIES LABELS clients TIMEOUT ${limit} COST 50 PROCESSORS 2)
endif()

# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
# Real clients that this project did not write: Python's websockets, Node's ws, Chromium. Every script is a test: it
# gets the paths of notification_server and echo_server and exits with 0 when all is well. support.* is shared code.
# A script that lacks a package exits with 77, which fails here: nothing is skipped in silence.

file(GLOB scripts CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/*.py ${CMAKE_CURRENT_LIST_DIR}/*.mjs)
list(FILTER scripts EXCLUDE REGEX "/support\\.")

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
set_tests_properties(clients.npm_packages PROPERTIES FIXTURES_SETUP npm LABELS clients TIMEOUT 300)

set(examples ${PROJECT_BINARY_DIR}/examples)
foreach(script IN LISTS scripts)
    get_filename_component(name ${script} NAME)
    if(name MATCHES "\\.py$")
        set(interpreter ${FANFARE_PYTHON} -B)
    else()
        set(interpreter ${FANFARE_NODE})
    endif()
    add_test(NAME clients.${name}
             COMMAND ${interpreter} ${script} ${examples}/notification_server ${examples}/echo_server)
    set_tests_properties(clients.${name} PROPERTIES
        FIXTURES_REQUIRED npm
        LABELS clients
        TIMEOUT 300
        ENVIRONMENT "FANFARE_NODE_MODULES=${npm_folder};FANFARE_CHROMIUM=${chromium};FANFARE_ARTIFACTS=${npm_folder}")
endforeach()

# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
# nginx and HAProxy in front of notification_server processes on a Redis; each script starts all of them itself, with
# the configurations of docs/proxies.md. Every script is a test: it gets the path of notification_server and exits with
# 0 when all is well. *_support.py is shared code. A script that lacks a program exits with 77, which fails here.

file(GLOB scripts CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/*.py)
list(FILTER scripts EXCLUDE REGEX "_support\\.py$")
foreach(script IN LISTS scripts)
    get_filename_component(name ${script} NAME)
    add_test(NAME proxies.${name}
             COMMAND ${FANFARE_PYTHON} -B ${script} ${PROJECT_BINARY_DIR}/examples/notification_server)
    set_tests_properties(proxies.${name} PROPERTIES LABELS clients TIMEOUT 600 COST 50)
endforeach()

# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
# Several notification_server processes on a redis-server that each script starts itself. Every script is a test: it
# gets the paths of notification_server and echo_server and exits with 0 when all is well. *_support.py is shared code.

file(GLOB scripts CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/*.py)
list(FILTER scripts EXCLUDE REGEX "_support\\.py$")
find_program(FANFARE_REDIS_SERVER redis-server REQUIRED)
foreach(script IN LISTS scripts)
    get_filename_component(name ${script} NAME)
    add_test(NAME redis.${name}
             COMMAND ${FANFARE_PYTHON} -B ${script} ${PROJECT_BINARY_DIR}/examples/notification_server
                     ${PROJECT_BINARY_DIR}/examples/echo_server)
    set_tests_properties(redis.${name} PROPERTIES LABELS redis TIMEOUT 600 COST 50)
endforeach()

# The example is a test of itself: it ends with an error if a message does not arrive.
add_test(NAME redis.example_04_redis_cluster
         COMMAND ${PROJECT_SOURCE_DIR}/examples/04_redis_cluster.sh ${PROJECT_BINARY_DIR}/examples)
set_tests_properties(redis.example_04_redis_cluster PROPERTIES LABELS redis TIMEOUT 60)

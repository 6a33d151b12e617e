# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
# Programs that keep files, and die.

add_test(NAME sqlite.outbox
         COMMAND ${FANFARE_PYTHON} -B ${CMAKE_CURRENT_LIST_DIR}/outbox.py
                 ${PROJECT_BINARY_DIR}/examples/05_transactional_outbox)
set_tests_properties(sqlite.outbox PROPERTIES LABELS sqlite TIMEOUT 120)

# Servers, and a Redis, that are killed; disks that are full. Each name is the beginning of a test's name in the script.
set(kill_server_tests sqlite_kill_9 sqlite_300_clients sqlite_a_full_disk sqlite_a_file)
if(FANFARE_WITH_REDIS)
    list(APPEND kill_server_tests redis_kill_9)
endif()
foreach(test IN LISTS kill_server_tests)
    string(REGEX MATCH "^[a-z]+" label ${test})
    add_test(NAME kill_server.${test}
             COMMAND ${FANFARE_PYTHON} -B ${CMAKE_CURRENT_LIST_DIR}/kill_server.py
                     ${PROJECT_BINARY_DIR}/examples/notification_server ${test})
    set_tests_properties(kill_server.${test} PROPERTIES LABELS ${label} TIMEOUT 400 COST 50)
endforeach()

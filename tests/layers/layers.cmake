# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.

add_test(NAME layers.includes
         COMMAND ${FANFARE_PYTHON} ${CMAKE_CURRENT_LIST_DIR}/check_includes.py ${PROJECT_SOURCE_DIR}/include)
add_test(NAME layers.src_hpp
         COMMAND ${FANFARE_PYTHON} ${CMAKE_CURRENT_LIST_DIR}/check_src_hpp.py ${PROJECT_SOURCE_DIR}/include)
add_test(NAME layers.sizes
         COMMAND ${FANFARE_PYTHON} ${CMAKE_CURRENT_LIST_DIR}/check_sizes.py ${PROJECT_SOURCE_DIR})
set_tests_properties(layers.includes layers.src_hpp layers.sizes PROPERTIES
    LABELS layers TIMEOUT 30 ENVIRONMENT PYTHONDONTWRITEBYTECODE=1)

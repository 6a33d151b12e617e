# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
# The C++ blocks of README.md and docs/*.md compile. code_blocks.py states the rule.

file(GLOB pages CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/README.md ${PROJECT_SOURCE_DIR}/docs/*.md)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${pages} ${CMAKE_CURRENT_LIST_DIR}/code_blocks.py)
execute_process(
    COMMAND ${FANFARE_PYTHON} ${CMAKE_CURRENT_LIST_DIR}/code_blocks.py ${CMAKE_CURRENT_BINARY_DIR}/docs ${pages}
    OUTPUT_VARIABLE blocks
    COMMAND_ERROR_IS_FATAL ANY)

set(block_targets)
set(inside)
string(REGEX MATCHALL "[^\n]+" blocks "${blocks}")
foreach(block IN LISTS blocks)
    if(block MATCHES "inside\\.cpp$")
        list(APPEND inside ${block})
        continue()
    endif()
    get_filename_component(name ${block} NAME_WE)
    if(block MATCHES "program\\.cpp$")
        add_executable(${name} EXCLUDE_FROM_ALL ${block})
    else()
        add_library(${name} OBJECT EXCLUDE_FROM_ALL ${block})
    endif()
    if(block MATCHES "file\\.cpp$") # no program comes of it, so no code is made of it
        target_compile_options(${name} PRIVATE $<$<CXX_COMPILER_ID:GNU,Clang,AppleClang>:-fsyntax-only>)
    endif()
    target_link_libraries(${name} PRIVATE fanfare::compiled)
    target_compile_options(${name} PRIVATE $<$<CXX_COMPILER_ID:GNU,Clang,AppleClang>:-O0 -g0 -Wall -Wextra>)
    list(APPEND block_targets ${name})
endforeach()
if(inside) # all include the same, which is compiled once
    add_library(blocks_inside OBJECT EXCLUDE_FROM_ALL ${inside})
    target_include_directories(blocks_inside PRIVATE ${CMAKE_CURRENT_LIST_DIR})
    target_link_libraries(blocks_inside PRIVATE fanfare::compiled)
    target_compile_options(blocks_inside PRIVATE $<$<CXX_COMPILER_ID:GNU,Clang,AppleClang>:-O0 -g0 -Wall -Wextra>)
    target_precompile_headers(blocks_inside PRIVATE ${CMAKE_CURRENT_LIST_DIR}/prelude.hpp)
    list(APPEND block_targets blocks_inside)
endif()

if(block_targets)
    add_custom_target(code_blocks)
    add_dependencies(code_blocks ${block_targets})
    fanfare_build_test(docs code_blocks)
endif()

add_test(NAME docs.conformance COMMAND ${FANFARE_PYTHON} ${CMAKE_CURRENT_LIST_DIR}/conformance.py ${PROJECT_SOURCE_DIR})
set_tests_properties(docs.conformance PROPERTIES LABELS layers)
add_test(NAME docs.clauses COMMAND ${FANFARE_PYTHON} ${CMAKE_CURRENT_LIST_DIR}/clauses.py ${PROJECT_SOURCE_DIR})
set_tests_properties(docs.clauses PROPERTIES LABELS layers)

# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
# fuzz/NAME_fuzz.cpp is a libFuzzer target. Its test runs it for a while from the kept corpus fuzz/corpus/NAME;
# what it finds on the way goes to the build folder.

set(FANFARE_FUZZ_SECONDS 30 CACHE STRING "How long the test of a fuzz target runs")
if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "FANFARE_BUILD_FUZZERS needs clang++ (libFuzzer)")
endif()

file(GLOB fuzz_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/*_fuzz.cpp)
foreach(source IN LISTS fuzz_sources)
    get_filename_component(target ${source} NAME_WE)
    string(REGEX REPLACE "_fuzz$" "" name ${target})
    set(kept ${CMAKE_CURRENT_LIST_DIR}/corpus/${name})
    set(found ${CMAKE_CURRENT_BINARY_DIR}/fuzz/${name})
    file(MAKE_DIRECTORY ${found})

    add_executable(${target} ${source})
    target_link_libraries(${target} PRIVATE fanfare::fanfare)
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -O1 -g1)
    target_link_options(${target} PRIVATE -fsanitize=fuzzer,address,undefined)
    fanfare_warnings(${target})

    add_test(NAME fuzz.${name}
             COMMAND ${target} -max_total_time=${FANFARE_FUZZ_SECONDS} -timeout=10 -rss_limit_mb=2048
                     -max_len=65536 -print_final_stats=1 -artifact_prefix=${found}/ ${found} ${kept}
             WORKING_DIRECTORY ${found})
    math(EXPR limit "${FANFARE_FUZZ_SECONDS} + 120")
    set_tests_properties(fuzz.${name} PROPERTIES LABELS fuzz TIMEOUT ${limit})
endforeach()

# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
# fuzz/NAME_fuzz.cpp is a libFuzzer target. Its test runs it for a while from the kept corpus fuzz/corpus/NAME, with the
# words of fuzz/NAME.dict if there are any; what it finds on the way goes to the build folder.

set(FANFARE_FUZZ_SECONDS 20 CACHE STRING "How long the test of a fuzz target runs")
if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "FANFARE_BUILD_FUZZERS needs clang++ (libFuzzer)")
endif()

# Targets that need much of the library link the compiled one, with the options of the whole build: header-only they
# would take minutes to compile. In the library is counted what is run; comparisons are not traced there, for all
# other programs of this build have it, too. The entropic schedule takes most of the time where so much is counted.
set(compiled_targets http_fuzz mqtt_payload_fuzz redis_reply_fuzz)
target_compile_options(fanfare_compiled PRIVATE -fsanitize-coverage=inline-8bit-counters,pc-table)

# fanfare_fuzz_target(http_fuzz FILE...)
function(fanfare_fuzz_target target)
    add_executable(${target} ${ARGN})
    if(target IN_LIST compiled_targets)
        target_link_libraries(${target} PRIVATE fanfare::compiled)
        target_compile_options(${target} PRIVATE -fsanitize=fuzzer)
    else()
        target_link_libraries(${target} PRIVATE fanfare::fanfare)
        target_compile_options(${target} PRIVATE
            -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -O1 -g1)
    endif()
    target_link_options(${target} PRIVATE -fsanitize=fuzzer,address,undefined)
    fanfare_warnings(${target})
endfunction()

file(GLOB fuzz_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/*_fuzz.cpp)
if(NOT FANFARE_WITH_REDIS)
    list(FILTER fuzz_sources EXCLUDE REGEX "/redis_")
endif()
if(NOT FANFARE_WITH_SSL)
    list(FILTER fuzz_sources EXCLUDE REGEX "/jw")
endif()
foreach(source IN LISTS fuzz_sources)
    get_filename_component(target ${source} NAME_WE)
    string(REGEX REPLACE "_fuzz$" "" name ${target})
    set(kept ${CMAKE_CURRENT_LIST_DIR}/corpus/${name})
    set(found ${CMAKE_CURRENT_BINARY_DIR}/fuzz/${name})
    file(MAKE_DIRECTORY ${found})
    fanfare_fuzz_target(${target} ${source})

    set(how -max_total_time=${FANFARE_FUZZ_SECONDS} -timeout=10 -rss_limit_mb=2048 -max_len=65536 -print_final_stats=1
        -artifact_prefix=${found}/)
    if(target IN_LIST compiled_targets)
        list(APPEND how -entropic=0)
    endif()
    if(EXISTS ${CMAKE_CURRENT_LIST_DIR}/${name}.dict)
        list(APPEND how -dict=${CMAKE_CURRENT_LIST_DIR}/${name}.dict)
    endif()
    add_test(NAME fuzz.${name} COMMAND ${target} ${how} ${found} ${kept} WORKING_DIRECTORY ${found})
    math(EXPR limit "${FANFARE_FUZZ_SECONDS} + 120")
    set_tests_properties(fuzz.${name} PROPERTIES LABELS fuzz TIMEOUT ${limit})
endforeach()

set(demo ${PROJECT_SOURCE_DIR}/examples/demos/iot_dashboard)
target_sources(mqtt_payload_fuzz PRIVATE ${demo}/device_message.cpp ${demo}/threshold_rules.cpp)
target_include_directories(mqtt_payload_fuzz PRIVATE ${demo})

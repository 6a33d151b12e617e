# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
# simulation_tests: hubs on a virtual clock, header-only. A schedule that breaks the law is named with the command that
# runs it again.

set(FANFARE_SIMULATION_SCHEDULES 30000 CACHE STRING "Schedules that the simulation's test runs")
set(schedules ${FANFARE_SIMULATION_SCHEDULES})
if(CMAKE_CXX_FLAGS MATCHES "-fsanitize")
    math(EXPR schedules "${schedules} / 10")
endif()

# They compute: also where nothing else is optimised they are.
function(fanfare_simulation_options name)
    target_compile_options(${name} PRIVATE $<$<AND:$<CONFIG:Debug>,$<CXX_COMPILER_ID:GNU,Clang,AppleClang>>:-O1>)
    fanfare_warnings(${name})
endfunction()

add_executable(simulation_tests ${CMAKE_CURRENT_LIST_DIR}/simulation.cpp)
fanfare_simulation_options(simulation_tests)
target_link_libraries(simulation_tests PRIVATE fanfare::fanfare)
# A third of the schedules are always the same, so that who changes nothing sees nothing new. Where the others begin the
# commit says. And those that have broken the law before.
math(EXPR fixed "${schedules} / 3")
math(EXPR others "${schedules} - ${fixed}")
add_test(NAME simulation.schedules COMMAND simulation_tests --count ${fixed})
add_test(NAME simulation.schedules_of_commit
         COMMAND ${FANFARE_PYTHON} ${CMAKE_CURRENT_LIST_DIR}/schedules.py commit
                 --program $<TARGET_FILE:simulation_tests> --count ${others})
add_test(NAME simulation.known_seeds COMMAND simulation_tests --seeds ${CMAKE_CURRENT_LIST_DIR}/known_seeds)
set_tests_properties(simulation.schedules simulation.schedules_of_commit simulation.known_seeds PROPERTIES
    LABELS simulation TIMEOUT 600 COST 100)

# Does it find bugs? Each is planted in a copy of one .ipp, and only that is compiled anew: the simulation and the rest
# of the library are compiled once for all. Not under sanitizers: it would show nothing more.
if(NOT CMAKE_CXX_FLAGS MATCHES "-fsanitize")
    set(planting ${FANFARE_PYTHON} ${CMAKE_CURRENT_LIST_DIR}/planted.py)
    set(planted ${CMAKE_CURRENT_BINARY_DIR}/planted)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/planted.py)
    execute_process(COMMAND ${planting} names OUTPUT_VARIABLE bugs COMMAND_ERROR_IS_FATAL ANY)
    string(REGEX MATCHALL "[^\n]+" bugs "${bugs}") # "NAME FILE", the file below include/
    list(TRANSFORM bugs REPLACE "^.* " "" OUTPUT_VARIABLE bodies)
    list(REMOVE_DUPLICATES bodies)

    function(fanfare_simulation_part name)
        add_library(${name} OBJECT EXCLUDE_FROM_ALL ${ARGN})
        target_compile_features(${name} PRIVATE cxx_std_20)
        target_compile_definitions(${name} PRIVATE FANFARE_SEPARATE_COMPILATION)
        target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/include)
        target_link_libraries(${name} PRIVATE Boost::headers Boost::json Boost::url Threads::Threads)
        target_compile_options(${name} PRIVATE $<$<CXX_COMPILER_ID:GNU,Clang,AppleClang>:-g0>)
        fanfare_simulation_options(${name})
    endfunction()

    # The library without the bodies that have a bug in some program: their include guards are defined. Those of the
    # edge, which bring in Beast, are not used.
    set(rest "#include <fanfare/src.hpp>\n")
    file(STRINGS ${PROJECT_SOURCE_DIR}/include/fanfare/src/server.hpp edge REGEX "\\.ipp>")
    list(TRANSFORM edge REPLACE "^#include <(.*)>$" "\\1")
    foreach(body IN LISTS edge)
        string(MAKE_C_IDENTIFIER ${body} unit)
        string(TOUPPER ${unit} guard)
        string(PREPEND rest "#define ${guard}\n")
    endforeach()
    foreach(body IN LISTS bodies)
        string(MAKE_C_IDENTIFIER ${body} unit)
        string(TOUPPER ${unit} guard)
        string(PREPEND rest "#define ${guard}\n")
        file(CONFIGURE OUTPUT planted/${unit}.cpp CONTENT "#include <${body}>\n")
        fanfare_simulation_part(simulation_${unit} ${planted}/${unit}.cpp)
    endforeach()
    file(CONFIGURE OUTPUT planted/rest.cpp CONTENT "${rest}")
    fanfare_simulation_part(simulation_rest ${planted}/rest.cpp ${CMAKE_CURRENT_LIST_DIR}/simulation.cpp)

    foreach(entry IN LISTS bugs)
        string(REGEX MATCH "^([^ ]+) (.+)$" entry ${entry})
        set(bug ${CMAKE_MATCH_1})
        set(parts ${bodies})
        list(REMOVE_ITEM parts ${CMAKE_MATCH_2})
        set_source_files_properties(${planted}/${bug}.cpp PROPERTIES GENERATED ON) # by planted.py find
        fanfare_simulation_part(simulation_${bug} ${planted}/${bug}.cpp)
        add_executable(simulation_with_${bug} EXCLUDE_FROM_ALL
            $<TARGET_OBJECTS:simulation_${bug}> $<TARGET_OBJECTS:simulation_rest>)
        foreach(part IN LISTS parts)
            string(MAKE_C_IDENTIFIER ${part} unit)
            target_sources(simulation_with_${bug} PRIVATE $<TARGET_OBJECTS:simulation_${unit}>)
        endforeach()
        set_target_properties(simulation_with_${bug} PROPERTIES LINKER_LANGUAGE CXX)
        target_link_libraries(simulation_with_${bug} PRIVATE Boost::json Boost::url Threads::Threads)
    endforeach()
    add_test(NAME simulation.planted_bugs
             COMMAND ${planting} find --include ${PROJECT_SOURCE_DIR}/include --work ${planted}
                     --build ${CMAKE_COMMAND} ${PROJECT_BINARY_DIR} --programs $<TARGET_FILE_DIR:simulation_tests>
                     --count ${FANFARE_SIMULATION_SCHEDULES})
    set_tests_properties(simulation.planted_bugs PROPERTIES
        LABELS simulation RUN_SERIAL ON TIMEOUT 1500 ENVIRONMENT PYTHONDONTWRITEBYTECODE=1)
endif()

# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
# simulation_tests: hubs on a virtual clock, header-only. A schedule that breaks the law is named with the command that
# runs it again.

set(FANFARE_SIMULATION_SCHEDULES 30000 CACHE STRING "Schedules that the simulation's test runs")
set(schedules ${FANFARE_SIMULATION_SCHEDULES})
if(CMAKE_CXX_FLAGS MATCHES "-fsanitize")
    math(EXPR schedules "${schedules} / 10")
endif()

# They compute: also where nothing else is optimised they are.
function(fanfare_simulation name)
    add_executable(${name} ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/simulation.cpp)
    target_compile_options(${name} PRIVATE $<$<AND:$<CONFIG:Debug>,$<CXX_COMPILER_ID:GNU,Clang,AppleClang>>:-O1>)
    fanfare_warnings(${name})
endfunction()

fanfare_simulation(simulation_tests)
target_link_libraries(simulation_tests PRIVATE fanfare::fanfare)
add_test(NAME simulation.schedules COMMAND simulation_tests --count ${schedules})
set_tests_properties(simulation.schedules PROPERTIES LABELS simulation TIMEOUT 600 COST 100)

# Does it find bugs? Some are planted in copies of the headers. Not under sanitizers: it would show nothing more.
if(NOT CMAKE_CXX_FLAGS MATCHES "-fsanitize")
    set(planting ${FANFARE_PYTHON} ${CMAKE_CURRENT_LIST_DIR}/planted.py)
    set(planted ${CMAKE_CURRENT_BINARY_DIR}/planted)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/planted.py)
    execute_process(COMMAND ${planting} names OUTPUT_VARIABLE bugs COMMAND_ERROR_IS_FATAL ANY)
    string(REGEX MATCHALL "[^\n]+" bugs "${bugs}")
    foreach(bug IN LISTS bugs)
        fanfare_simulation(simulation_with_${bug})
        set_target_properties(simulation_with_${bug} PROPERTIES EXCLUDE_FROM_ALL ON)
        target_compile_features(simulation_with_${bug} PRIVATE cxx_std_20)
        target_include_directories(simulation_with_${bug} PRIVATE ${planted}/${bug})
        target_link_libraries(simulation_with_${bug} PRIVATE Boost::headers Boost::json Threads::Threads)
        target_compile_options(simulation_with_${bug} PRIVATE $<$<CXX_COMPILER_ID:GNU,Clang,AppleClang>:-g0>)
    endforeach()
    add_test(NAME simulation.planted_bugs
             COMMAND ${planting} find --include ${PROJECT_SOURCE_DIR}/include --work ${planted}
                     --build ${CMAKE_COMMAND} ${PROJECT_BINARY_DIR} --programs $<TARGET_FILE_DIR:simulation_tests>
                     --count ${FANFARE_SIMULATION_SCHEDULES})
    set_tests_properties(simulation.planted_bugs PROPERTIES
        LABELS simulation RUN_SERIAL ON TIMEOUT 1500 ENVIRONMENT PYTHONDONTWRITEBYTECODE=1)
endif()

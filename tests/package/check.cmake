# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
# Configures and builds a project that uses Fanfare in the given WAY, and runs its programs. See package.cmake.

set(work ${WORK}/${WAY})
set(project ${SOURCE}/tests/package)
set(programs use_header_only use_compiled only_publishes)
file(REMOVE_RECURSE ${work})

function(run)
    execute_process(COMMAND ${ARGN} COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
endfunction()

if(WAY STREQUAL "subproject")
    set(arguments -DFANFARE_SOURCE=${SOURCE})
else()
    run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${work}/prefix)
    set(arguments -DCMAKE_PREFIX_PATH=${work}/prefix -DFANFARE_VERSION=${VERSION})
endif()
if(WAY STREQUAL "conan_example")
    set(project ${SOURCE}/cmake/packaging/conan/test_package)
    set(programs example)
endif()

set(configure ${CMAKE_COMMAND} -S ${project} -G ${GENERATOR}
    -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG=-O0
    -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER}
    -DCMAKE_CXX_FLAGS=${FLAGS} -DBoost_DIR=${Boost_DIR} ${arguments})
run(${configure} -B ${work}/build)
run(${CMAKE_COMMAND} --build ${work}/build)
foreach(program IN LISTS programs)
    run(${work}/build/${program})
endforeach()

if(WAY STREQUAL "installed")
    # Both targets in one program.
    execute_process(COMMAND ${configure} -B ${work}/mixed -DMIX=ON RESULT_VARIABLE failed ERROR_VARIABLE said OUTPUT_QUIET)
    if(NOT failed OR NOT said MATCHES "FANFARE_BODIES")
        message(FATAL_ERROR "fanfare::fanfare and fanfare::compiled in one program are not refused: ${said}")
    endif()
    # What a program does not use of the static library it does not hold.
    find_program(nm nm REQUIRED)
    execute_process(COMMAND ${nm} -C ${work}/build/only_publishes OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
    foreach(held IN ITEMS "fanfare::any_bus" "fanfare::detail::hub_core")
        if(NOT symbols MATCHES "${held}")
            message(FATAL_ERROR "nm does not show what is there: ${held}")
        endif()
    endforeach()
    foreach(unused IN ITEMS "fanfare::redis" "fanfare::sqlite" "fanfare::http_api" "boost::beast::http" "redisAsync" "sqlite3_")
        if(symbols MATCHES "${unused}")
            message(FATAL_ERROR "A program that only publishes holds ${unused}")
        endif()
    endforeach()
endif()

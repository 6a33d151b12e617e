# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
# Configures and builds a project that uses Fanfare in the given WAY, and runs its programs. See package.cmake.

set(work ${WORK}/${WAY})
set(project ${SOURCE}/tests/package)
set(programs use_header_only use_compiled)
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

run(${CMAKE_COMMAND} -S ${project} -B ${work}/build -G ${GENERATOR}
    -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG=-O0
    -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER}
    -DCMAKE_CXX_FLAGS=${FLAGS} -DBoost_DIR=${Boost_DIR} ${arguments})
run(${CMAKE_COMMAND} --build ${work}/build)
foreach(program IN LISTS programs)
    run(${work}/build/${program})
endforeach()

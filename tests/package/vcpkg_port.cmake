# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
# Runs the overlay port's portfile.cmake without vcpkg: the functions it calls do here what vcpkg documents of them,
# for the parts that the port relies on. A call that vcpkg does not have, or a wrong path in the port, fails. What is
# built is only looked for, so nothing is optimised.

set(work ${WORK}/vcpkg_port)
set(CURRENT_PACKAGES_DIR ${work}/package)
file(REMOVE_RECURSE ${work})

function(run)
    execute_process(COMMAND ${ARGN} COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
endfunction()

# The features are those of the build that this test belongs to.
function(vcpkg_check_features)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "OUT_FEATURE_OPTIONS" "FEATURES")
    set(options)
    while(arg_FEATURES)
        list(POP_FRONT arg_FEATURES feature option)
        if(DEFINED ${option})
            list(APPEND options -D${option}=${${option}})
        else()
            message(FATAL_ERROR "The port's feature ${feature} sets ${option}, which Fanfare does not have")
        endif()
    endwhile()
    set(${arg_OUT_FEATURE_OPTIONS} ${options} PARENT_SCOPE)
endfunction()

function(vcpkg_cmake_configure)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "SOURCE_PATH" "OPTIONS")
    run(${CMAKE_COMMAND} -S ${arg_SOURCE_PATH} -B ${work}/build -G ${GENERATOR} ${arg_OPTIONS}
        -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE=-O0
        -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER}
        -DCMAKE_CXX_FLAGS=${FLAGS} -DBoost_DIR=${Boost_DIR}
        -DCMAKE_INSTALL_PREFIX=${CURRENT_PACKAGES_DIR})
endfunction()

function(vcpkg_cmake_install)
    run(${CMAKE_COMMAND} --build ${work}/build --target install)
endfunction()

function(vcpkg_cmake_config_fixup)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "CONFIG_PATH" "")
    if(NOT EXISTS ${CURRENT_PACKAGES_DIR}/${arg_CONFIG_PATH}/fanfareConfig.cmake)
        message(FATAL_ERROR "No package files in ${arg_CONFIG_PATH}")
    endif()
endfunction()

function(vcpkg_install_copyright)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "" "FILE_LIST")
    file(COPY ${arg_FILE_LIST} DESTINATION ${CURRENT_PACKAGES_DIR}/share/fanfare)
endfunction()

include(${SOURCE}/cmake/packaging/vcpkg/ports/fanfare/portfile.cmake)

foreach(file IN ITEMS include/fanfare/version.hpp lib/libfanfare.a share/fanfare/LICENSE)
    if(NOT EXISTS ${CURRENT_PACKAGES_DIR}/${file})
        message(FATAL_ERROR "The port did not install ${file}")
    endif()
endforeach()

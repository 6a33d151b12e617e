# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
# A separate small project uses Fanfare: installed, through find_package, and as a subproject. Each compiles one file at
# a time, a gigabyte of memory, so that ctest --parallel decides how many there are.

# These have no precompiled headers: of the launcher (cmake/top_level.cmake) they take ccache alone.
set(package_launcher)
if(CMAKE_CXX_COMPILER_LAUNCHER)
    list(GET CMAKE_CXX_COMPILER_LAUNCHER -1 package_launcher)
endif()

function(fanfare_package_test name)
    add_test(NAME package.${name} COMMAND ${ARGN})
    set_tests_properties(package.${name} PROPERTIES LABELS package TIMEOUT 900 PROCESSORS 2
        ENVIRONMENT CMAKE_BUILD_PARALLEL_LEVEL=1)
endfunction()

set(tools
    -DSOURCE=${PROJECT_SOURCE_DIR}
    -DBUILD=${PROJECT_BINARY_DIR}
    -DWORK=${CMAKE_CURRENT_BINARY_DIR}/package
    -DVERSION=${PROJECT_VERSION}
    -DGENERATOR=${CMAKE_GENERATOR}
    -DCOMPILER=${CMAKE_CXX_COMPILER}
    -DLAUNCHER=${package_launcher}
    -DFLAGS=${CMAKE_CXX_FLAGS}
    -DBoost_DIR=${Boost_DIR}
    -DFANFARE_WITH_REDIS=${FANFARE_WITH_REDIS}
    -DFANFARE_WITH_SQLITE=${FANFARE_WITH_SQLITE}
    -DFANFARE_WITH_SSL=${FANFARE_WITH_SSL})

foreach(way IN ITEMS installed subproject conan_example)
    fanfare_package_test(${way} ${CMAKE_COMMAND} -DWAY=${way} ${tools} -P ${CMAKE_CURRENT_LIST_DIR}/check.cmake)
endforeach()
# What it looks for are symbols of glibc, and of libstdc++ since GCC 12.
check_cxx_source_compiles("
    #include <cstdlib>
    #if !defined(__GLIBC__) || !defined(_GLIBCXX_RELEASE) || _GLIBCXX_RELEASE < 12
    #error
    #endif
    int main() {}" FANFARE_SHOWS_HARDENING)
if(fanfare_hardening_link AND FANFARE_SHOWS_HARDENING AND CMAKE_READELF AND TARGET echo_server)
    fanfare_package_test(hardening ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:echo_server> -DREADELF=${CMAKE_READELF}
        "-DFORTIFIED=$<IN_LIST:-U_FORTIFY_SOURCE,$<TARGET_PROPERTY:echo_server,COMPILE_OPTIONS>>"
        -P ${CMAKE_CURRENT_LIST_DIR}/hardening.cmake)
endif()
fanfare_package_test(vcpkg_port ${CMAKE_COMMAND} ${tools} -P ${CMAKE_CURRENT_LIST_DIR}/vcpkg_port.cmake)
fanfare_package_test(metadata ${FANFARE_PYTHON} -B ${CMAKE_CURRENT_LIST_DIR}/check_metadata.py ${PROJECT_SOURCE_DIR})

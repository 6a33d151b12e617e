# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
# fanfare::fanfare is the header-only library; fanfare::compiled holds the non-template bodies in a static library.

include(GNUInstallDirs)

# What both are made of.
add_library(fanfare_headers INTERFACE)
set_target_properties(fanfare_headers PROPERTIES EXPORT_NAME headers)
target_compile_features(fanfare_headers INTERFACE cxx_std_20)
target_include_directories(fanfare_headers INTERFACE
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_link_libraries(fanfare_headers INTERFACE Boost::headers Boost::json Boost::url Threads::Threads)
if(FANFARE_WITH_REDIS)
    target_link_libraries(fanfare_headers INTERFACE hiredis::hiredis)
    target_compile_definitions(fanfare_headers INTERFACE FANFARE_WITH_REDIS)
endif()
if(FANFARE_WITH_SQLITE)
    target_link_libraries(fanfare_headers INTERFACE SQLite3::SQLite3)
    target_compile_definitions(fanfare_headers INTERFACE FANFARE_WITH_SQLITE)
endif()
if(FANFARE_WITH_SSL)
    target_link_libraries(fanfare_headers INTERFACE OpenSSL::SSL)
    target_compile_definitions(fanfare_headers INTERFACE FANFARE_WITH_SSL)
endif()

# Header-only and compiled code must not meet in one program: CMake refuses a target that is to use both.
function(fanfare_bodies_are target where)
    set_target_properties(${target} PROPERTIES
        INTERFACE_FANFARE_BODIES ${where} COMPATIBLE_INTERFACE_STRING FANFARE_BODIES)
endfunction()

add_library(fanfare INTERFACE)
add_library(fanfare::fanfare ALIAS fanfare)
target_link_libraries(fanfare INTERFACE fanfare_headers)
fanfare_bodies_are(fanfare header_only)

# A unit for each part of src.hpp: a program holds only those that it uses.
set(fanfare_parts core connections server)
if(FANFARE_WITH_REDIS)
    list(APPEND fanfare_parts redis)
endif()
if(FANFARE_WITH_SQLITE)
    list(APPEND fanfare_parts sqlite)
endif()
if(FANFARE_WITH_SSL)
    list(APPEND fanfare_parts jwt tls)
endif()
add_library(fanfare_compiled STATIC)
foreach(part IN LISTS fanfare_parts)
    file(CONFIGURE OUTPUT fanfare_${part}.cpp CONTENT "#include <fanfare/src/${part}.hpp>\n")
    target_sources(fanfare_compiled PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/fanfare_${part}.cpp)
endforeach()
add_library(fanfare::compiled ALIAS fanfare_compiled)
# With position-independent code, shared libraries and plugins can hold it.
set_target_properties(fanfare_compiled PROPERTIES OUTPUT_NAME fanfare EXPORT_NAME compiled
    POSITION_INDEPENDENT_CODE ON)
target_link_libraries(fanfare_compiled PUBLIC fanfare_headers)
# With --gc-sections a program drops what it does not use of a part, too.
target_compile_options(fanfare_compiled PRIVATE
    $<$<CXX_COMPILER_ID:GNU,Clang,AppleClang>:-ffunction-sections -fdata-sections>)
fanfare_bodies_are(fanfare_compiled compiled)
target_compile_definitions(fanfare_compiled PUBLIC FANFARE_SEPARATE_COMPILATION)
if(NOT FANFARE_INSTALL)
    set_target_properties(fanfare_compiled PROPERTIES EXCLUDE_FROM_ALL ON)
endif()

# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
# fanfare::fanfare is the header-only library; fanfare::compiled holds the non-template bodies in a static library.

include(GNUInstallDirs)

add_library(fanfare INTERFACE)
add_library(fanfare::fanfare ALIAS fanfare)
target_compile_features(fanfare INTERFACE cxx_std_20)
target_include_directories(fanfare INTERFACE
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_link_libraries(fanfare INTERFACE Boost::headers Boost::json Boost::url Threads::Threads)
if(FANFARE_WITH_REDIS)
    target_link_libraries(fanfare INTERFACE hiredis::hiredis)
    target_compile_definitions(fanfare INTERFACE FANFARE_WITH_REDIS)
endif()
if(FANFARE_WITH_SQLITE)
    target_link_libraries(fanfare INTERFACE SQLite3::SQLite3)
    target_compile_definitions(fanfare INTERFACE FANFARE_WITH_SQLITE)
endif()
if(FANFARE_WITH_SSL)
    target_link_libraries(fanfare INTERFACE OpenSSL::SSL)
    target_compile_definitions(fanfare INTERFACE FANFARE_WITH_SSL)
endif()

file(CONFIGURE OUTPUT fanfare.cpp CONTENT "#include <fanfare/src.hpp>\n")
add_library(fanfare_compiled STATIC ${CMAKE_CURRENT_BINARY_DIR}/fanfare.cpp)
add_library(fanfare::compiled ALIAS fanfare_compiled)
# With position-independent code, shared libraries and plugins can hold it.
set_target_properties(fanfare_compiled PROPERTIES OUTPUT_NAME fanfare EXPORT_NAME compiled
    POSITION_INDEPENDENT_CODE ON)
target_link_libraries(fanfare_compiled PUBLIC fanfare)
# Header-only and compiled code must not meet in one program: the definition travels with the target.
target_compile_definitions(fanfare_compiled PUBLIC FANFARE_SEPARATE_COMPILATION)
if(NOT FANFARE_INSTALL)
    set_target_properties(fanfare_compiled PROPERTIES EXCLUDE_FROM_ALL ON)
endif()

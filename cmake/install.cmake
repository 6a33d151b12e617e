# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
# Installs the headers, the static library and the files that find_package(fanfare) reads.

include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/fanfare)

install(DIRECTORY include/fanfare DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/licenses/fanfare)
install(TARGETS fanfare_headers fanfare fanfare_compiled EXPORT fanfare_targets)
install(EXPORT fanfare_targets FILE fanfareTargets.cmake NAMESPACE fanfare:: DESTINATION ${package_dir})

# While the version is 0.x every minor version may break its users.
if(PROJECT_VERSION_MAJOR EQUAL 0)
    set(compatibility SameMinorVersion)
else()
    set(compatibility SameMajorVersion)
endif()
write_basic_package_version_file(fanfareConfigVersion.cmake COMPATIBILITY ${compatibility})
configure_package_config_file(cmake/fanfareConfig.cmake.in fanfareConfig.cmake INSTALL_DESTINATION ${package_dir})
install(FILES
    ${CMAKE_CURRENT_BINARY_DIR}/fanfareConfig.cmake
    ${CMAKE_CURRENT_BINARY_DIR}/fanfareConfigVersion.cmake
    cmake/find_boost.cmake
    cmake/find_hiredis.cmake
    cmake/find_sqlite.cmake
    DESTINATION ${package_dir})

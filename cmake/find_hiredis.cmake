# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
# Finds hiredis 0.14.1 or later, for this project and (installed beside fanfareConfig.cmake) for projects that use it:
# the target hiredis::hiredis, if it is there. hiredis 1.x brings its own package files; Debian's 0.14.1 has none that
# name a target, and is found by its header.

if(NOT TARGET hiredis::hiredis)
    find_package(hiredis QUIET CONFIG)
endif()
if(NOT TARGET hiredis::hiredis)
    find_package(PkgConfig QUIET)
    if(PkgConfig_FOUND)
        pkg_check_modules(fanfare_pc_hiredis QUIET hiredis)
    endif()
    # The prefix, not pkg-config's own folder: that one ends in hiredis/, and the header is <hiredis/hiredis.h>.
    find_path(FANFARE_HIREDIS_INCLUDE_DIR hiredis/hiredis.h HINTS ${fanfare_pc_hiredis_PREFIX}/include)
    find_library(FANFARE_HIREDIS_LIBRARY hiredis HINTS ${fanfare_pc_hiredis_LIBRARY_DIRS})
    mark_as_advanced(FANFARE_HIREDIS_INCLUDE_DIR FANFARE_HIREDIS_LIBRARY)
    if(FANFARE_HIREDIS_INCLUDE_DIR AND FANFARE_HIREDIS_LIBRARY)
        add_library(hiredis::hiredis UNKNOWN IMPORTED)
        set_target_properties(hiredis::hiredis PROPERTIES
            IMPORTED_LOCATION "${FANFARE_HIREDIS_LIBRARY}"
            INTERFACE_INCLUDE_DIRECTORIES "${FANFARE_HIREDIS_INCLUDE_DIR}")
    endif()
endif()

# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
# Finds SQLite 3.24 or later, for this project and (installed beside fanfareConfig.cmake) for projects that use it:
# the target SQLite3::SQLite3, if it is there. CMake before 4.3 has it as SQLite::SQLite3.

if(NOT TARGET SQLite3::SQLite3)
    find_package(SQLite3 3.24 QUIET)
endif()
if(NOT TARGET SQLite3::SQLite3 AND TARGET SQLite::SQLite3)
    add_library(SQLite3::SQLite3 INTERFACE IMPORTED)
    set_target_properties(SQLite3::SQLite3 PROPERTIES INTERFACE_LINK_LIBRARIES SQLite::SQLite3)
endif()

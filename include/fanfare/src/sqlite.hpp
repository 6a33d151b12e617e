// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_SRC_SQLITE_HPP
#define FANFARE_SRC_SQLITE_HPP

// What keeps files with SQLite. A part of src.hpp, to be compiled by itself.
#if !defined(FANFARE_SEPARATE_COMPILATION)
#error "for separate compilation: define FANFARE_SEPARATE_COMPILATION, or link to fanfare::compiled"
#endif

#if defined(FANFARE_WITH_SQLITE)
#include <fanfare/detail/sqlite/database.ipp>
#include <fanfare/detail/sqlite/history.ipp>
#include <fanfare/detail/sqlite/inbox_tables.ipp>
#include <fanfare/detail/sqlite/worker.ipp>
#include <fanfare/inbox/sqlite.ipp>
#include <fanfare/sqlite/options.ipp>
#include <fanfare/store/sqlite.ipp>
#endif

#endif

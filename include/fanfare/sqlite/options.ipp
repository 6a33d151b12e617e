// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_SQLITE_OPTIONS_IPP
#define FANFARE_SQLITE_OPTIONS_IPP

#include <fanfare/sqlite/options.hpp>

#include <sqlite3.h>

#include <string>

namespace fanfare {
namespace detail {

class sqlite_category_impl final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "sqlite"; }
    std::string message(int value) const override { return ::sqlite3_errstr(value); }
};

} // namespace detail

FANFARE_DECL const boost::system::error_category& sqlite_category() noexcept
{
    static const detail::sqlite_category_impl category;
    return category;
}

} // namespace fanfare

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_BASE_FILE_STAMP_HPP
#define FANFARE_DETAIL_BASE_FILE_STAMP_HPP

#include <cstdint>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

namespace fanfare::detail {

/// What tells that a file is another one than before: its time of change, and its size.
using file_stamp = std::pair<std::filesystem::file_time_type, std::uintmax_t>;

/// Of a file that is not there it is a stamp of its own. Does not throw.
inline file_stamp stamp_of(const std::string& file)
{
    std::error_code none;
    const auto time = std::filesystem::last_write_time(file, none);
    return {time, std::filesystem::file_size(file, none)};
}

} // namespace fanfare::detail

#endif

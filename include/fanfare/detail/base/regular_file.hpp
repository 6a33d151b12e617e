// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_BASE_REGULAR_FILE_HPP
#define FANFARE_DETAIL_BASE_REGULAR_FILE_HPP

#include <fanfare/config.hpp>

#include <string>

namespace fanfare::detail {

/// Why `file` cannot be read as a regular file, in words; empty if it can. Anything else is a fault: to open a pipe
/// would wait for its writer, and what comes from a pipe or a device is not there any more when it is read again.
std::string fault_of_file(const std::string& file);

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/base/regular_file.ipp>
#endif

#endif

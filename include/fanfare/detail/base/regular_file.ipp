// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_BASE_REGULAR_FILE_IPP
#define FANFARE_DETAIL_BASE_REGULAR_FILE_IPP

#include <fanfare/detail/base/regular_file.hpp>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

namespace fanfare::detail {

FANFARE_DECL std::string fault_of_file(const std::string& file)
{
    std::error_code ec;
    const auto status = std::filesystem::status(file, ec);
    switch (status.type()) {
    case std::filesystem::file_type::regular: break;
    case std::filesystem::file_type::not_found: return "there is no such file";
    case std::filesystem::file_type::none: return ec.message();
    case std::filesystem::file_type::directory: return "it is a directory";
    case std::filesystem::file_type::fifo: return "it is a pipe, and must be a regular file";
    default: return "it is not a regular file";
    }
    errno = 0;
    auto* opened = std::fopen(file.c_str(), "rb");
    if (!opened)
        return std::generic_category().message(errno);
    static_cast<void>(std::fclose(opened)); // nothing was written
    return {};
}

} // namespace fanfare::detail

#endif

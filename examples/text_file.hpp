// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_EXAMPLES_TEXT_FILE_HPP
#define FANFARE_EXAMPLES_TEXT_FILE_HPP

#include <cstddef>
#include <fstream>
#include <stdexcept>
#include <string>

namespace demo {

/// A small text file. Throws `std::invalid_argument` naming it.
inline std::string read_text(const std::string& file)
{
    constexpr std::size_t limit = 4 * 1024 * 1024;
    std::ifstream in{file, std::ios::binary};
    std::string text;
    char part[4096];
    while (text.size() <= limit && (in.read(part, sizeof part), in.gcount() > 0))
        text.append(part, static_cast<std::size_t>(in.gcount()));
    if (!in.eof())
        throw std::invalid_argument{file + (text.size() > limit ? ": above 4 MiB" : ": cannot be read")};
    return text;
}

} // namespace demo

#endif

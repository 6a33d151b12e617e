// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_EXAMPLES_JSON_FILE_HPP
#define FANFARE_EXAMPLES_JSON_FILE_HPP

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <boost/system/error_code.hpp>

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

inline boost::json::value read_json(const std::string& file)
{
    boost::system::error_code ec;
    auto value = boost::json::parse(read_text(file), ec);
    if (ec)
        throw std::invalid_argument{file + ": not JSON: " + ec.message()};
    return value;
}

} // namespace demo

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_EXAMPLES_JSON_FILE_HPP
#define FANFARE_EXAMPLES_JSON_FILE_HPP

#include "../../text_file.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <boost/system/error_code.hpp>

#include <stdexcept>
#include <string>

namespace demo {

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

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_EXAMPLES_PLAIN_NAME_HPP
#define FANFARE_EXAMPLES_PLAIN_NAME_HPP

#include <algorithm>
#include <string_view>

namespace demo {

/// What a device or a group may be called: 1 to 64 ASCII letters, digits, '.', '_' and '-', whatever the locale.
inline bool is_plain_name(std::string_view name)
{
    return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        return letter || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
    });
}

} // namespace demo

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_EXAMPLES_DEVICE_GROUPS_HPP
#define FANFARE_EXAMPLES_DEVICE_GROUPS_HPP

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace demo {

/// Which groups a device belongs to. The application says so, never the device: what a payload claims is not looked at.
///
/// Without a table, a device is in one group, the part of its id before the last '-': `boiler-017` is a `boiler`. With
/// one, it is in the groups of every entry that fits, and in none if none fits.
class device_groups {
public:
    device_groups() = default;
    /// Reads `{"boiler-*": ["boilers", "hall-1"], "gate": ["entrance"]}`: an id, or its beginning and '*'.
    /// Throws `std::invalid_argument` naming what is wrong.
    explicit device_groups(const std::string& file);

    std::vector<std::string> of(std::string_view device) const;

private:
    struct entry {
        std::string id;
        bool is_prefix = false;
        std::vector<std::string> groups{};
    };
    bool by_name_ = true;
    std::vector<entry> entries_;
};

} // namespace demo

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_ACKNOWLEDGEMENT_HPP
#define FANFARE_ACKNOWLEDGEMENT_HPP

#include <fanfare/config.hpp>

#include <chrono>
#include <cstddef>
#include <string>

namespace fanfare {

/// A device has confirmed a message that was sent to its user.
struct acknowledgement {
    /// The connection that confirmed first.
    std::string connection_id{};
    /// The user that it was sent to.
    std::string user_id{};
    /// When the publishing hub received the confirmation.
    std::chrono::system_clock::time_point at{};
    /// How many connections the user had on the publishing hub when it was sent. Those on other hubs are not counted.
    std::size_t devices = 0;
};

} // namespace fanfare

#endif

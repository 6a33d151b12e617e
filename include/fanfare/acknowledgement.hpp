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
    std::string user_id{};
    /// When the publishing hub heard of it.
    std::chrono::system_clock::time_point at{};
    /// Connections of the user on the publishing hub when it was sent. Those of other hubs are not counted.
    std::size_t devices = 0;
};

} // namespace fanfare

#endif

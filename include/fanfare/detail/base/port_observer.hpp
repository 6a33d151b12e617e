// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_BASE_PORT_OBSERVER_HPP
#define FANFARE_DETAIL_BASE_PORT_OBSERVER_HPP

#include <fanfare/config.hpp>

#include <exception>
#include <functional>
#include <memory>

namespace fanfare::detail {

struct port_metrics;

/// Is told what an application's bus or store has thrown, in the thread that called it.
using exception_sink = std::function<void(const std::exception_ptr&)>;

/// Who looks at the calls of a port for a hub: is told what it throws, and counts its answers. Empty: nobody.
struct port_observer {
    exception_sink thrown{};
    std::shared_ptr<port_metrics> metrics{};
};

} // namespace fanfare::detail

#endif

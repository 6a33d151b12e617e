// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_BUS_IPP
#define FANFARE_BUS_IPP

#include <fanfare/bus.hpp>
#include <fanfare/detail/base/port_call.hpp>
#include <fanfare/error.hpp>

#include <exception>
#include <memory>
#include <utility>

namespace fanfare {

FANFARE_DECL bus_receipt any_bus::publish(const bus_message& message, bus_done done)
{
    if (done)
        return publish_and_tell(message, std::move(done));
    try {
        return held_->publish(message, {});
    } catch (...) {
        return failed(std::current_exception());
    }
}

FANFARE_DECL bus_receipt any_bus::publish_and_tell(const bus_message& message, bus_done done)
{
    const auto answer = std::make_shared<detail::port_answer<const bus_receipt&>>(
        std::move(done), bus_receipt{.error = error::delivery_unknown});
    try {
        auto taken = held_->publish(message, detail::handler_of(answer));
        if (taken.error && !answer->forget())
            taken.error = {}; // what it has told stands
        return taken;
    } catch (...) {
        const bool told = !answer->forget();
        const auto fate = failed(std::current_exception());
        return told ? bus_receipt{} : fate;
    }
}

FANFARE_DECL bus_receipt any_bus::failed(const std::exception_ptr& cause) const
{
    if (thrown_)
        thrown_(cause);
    return {.error = error::delivery_unknown};
}

} // namespace fanfare

#endif

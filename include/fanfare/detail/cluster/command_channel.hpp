// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_CLUSTER_COMMAND_CHANNEL_HPP
#define FANFARE_DETAIL_CLUSTER_COMMAND_CHANNEL_HPP

#include <fanfare/bus.hpp>
#include <fanfare/config.hpp>
#include <fanfare/detail/wire/envelope.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/system/error_code.hpp>

#include <string>
#include <utility>

namespace fanfare::detail {

/// Sends commands, which are JSON objects, to all hubs of the bus, the sender included. Thread-safe.
class command_channel {
public:
    /// `origin` is the hub, as the bus sees it.
    command_channel(any_bus& bus, const bus_sink& origin) : bus_{bus}, origin_{origin} {}

    /// The error is the bus's: the command was not sent. `done`, if any, is told the fate of one that was taken.
    error_code send(const json::object& command, bus_done done = {}) const
    {
        std::string text;
        append_json(text, json::value(command));
        return bus_
            .publish({.what = bus_message::kind::control, .body = text, .origin = &origin_}, std::move(done))
            .error;
    }

private:
    any_bus& bus_;
    const bus_sink& origin_;
};

} // namespace fanfare::detail

#endif

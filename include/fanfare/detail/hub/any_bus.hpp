// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HUB_ANY_BUS_HPP
#define FANFARE_DETAIL_HUB_ANY_BUS_HPP

#include <fanfare/bus.hpp>
#include <fanfare/config.hpp>

#include <string_view>
#include <utility>

namespace fanfare::detail {

/// A bus behind virtual functions, so that the hub's code is compiled once for all buses.
class any_bus {
public:
    virtual ~any_bus() = default;
    virtual void attach(bus_sink& sink) = 0;
    virtual void detach(bus_sink& sink) = 0;
    virtual bus_receipt publish(const bus_message& message, bus_done done) = 0;
    virtual bool join(bus_sink& sink, std::string_view room) = 0;
    virtual void leave(bus_sink& sink, std::string_view room) = 0;
    virtual bool between_processes() const noexcept = 0;
};

template <bus B>
class bus_holder final : public any_bus {
public:
    explicit bus_holder(B b) : bus_{std::move(b)} {}
    void attach(bus_sink& sink) override { bus_.attach(sink); }
    void detach(bus_sink& sink) override { bus_.detach(sink); }
    bus_receipt publish(const bus_message& message, bus_done done) override
    {
        return bus_.publish(message, std::move(done));
    }
    bool join(bus_sink& sink, std::string_view room) override { return bus_.join(sink, room); }
    void leave(bus_sink& sink, std::string_view room) override { bus_.leave(sink, room); }
    bool between_processes() const noexcept override
    {
        if constexpr (requires { B::between_processes; })
            return B::between_processes;
        else
            return false;
    }

private:
    B bus_;
};

} // namespace fanfare::detail

#endif

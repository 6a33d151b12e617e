// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_BENCHMARKS_BENCH_NODE_HPP
#define FANFARE_BENCHMARKS_BENCH_NODE_HPP

// A hub with a server, whatever its bus.

#include "bench_envelope.hpp"

#include <fanfare/fanfare.hpp>
#include <fanfare/server.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <utility>

namespace bench {

/// A hub on any bus, and its server.
template <class Bus>
class node {
public:
    node(asio::io_context& ioc, Bus bus, fanfare::server_options serving = {})
        : hub_{ioc.get_executor(), std::move(bus), options()}, server_{hub_, local(std::move(serving))}
    {}

    fanfare::hub<Bus>& hub() { return hub_; }
    unsigned short port() const { return server_.port(); }

    void publish(std::uint64_t sequence, std::size_t size)
    {
        if (const auto receipt = room_.publish("bench", next_.payload(sequence, size)); !receipt)
            throw boost::system::system_error{receipt.error};
    }

private:
    static fanfare::hub_options options()
    {
        fanfare::hub_options o;
        o.executors_are_serial = true;
        o.outbox_messages = 1'000'000; // a burst must not close a receiver
        o.outbox_bytes = 256 * 1024 * 1024;
        return o;
    }
    static fanfare::server_options local(fanfare::server_options o)
    {
        o.address = "127.0.0.1";
        o.port = 0;
        return o;
    }

    fanfare::hub<Bus> hub_;
    fanfare::server server_;
    fanfare::room<> room_ = hub_.room("global");
    envelope next_{"global"};
};

/// Runs nothing else: `ioc` must not be running.
template <class Bus>
void wait_until_up(asio::io_context& ioc, const fanfare::hub<Bus>& hub)
{
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    while (!hub.status().up)
        if (ioc.run_one_until(deadline) == 0)
            throw std::runtime_error{"the bus did not come up within 30 s: " + hub.status().problem};
}

} // namespace bench

#endif

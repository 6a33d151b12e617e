// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTING_BUS_CONFORMANCE_HPP
#define FANFARE_TESTING_BUS_CONFORMANCE_HPP

#include <fanfare/detail/testing/bus_delivery_checks.hpp>
#include <fanfare/detail/testing/bus_subscription_checks.hpp>
#include <fanfare/detail/testing/bus_world.hpp>
#include <fanfare/detail/testing/check_list.hpp>
#include <fanfare/testing/check.hpp>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace fanfare::testing {

/// The checks of a bus against the clauses B1 and so on of docs/adapter_contracts.md.
///
/// `make(n)` makes the buses of `n` processes, or of what stands for them, connected and running, and answers a pointer
/// to them (`std::unique_ptr`, say) with `Bus& bus(std::size_t i)`. Each check asks for new ones, of its own channels:
/// nothing of an earlier check may arrive.
/// @code
/// for (const auto& check : fanfare::testing::bus_checks([](std::size_t n) { return std::make_unique<my_nodes>(n); }))
///     ... check.run() is empty
/// @endcode
template <class Make>
std::vector<check> bus_checks(Make make, const check_options& options = {})
{
    using nodes = decltype(make(std::size_t{}));
    using world = detail::bus_world<nodes>;
    detail::check_list<world, Make> all{std::move(make), options};
    all.add("what is sent to all reaches a sink as soon as it is attached", "B1", detail::check_attach<world>,
            std::size_t{2});
    all.add("detach means silence", "B1 B2", detail::check_detach<world>, std::size_t{2});
    all.add("who has joined hears everything", "B3", detail::check_join<world>, std::size_t{2});
    all.add("joins and leaves of many threads", "B3 B15", detail::check_joins_and_leaves<world>, std::size_t{2});
    all.add("several sinks share a bus", "B1 B4 B7 B9", detail::check_shared_bus<world>, std::size_t{2});
    all.add("one order a room on all nodes, each message once", "B5 B6 B7 B8 B15", detail::check_one_order<world>,
            std::size_t{3});
    all.add("what is refused reaches nobody", "B7 B8 B11", detail::check_refusal<world>, std::size_t{2});
    all.add("broadcasts and control reach all", "B5 B6 B9", detail::check_broadcasts_and_control<world>,
            std::size_t{3});
    all.add("body, key, except and position travel", "B7 B10", detail::check_content<world>, std::size_t{2});
    all.add("done is called once", "B7 B8 B11 B15", detail::check_done<world>, std::size_t{2});
    all.add("the other nodes are counted", "B11 B12", detail::check_nodes<world>, std::size_t{3});
    all.add("join and leave under a lock of the sink", "B14", detail::check_locks<world>, std::size_t{2});
    return all.take();
}

} // namespace fanfare::testing

#endif

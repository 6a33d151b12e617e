// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_HUB_EXECUTORS_HPP
#define FANFARE_HUB_EXECUTORS_HPP

#include <fanfare/config.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <concepts>
#include <initializer_list>
#include <utility>
#include <vector>

namespace fanfare {

/// The executors of a hub's shards: one executor, or 1 to 255 of them, each run by a thread of its own, say. The hub's
/// constructors take anything that converts to it.
class hub_executors {
public:
    /// One shard.
    template <std::convertible_to<asio::any_io_executor> Executor>
    hub_executors(Executor executor) : all_{asio::any_io_executor{std::move(executor)}}
    {}
    /// A shard for each executor.
    hub_executors(std::vector<asio::any_io_executor> executors) : all_{std::move(executors)} {}
    /// The same for one type of executors. `std::vector(4, ioc.get_executor())` are four shards of one context that
    /// several threads run. (`std::vector<any_io_executor>(4, ioc.get_executor())` is ambiguous to the compiler, as
    /// Asio's executors derive from allocators.)
    template <std::convertible_to<asio::any_io_executor> Executor>
    hub_executors(const std::vector<Executor>& executors) : all_(executors.begin(), executors.end())
    {}
    hub_executors(std::initializer_list<asio::any_io_executor> executors) : all_{executors} {}

    const std::vector<asio::any_io_executor>& all() const noexcept { return all_; }

private:
    std::vector<asio::any_io_executor> all_;
};

} // namespace fanfare

#endif

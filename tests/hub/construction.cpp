// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// What a hub can be made of: one executor or several, a bus, a store, options.
#include "support/world.hpp"

#include <fanfare/device.hpp>

#include <boost/asio/io_context.hpp>

#include <concepts>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

using namespace fanfare;

namespace {

using executors = std::vector<asio::any_io_executor>;

template <class Hub>
bool publishes(Hub& hub)
{
    return bool{hub.publish("global", "n", json::value(1))};
}

// Types that are neither a bus nor a store are no arguments of a hub.
static_assert(std::constructible_from<hub<>, asio::io_context::executor_type>);
static_assert(!std::constructible_from<hub<>, asio::io_context::executor_type, int>);
static_assert(!std::constructible_from<hub<>, asio::io_context&>);
static_assert(!std::copy_constructible<hub<>>);

} // namespace

TEST_CASE("a hub takes one executor or several, then a bus, a store and options, as far as they are given")
{
    asio::io_context ioc;
    const auto one = ioc.get_executor();
    const executors many{one, one};
    const hub_options options{.max_rooms = 3};
    const in_process_bus bus;
    const memory_store store;

    hub a{one};
    hub b{one, options};
    hub c{one, bus};
    hub d{one, bus, options};
    hub e{one, bus, store};
    hub f{one, bus, store, options};
    hub g{many};
    hub h{many, options};
    hub i{many, bus, store, options};
    hub<> j{{one, one}, {.max_rooms = 3}};
    hub k{one, any_bus{bus}, any_store{store}};
    static_assert(std::same_as<decltype(b), hub<>> && std::same_as<decltype(f), hub<>>);
    static_assert(std::same_as<decltype(h), hub<>> && std::same_as<decltype(i), hub<>>);
    static_assert(std::same_as<decltype(k), hub<any_bus, any_store>>);
    CHECK((publishes(a) && publishes(b) && publishes(c) && publishes(d) && publishes(e) && publishes(f)));
    CHECK((publishes(g) && publishes(h) && publishes(i) && publishes(j) && publishes(k)));
    CHECK(b.core()->options().max_rooms == 3);
    CHECK(i.core()->options().max_rooms == 3);
    CHECK(j.core()->shards.size() == 2);
}

TEST_CASE("a hub without an executor, or with one too many, is refused")
{
    asio::io_context ioc;
    CHECK_THROWS_AS(hub<>{executors{}}, std::invalid_argument);
    CHECK_THROWS_AS(hub<>{executors(256, asio::any_io_executor{ioc.get_executor()})}, std::invalid_argument);
}

TEST_CASE("a device publishes through a hub of any bus and store")
{
    asio::io_context ioc;
    hub at{ioc.get_executor(), any_bus{in_process_bus{}}, any_store{memory_store{}}};
    CHECK(device{at, "pump-1", {"cellar"}}.telemetry(json::object{{"bar", 3}}));
}

TEST_CASE("a hub takes a vector of one type of executors")
{
    asio::io_context ioc;
    const hub four{std::vector(4, ioc.get_executor())};
    CHECK(four.core()->shards.size() == 4);
}

TEST_CASE("a hub refuses an executor that is empty, wherever it stands")
{
    asio::io_context ioc;
    const asio::any_io_executor none;
    const auto refused = [](const executors& given) {
        try {
            const hub made{given};
        } catch (const std::invalid_argument& wrong) {
            return std::string{wrong.what()};
        }
        return std::string{};
    };
    CHECK(refused({none}) == "fanfare::hub: an executor is empty");
    CHECK(refused({ioc.get_executor(), none}) == "fanfare::hub: an executor is empty");
    CHECK(refused({}) == "fanfare::hub: needs 1 to 255 executors");
    CHECK_THROWS_AS(hub<>{none}, std::invalid_argument);
}

TEST_CASE("a payload in braces is JSON, whoever publishes it")
{
    asio::io_context ioc;
    hub h{ioc.get_executor()};
    CHECK(h.publish("global", "n", {{"a", 1}}));
    CHECK(h.room("global").publish("n", {{"a", 1}}));
    CHECK(h.broadcast("n", {{"a", 1}}));
    CHECK(h.send_to_user("ann", "n", {{"a", 1}}));
    CHECK(device{h, "d1"}.telemetry({{"celsius", 20.5}}));
}

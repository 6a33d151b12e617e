// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// any_bus and any_store: they pass on what they hold, and the store answers whatever it holds does.
#include "bus/conformance.hpp"
#include "support/catch.hpp"

#include <fanfare/bus.hpp>
#include <fanfare/bus/in_process.hpp>
#include <fanfare/error.hpp>
#include <fanfare/store.hpp>
#include <fanfare/store/memory.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <vector>

using namespace fanfare;

namespace {

struct handles {
    explicit handles(std::size_t n) : all(n, any_bus{in_process_bus{}}) {}
    any_bus& bus(std::size_t i) { return all[i]; }
    std::vector<any_bus> all; // copies: handles of one bus
};

struct throwing_store {
    void async_append(const history_append&, const append_done&) { throw std::runtime_error{"append"}; }
    void async_read(std::string_view, const history_query&, const history_done&)
    {
        throw std::runtime_error{"read"};
    }
};

struct forgetful_store {
    void async_append(const history_append&, const append_done&) {}
    void async_read(std::string_view, const history_query&, const history_done&) {}
};

struct foreign_store {
    static constexpr bool between_processes = false;
    void async_append(const history_append&, const append_done&) {}
    void async_read(std::string_view, const history_query&, const history_done& done)
    {
        done({}, {.top = {1, 2}, .messages = {{.offset = 2, .body = "not an envelope"}}});
    }
};

struct answers {
    std::vector<error_code> errors;
    std::vector<std::size_t> messages;
    history_done taker()
    {
        return [this](error_code ec, const history_page& page) {
            errors.push_back(ec);
            messages.push_back(page.messages.size());
        };
    }
};

const history_query all_of_it{.limit = 10, .limits = {.messages = 10}};

} // namespace

TEST_CASE("any_bus keeps the promises of the bus that it holds", "[bus]")
{
    test::bus_conformance([](std::size_t n) { return std::make_unique<handles>(n); });
    CHECK_FALSE(any_bus{});
    CHECK(any_bus{in_process_bus{}});
    CHECK_FALSE(any_bus{in_process_bus{}}.between_processes());
}

TEST_CASE("copies of any_store share what they keep", "[store]")
{
    any_store one{memory_store{}};
    any_store two = one;
    std::optional<append_answer> stored;
    one.async_append({.room = "chat:1", .message = {.body = "{}"}, .limits = {.messages = 10}},
                     [&](const append_answer& answer) { stored = answer; });
    REQUIRE(stored);
    CHECK_FALSE(stored->error);
    answers read;
    two.async_read("chat:1", all_of_it, read.taker());
    CHECK(read.errors == std::vector{error_code{}});
    CHECK(read.messages == std::vector<std::size_t>{1});
    CHECK_FALSE(any_store{});
}

TEST_CASE("an exception of a store becomes an answer of any_store", "[store]")
{
    any_store store{throwing_store{}};
    std::vector<error_code> appended;
    store.async_append({.room = "chat:1", .message = {.body = "{}"}, .limits = {.messages = 10}},
                       [&](const append_answer& answer) { appended.push_back(answer.error); });
    CHECK(appended == std::vector{error_code{error::store_failed}});
    answers read;
    store.async_read("chat:1", all_of_it, read.taker());
    CHECK(read.errors == std::vector{error_code{error::store_failed}});
    CHECK(store.between_processes());
}

TEST_CASE("a read that a store forgets is answered by any_store", "[store]")
{
    any_store store{forgetful_store{}};
    answers read;
    store.async_read("chat:1", all_of_it, read.taker());
    CHECK(read.errors == std::vector{error_code{error::store_failed}});
}

TEST_CASE("what another program wrote into a store is an error of any_store", "[store]")
{
    any_store store{foreign_store{}};
    answers read;
    store.async_read("chat:1", all_of_it, read.taker());
    CHECK(read.errors == std::vector{error_code{error::store_failed}});
    CHECK(read.messages == std::vector<std::size_t>{0});
    CHECK_FALSE(store.between_processes());
}

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_SUPPORT_WORLD_HPP
#define FANFARE_TESTS_SUPPORT_WORLD_HPP

#include "support/client.hpp" // a test that serves has clients

#include <fanfare/bus/in_process.hpp>
#include <fanfare/hub.hpp>
#include <fanfare/server.hpp>
#include <fanfare/store/memory.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace fanfare::test {

// Threads that run io_contexts, a hub on them with a shard each, and a server. Everything else the tests set up
// between `world w` and `w.serve()`.
template <class Bus, class Store = memory_store>
class basic_world {
public:
    explicit basic_world(hub_options options = {}, std::size_t shards = 1, Bus bus = {}, Store store = Store{})
    {
        std::vector<asio::any_io_executor> executors;
        for (std::size_t i = 0; i != shards; ++i) {
            contexts_.push_back(std::make_unique<asio::io_context>(1));
            guards_.emplace_back(contexts_.back()->get_executor());
            executors.emplace_back(contexts_.back()->get_executor());
        }
        hub_.emplace(executors, std::move(bus), std::move(store), options);
    }
    ~basic_world()
    {
        server_.reset();
        hub_.reset();
        stop();
    }
    basic_world(const basic_world&) = delete;
    basic_world& operator=(const basic_world&) = delete;

    fanfare::hub<Bus, Store>& hub() { return *hub_; }
    fanfare::server& server() { return *server_; }
    asio::io_context& context() { return *contexts_.front(); }
    std::uint16_t port() const { return server_->port(); }

    // Listens, without a thread that runs anything.
    void listen(server_options options = {})
    {
        if (options.listens && options.listeners.empty()) {
            options.address = "127.0.0.1";
            options.port = 0;
        }
        if (!options.authenticate)
            options.authenticate = [](const handshake_request& r) {
                return auth_result{identity{.user_id = r.query("user").value_or("")}};
            };
        server_.emplace(*hub_, std::move(options));
    }
    void run()
    {
        for (auto& c : contexts_)
            threads_.emplace_back([&c = *c] { c.run(); });
    }
    basic_world& serve(server_options options = {})
    {
        listen(std::move(options));
        run();
        return *this;
    }
    // What the hub leaves behind is destroyed with the contexts, in mid-flight.
    void stop()
    {
        for (auto& c : contexts_)
            c->stop();
        for (auto& t : threads_)
            t.join();
        threads_.clear();
    }
    void destroy_hub() { hub_.reset(); }
    void destroy_server() { server_.reset(); }

private:
    using guard = asio::executor_work_guard<asio::io_context::executor_type>;

    std::vector<std::unique_ptr<asio::io_context>> contexts_;
    std::vector<guard> guards_;
    std::optional<fanfare::hub<Bus, Store>> hub_;
    std::optional<fanfare::server> server_;
    std::vector<std::thread> threads_;
};
using world = basic_world<in_process_bus>;

// Two hubs with servers on one bus.
struct two_worlds {
    explicit two_worlds(std::size_t first_shards = 1, std::size_t second_shards = 1)
        : one{{}, first_shards, bus}, two{{}, second_shards, bus}
    {
        one.serve();
        two.serve();
    }
    in_process_bus bus;
    world one;
    world two;
};

} // namespace fanfare::test

#endif

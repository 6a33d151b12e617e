// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// The demo: a page that joins rooms and shows what arrives, this machine's live telemetry, and the HTTP side.
#include "credentials.hpp"
#include "hosts.hpp"
#include "options.hpp"
#include "page.hpp"
#include "self_telemetry.hpp"
#include "stores.hpp"
#include "tls.hpp"

#include <fanfare/fanfare.hpp>
#include <fanfare/server.hpp>

#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/host_name.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include <chrono>
#include <exception>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace asio = boost::asio;

namespace {

// One io_context a shard, each run by one thread: then no shard needs a strand.
class contexts {
public:
    explicit contexts(std::size_t count)
    {
        while (all_.size() != count) {
            all_.push_back(std::make_unique<asio::io_context>(1));
            work_.push_back(asio::make_work_guard(*all_.back()));
        }
    }
    asio::io_context& first() { return *all_.front(); }
    std::vector<asio::any_io_executor> executors() const
    {
        std::vector<asio::any_io_executor> out;
        for (const auto& one : all_)
            out.emplace_back(one->get_executor());
        return out;
    }
    void run()
    {
        std::vector<std::jthread> threads;
        for (std::size_t i = 1; i != all_.size(); ++i)
            threads.emplace_back([this, i] { all_[i]->run(); });
        first().run();
    }
    // From now on `run` returns when there is nothing left to do.
    void release() { work_.clear(); }

private:
    std::vector<std::unique_ptr<asio::io_context>> all_;
    std::vector<asio::executor_work_guard<asio::io_context::executor_type>> work_;
};

// Publishes this machine's own figures once a second.
class publisher {
public:
    template <class Bus, class Store>
    publisher(asio::io_context& ioc, fanfare::hub<Bus, Store>& hub)
        : timer_{ioc}, machine_{asio::ip::host_name()}, device_{hub, asio::ip::host_name(), {"machines"}}
    {
        device_.status("online");
        tick();
    }
    void stop()
    {
        stopped_ = true;
        timer_.cancel();
    }

private:
    void tick()
    {
        timer_.expires_after(std::chrono::seconds{1});
        timer_.async_wait([this](boost::system::error_code ec) {
            if (ec || stopped_)
                return;
            const auto now = machine_.tick();
            device_.telemetry(now.telemetry);
            for (const auto& a : now.alerts)
                device_.alert(a.severity, a.message,
                              {{"metric", a.metric}, {"value", a.value}, {"threshold", a.threshold}});
            // Who joins later hears it too.
            if (++ticks_ % 10 == 0)
                device_.status("online");
            tick();
        });
    }

    asio::steady_timer timer_;
    demo::self_telemetry machine_;
    fanfare::device device_;
    unsigned ticks_ = 0;
    bool stopped_ = false;
};

fanfare::hub_options hub_options(const demo::options& chosen)
{
    fanfare::hub_options o{.metrics = chosen.metrics,
                           .max_connections_per_address = chosen.max_per_address,
                           .deflate = chosen.deflate,
                           .executors_are_serial = true};
    if (chosen.open_publish)
        o.message_rate = 0;
    return o;
}

fanfare::trusted_proxies trusted_proxies(const demo::options& chosen)
{
    fanfare::trusted_proxies list;
    for (const auto& proxy : chosen.trusted_proxies)
        list.trust(proxy);
    if (!chosen.forwarded_header.empty())
        list.by_header(chosen.forwarded_header);
    return list;
}

template <class Tickets>
fanfare::server_options server_options(const demo::options& chosen, Tickets tickets, const demo::tls& tls,
                                       fanfare::any_authenticator authenticate)
{
    const fanfare::listen_options here{.address = chosen.address,
                                       .port = chosen.port,
                                       .tls = tls.context(),
                                       .proxy_protocol = chosen.proxy_protocol};
    fanfare::server_options o{.listeners = {here}};
    if (!chosen.unix_path.empty())
        o.listeners.push_back({.unix_path = chosen.unix_path});
    o.proxies = trusted_proxies(chosen);
    o.path_prefix = chosen.path_prefix;
    o.api.issue_ticket = fanfare::issue_from(tickets);
    o.api.tickets_status = fanfare::status_from(tickets);
    o.api.admin_key = chosen.admin_key;
    o.api.allow_loopback_writes = chosen.admin_key.empty();
    o.api.hosts = demo::allowed_hosts(chosen.hosts, chosen.address);
    if (chosen.metrics)
        o.api.metrics = fanfare::metrics_access::open;
    o.on_request = demo::serve_page;
    for (const auto& origin : chosen.origins)
        if (origin == "any")
            o.origins = fanfare::origin_allow_list::any();
        else
            o.origins.allow(origin);
    o.authenticate = std::move(authenticate);
    if (chosen.auth == demo::auth_kind::none)
        o.hosts = o.api.hosts;
    return o;
}

void say_where(const demo::options& chosen, std::uint16_t port)
{
    const bool v6 = chosen.address.find(':') != std::string::npos;
    std::cout << (chosen.tls_cert.empty() ? "http://" : "https://") << (v6 ? "[" : "") << chosen.address
              << (v6 ? "]" : "") << ":" << port << "/" << std::endl;
    if (!chosen.unix_path.empty())
        std::cout << "unix:" << chosen.unix_path << std::endl;
    if (chosen.auth == demo::auth_kind::none)
        std::cerr << "INSECURE: --auth none lets anybody connect, and ?user=ID be any user\n";
    if (chosen.proxy_protocol)
        std::cerr << "--proxy-protocol: this address is for the proxy, not for browsers\n";
    else if (chosen.admin_key.empty())
        std::cerr << "INSECURE: without --admin-key every program on this machine may publish\n";
    if (chosen.open_publish)
        std::cerr << "INSECURE: --open-publish lets every client publish to every room\n";
}

// What the namespaces keep, and who may publish there.
template <class Hub>
void configure(Hub& hub, const demo::options& chosen)
{
    const fanfare::room_options live{.client_publish = chosen.open_publish};
    fanfare::room_options kept = live;
    kept.history = 1000;
    kept.history_age = std::chrono::hours{1};
    hub.configure("global", live);
    hub.configure("device:", live);
    hub.configure("group:", kept);
    auto chat = kept;
    chat.presence = true;
    hub.configure("chat:", chat);
    auto user = kept;
    user.client_publish = false;
    hub.configure("user:", user);
}

// Runs until a signal ends it. The first one has the clients leave one after the other, a second one does not wait.
template <class Kept>
void serve(const demo::options& chosen, contexts& all, Kept kept)
{
    fanfare::hub hub{all.executors(), std::move(kept.bus), std::move(kept.store), hub_options(chosen)};
    configure(hub, chosen);
    hub.presence(std::move(kept.presence));
    hub.inbox(std::move(kept.inbox));
    hub.revocations(std::move(kept.revocations));
    if (!chosen.redis.empty())
        hub.on_bus([](const fanfare::bus_status& now) {
            if (now.up) // problems are told by `on_problem`, each attempt's
                std::cerr << "redis: up\n";
        });
    demo::tls tls{all.first(), chosen.tls_cert, chosen.tls_key};
    asio::signal_set signals{all.first(), SIGINT, SIGTERM}; // before anybody sees that it listens
    demo::credentials credentials{all.first(), chosen};
    const auto authenticate = credentials.authenticator(chosen, kept.tickets);
    if (chosen.auth != demo::auth_kind::none)
        hub.on_refresh(authenticate);
    fanfare::server server{hub, server_options(chosen, std::move(kept.tickets), tls, authenticate)};

    std::unique_ptr<publisher> self;
    if (chosen.self_telemetry)
        self = std::make_unique<publisher>(all.first(), hub);

    signals.async_wait([&](boost::system::error_code, int) {
        if (self)
            self->stop();
        tls.stop();
        credentials.stop();
        server.async_shutdown({.drain_time = chosen.drain}, [&](boost::system::error_code) {
            signals.cancel();
            all.release();
        });
        signals.async_wait([&](boost::system::error_code ec, int) {
            if (!ec)
                server.async_shutdown({}, asio::detached);
        });
    });
    say_where(chosen, server.port());
    all.run();
}

void run(const demo::options& chosen, contexts& all)
{
    if (!chosen.redis.empty()) {
#if defined(FANFARE_WITH_REDIS)
        return serve(chosen, all, demo::on_redis(all.first(), chosen.redis));
#else
        throw std::invalid_argument("--redis: this program was built without Redis (FANFARE_WITH_REDIS)");
#endif
    }
    if (!chosen.sqlite.empty()) {
#if defined(FANFARE_WITH_SQLITE)
        asio::thread_pool disk{1}; // outlives the hub, and ends before the contexts that its answers go to
        serve(chosen, all, demo::in_sqlite(disk, chosen.sqlite));
        disk.join(); // what was accepted is written; the destructor alone would drop it
        return;
#else
        throw std::invalid_argument("--sqlite: this program was built without SQLite (FANFARE_WITH_SQLITE)");
#endif
    }
    serve(chosen, all, demo::in_memory());
}

} // namespace

int main(int argc, char** argv)
try {
    const auto chosen = demo::parse(argc, argv);
    if (chosen.only_help) {
        std::cout << demo::help;
        return 0;
    }
    demo::raise_descriptor_limit();

    contexts all{chosen.threads};
    run(chosen, all);
} catch (const demo::cannot_open& e) {
    std::cerr << "notification_server: " << e.what() << '\n';
    return 1;
} catch (const std::exception& e) {
    std::cerr << "notification_server: " << e.what() << '\n';
    return 2;
}

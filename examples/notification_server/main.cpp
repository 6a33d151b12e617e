// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// The demo: a page that joins rooms and shows what arrives, this machine's live telemetry, and the HTTP side.
#include "options.hpp"
#include "page.hpp"
#include "self_telemetry.hpp"

#include <fanfare/auth/anonymous.hpp>
#include <fanfare/auth/ticket.hpp>
#include <fanfare/fanfare.hpp>
#include <fanfare/presence/memory.hpp>
#include <fanfare/server.hpp>

#if defined(FANFARE_WITH_REDIS)
#include <fanfare/auth/redis_ticket.hpp>
#include <fanfare/bus/redis.hpp>
#include <fanfare/presence/redis.hpp>
#include <fanfare/redis/client.hpp>
#endif

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/host_name.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <exception>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
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
    void stop()
    {
        for (const auto& one : all_)
            one->stop();
    }

private:
    std::vector<std::unique_ptr<asio::io_context>> all_;
    std::vector<asio::executor_work_guard<asio::io_context::executor_type>> work_;
};

// Publishes this machine's own figures once a second.
class publisher {
public:
    template <class Bus>
    publisher(asio::io_context& ioc, fanfare::hub<Bus>& hub)
        : timer_{ioc}, machine_{asio::ip::host_name()}, device_{hub, asio::ip::host_name(), {"machines"}}
    {
        device_.status("online");
        tick();
    }

private:
    void tick()
    {
        timer_.expires_after(std::chrono::seconds{1});
        timer_.async_wait([this](boost::system::error_code ec) {
            if (ec)
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
};

bool serve_page(const fanfare::http_api::request_type& request, fanfare::http_api::response_type& answer)
{
    namespace http = boost::beast::http;
    const auto target = request.target();
    const auto path = target.substr(0, target.find('?'));
    if (request.method() != http::verb::get || (path != "/" && path != "/index.html"))
        return false;
    answer.set(http::field::content_type, "text/html; charset=utf-8");
    answer.set(http::field::cache_control, "no-cache");
    answer.body() = demo::page;
    return true;
}

fanfare::hub_options hub_options(const demo::options& chosen)
{
    fanfare::hub_options o{.deflate = chosen.deflate, .executors_are_serial = true};
    if (chosen.open_publish)
        o.message_rate = 0;
    return o;
}

template <class Tickets>
fanfare::server_options server_options(const demo::options& chosen, Tickets tickets)
{
    fanfare::server_options o{.address = chosen.address, .port = chosen.port};
    o.api.issue_ticket = fanfare::issue_from(tickets);
    o.api.admin_key = chosen.admin_key;
    o.api.allow_loopback_writes = chosen.admin_key.empty();
    o.on_request = serve_page;
    for (const auto& origin : chosen.origins)
        if (origin == "any")
            o.origins = fanfare::origin_allow_list::any();
        else
            o.origins.allow(origin);
    if (chosen.tickets)
        o.authenticate = fanfare::ticket_authenticator{tickets};
    else
        o.authenticate = fanfare::anonymous_authenticator{"user"};
    return o;
}

void say_where(const demo::options& chosen, std::uint16_t port)
{
    const bool v6 = chosen.address.find(':') != std::string::npos;
    std::cout << "http://" << (v6 ? "[" : "") << chosen.address << (v6 ? "]" : "") << ":" << port << "/" << std::endl;
    if (!chosen.tickets)
        std::cerr << "INSECURE: --auth none lets anybody connect, and ?user=ID be any user\n";
    if (chosen.admin_key.empty())
        std::cerr << "INSECURE: without --admin-key every program on this machine may publish\n";
    if (chosen.open_publish)
        std::cerr << "INSECURE: --open-publish lets every client publish to every room\n";
}

// Runs until a signal ends it. What differs with and without Redis: the bus, the tickets, and who keeps presence.
template <class Bus, class Tickets>
void run(const demo::options& chosen, contexts& all, Bus bus, Tickets tickets, fanfare::any_presence presence)
{
    fanfare::hub hub{all.executors(), std::move(bus), hub_options(chosen)};
    for (const auto* name : {"global", "device:", "group:"})
        hub.configure(name, {.client_publish = chosen.open_publish});
    hub.configure("chat:", {.client_publish = chosen.open_publish, .presence = true});
    hub.presence(std::move(presence));
    if (!chosen.redis.empty())
        hub.on_bus([](const fanfare::bus_status& now) {
            if (now.up) // problems are told by `on_problem`, each attempt's
                std::cerr << "redis: up\n";
        });
    fanfare::server server{hub, server_options(chosen, std::move(tickets))};

    std::unique_ptr<publisher> self;
    if (chosen.self_telemetry)
        self = std::make_unique<publisher>(all.first(), hub);

    asio::signal_set signals{all.first(), SIGINT, SIGTERM};
    signals.async_wait([&](boost::system::error_code, int) {
        self.reset();
        server.async_shutdown({}, [&](boost::system::error_code) { all.stop(); });
    });
    say_where(chosen, server.port());
    all.run();
}

void run(const demo::options& chosen, contexts& all)
{
    if (chosen.redis.empty())
        return run(chosen, all, fanfare::in_process_bus{}, fanfare::memory_ticket_store{}, fanfare::memory_presence{});
#if defined(FANFARE_WITH_REDIS)
    auto where = fanfare::parse_redis_url(chosen.redis);
    where.queue_time = std::chrono::seconds{5}; // whoever posts gets the error before the request times out
    fanfare::redis_bus_options how;
    how.on_problem = [](std::string_view text) { std::cerr << "redis: " + std::string{text} + "\n"; };
    const fanfare::redis_client redis{all.first(), where};
    run(chosen, all, fanfare::redis_bus{all.first(), where, how}, fanfare::redis_ticket_store{redis},
        fanfare::redis_presence{redis});
#else
    throw std::invalid_argument("--redis: this program was built without Redis (FANFARE_WITH_REDIS)");
#endif
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
} catch (const std::exception& e) {
    std::cerr << "notification_server: " << e.what() << '\n';
    return 2;
}

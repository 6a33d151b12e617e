// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// The dashboard: an MQTT bridge, a hub, and a page, in one process on one thread. See README.md.
#include "../notification_server/hosts.hpp"
#include "../notification_server/page.hpp"
#include "options.hpp"

#include <fanfare/bus/in_process.hpp>
#include <fanfare/fanfare.hpp>
#include <fanfare/server.hpp>
#include <fanfare/store/memory.hpp>
#if defined(FANFARE_WITH_SQLITE)
#include <fanfare/store/sqlite.hpp>
#endif

#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/json/serialize.hpp>

#include <chrono>
#include <csignal>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <utility>

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

bool serve_bridge(const fanfare::http_api::request_type& request, fanfare::http_api::response_type& answer,
                  const demo::mqtt_bridge& bridge)
{
    namespace http = boost::beast::http;
    const auto target = request.target();
    if (request.method() != http::verb::get || target.substr(0, target.find('?')) != "/api/bridge")
        return false;
    answer.set(http::field::content_type, "application/json");
    answer.set(http::field::cache_control, "no-store");
    answer.body() = json::serialize(bridge.stats());
    return true;
}

void say_where(const demo::options& chosen, std::uint16_t port)
{
    const bool v6 = chosen.address.find(':') != std::string::npos;
    std::cout << "http://" << (v6 ? "[" : "") << chosen.address << (v6 ? "]" : "") << ":" << port << "/"
              << std::endl;
    std::cerr << "anybody who can reach this address can watch\n";
}

template <class Hub>
class dashboard {
public:
    dashboard(asio::io_context& ioc, const demo::options& chosen, Hub& hub)
        : hub_{hub}, feed_{chosen.feed, [&hub](std::string_view name) { return hub.room(name); }},
          bridge_{ioc.get_executor(), chosen.bridge, feed_}, server_{hub, server_options(chosen)}, signals_{
                                                                                                       ioc, SIGINT,
                                                                                                       SIGTERM}
    {
        // The page's whole picture in one answer; the rooms tell what changes.
        hub.on_message("devices", [this](fanfare::request asked) {
            const auto* payload = asked.payload().if_object();
            const auto* after = payload ? payload->if_contains("after") : nullptr;
            asked.reply(feed_.devices(after && after->is_string() ? std::string_view{after->get_string()} : ""));
        });
        signals_.async_wait([this](boost::system::error_code ec, int) {
            if (!ec)
                stop();
        });
        remember_alerts();
        say_where(chosen, server_.port());
    }

private:
    fanfare::server_options server_options(const demo::options& chosen)
    {
        fanfare::server_options o{.address = chosen.address, .port = chosen.port};
        o.hosts = demo::allowed_hosts(chosen.hosts, chosen.address);
        for (const auto& origin : chosen.origins)
            o.origins.allow(origin);
        o.on_request = [this](const auto& request, auto& answer) {
            return demo::serve_page(request, answer) || serve_bridge(request, answer, bridge_);
        };
        return o;
    }

    // Which alerts are raised is in their history; the bridge begins when it is known.
    void remember_alerts()
    {
        hub_.async_history("alerts", {.limit = 1'000, .newest_first = true},
                           [this](fanfare::error_code ec, const fanfare::history_part& part) {
                               if (ec)
                                   std::cerr << "the alerts of earlier cannot be read: " << ec.message() << '\n';
                               for (auto one = part.messages.rbegin(); one != part.messages.rend(); ++one)
                                   feed_.remember_alert(*one);
                               if (!stopping_)
                                   bridge_.start();
                           });
    }

    void stop()
    {
        stopping_ = true;
        bridge_.stop();
        server_.async_shutdown({}, boost::asio::detached); // then nothing is left to run
    }

    Hub& hub_;
    demo::device_feed feed_;
    demo::mqtt_bridge bridge_;
    fanfare::server server_;
    asio::signal_set signals_;
    bool stopping_ = false;
};

// What the rooms keep, and what a page gets that is too slow: the newest value of each device, and every alert.
template <class Hub>
void configure(Hub& hub)
{
    const fanfare::room_options live{.overflow = fanfare::overflow_policy::latest_per_key};
    auto device = live;
    device.history = 300;
    device.history_age = std::chrono::hours{1};
    hub.configure("device:", device);
    hub.configure("group:", live);
    hub.configure("global", live);
    hub.configure("alerts", {.overflow = fanfare::overflow_policy::resync,
                             .history = 1'000,
                             .history_age = std::chrono::hours{24 * 7}});
}

template <class Store>
void serve(asio::io_context& ioc, const demo::options& chosen, Store store)
{
    fanfare::hub hub{ioc.get_executor(), fanfare::in_process_bus{}, std::move(store),
                     fanfare::hub_options{.executors_are_serial = true}};
    configure(hub);
    dashboard board{ioc, chosen, hub};
    ioc.run();
}

void run(const demo::options& chosen)
{
    asio::io_context ioc{1};
    if (chosen.sqlite.empty())
        return serve(ioc, chosen, fanfare::memory_store{});
#if defined(FANFARE_WITH_SQLITE)
    asio::thread_pool disk{1}; // outlives the hub, and ends before the context that its answers go to
    serve(ioc, chosen, fanfare::sqlite_store{disk, chosen.sqlite});
    disk.join(); // what was accepted is written
#else
    throw std::invalid_argument("--sqlite: this program was built without SQLite (FANFARE_WITH_SQLITE)");
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
    run(chosen);
} catch (const std::exception& e) {
    std::cerr << "iot_dashboard: " << e.what() << '\n';
    return 2;
}

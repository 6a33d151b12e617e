// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// A chat: who somebody is decides session.hpp, what may be said conversation.hpp, and here the two meet a server.
#include "conversation.hpp"
#include "options.hpp"
#include "session.hpp"

#include "../notification_server/hosts.hpp"
#include "../notification_server/page.hpp"
#include "../notification_server/stores.hpp"

#include <fanfare/auth/ticket.hpp>
#include <fanfare/fanfare.hpp>
#include <fanfare/server.hpp>

#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/thread_pool.hpp>

#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace asio = boost::asio;

namespace {

bool serve(fanfare::memory_ticket_store& tickets, const fanfare::http_api::request_type& request,
           fanfare::http_api::response_type& out)
{
    namespace http = boost::beast::http;
    const std::string_view target = request.target();
    chat::answer said;
    if (target == "/chat/tickets" && request.method() == http::verb::post) {
        // A form of another site can send this type only after asking, and nobody answers that question.
        said = std::string_view{request[http::field::content_type]}.starts_with("application/json")
                   ? chat::issue_ticket(tickets, request.body())
                   : chat::refused(415, "invalid_message", "Content-Type must be application/json");
    } else if (target == "/chat/rooms" && request.method() == http::verb::get) {
        said = chat::list_rooms();
    } else {
        return demo::serve_page(request, out);
    }
    out.result(static_cast<unsigned>(said.status));
    out.set(http::field::content_type, "application/json");
    out.set(http::field::cache_control, "no-store");
    out.body() = std::move(said.body);
    return true;
}

fanfare::server_options server_options(const chat::options& chosen)
{
    fanfare::server_options o{.address = chosen.address, .port = chosen.port};
    o.hosts = demo::allowed_hosts(chosen.hosts, chosen.address); // anybody may log in, by any name
    // Tickets stay on the instance that issued them, as the page comes from there, too.
    fanfare::memory_ticket_store tickets;
    o.authenticate = fanfare::ticket_authenticator{tickets};
    o.on_request = [tickets](const auto& request, auto& answer) mutable {
        return serve(tickets, request, answer);
    };
    for (const auto& origin : chosen.origins)
        o.origins.allow(origin);
    return o;
}

// Runs until a signal ends it.
template <class Kept>
void serve(const chat::options& chosen, asio::io_context& ioc, Kept kept)
{
    fanfare::hub hub{ioc.get_executor(), std::move(kept.bus), std::move(kept.store),
                     fanfare::hub_options{.max_connections_per_user = 20, .executors_are_serial = true}};
    hub.presence(std::move(kept.presence));
    chat::conversation talk{hub};
    if (!chosen.redis.empty())
        hub.on_bus([](const fanfare::bus_status& now) {
            if (now.up) // problems are told by `on_problem`, each attempt's
                std::cerr << "redis: up\n";
        });
    asio::signal_set signals{ioc, SIGINT, SIGTERM}; // before anybody sees that it listens
    fanfare::server server{hub, server_options(chosen)};
    signals.async_wait([&](boost::system::error_code, int) {
        server.async_shutdown({}, asio::detached); // then nothing is left to run
    });
    const bool v6 = chosen.address.find(':') != std::string::npos;
    std::cout << "http://" << (v6 ? "[" : "") << chosen.address << (v6 ? "]" : "") << ":" << server.port() << "/"
              << std::endl;
    ioc.run();
}

void run(const chat::options& chosen, asio::io_context& ioc)
{
    if (!chosen.redis.empty()) {
#if defined(FANFARE_WITH_REDIS)
        return serve(chosen, ioc, demo::on_redis(ioc, chosen.redis));
#else
        throw std::invalid_argument("--redis: this program was built without Redis (FANFARE_WITH_REDIS)");
#endif
    }
    if (!chosen.sqlite.empty()) {
#if defined(FANFARE_WITH_SQLITE)
        asio::thread_pool disk{1}; // outlives the hub, and ends before the context that its answers go to
        serve(chosen, ioc, demo::in_sqlite(disk, chosen.sqlite));
        disk.join(); // what was accepted is written; the destructor alone would drop it
        return;
#else
        throw std::invalid_argument("--sqlite: this program was built without SQLite (FANFARE_WITH_SQLITE)");
#endif
    }
    serve(chosen, ioc, demo::in_memory());
}

} // namespace

int main(int argc, char** argv)
try {
    const auto chosen = chat::parse(argc, argv);
    if (chosen.only_help) {
        std::cout << chat::help;
        return 0;
    }
    demo::raise_descriptor_limit();
    asio::io_context ioc{1};
    run(chosen, ioc);
} catch (const demo::cannot_open& e) {
    std::cerr << "chat: " << e.what() << '\n';
    return 1;
} catch (const std::exception& e) {
    std::cerr << "chat: " << e.what() << '\n';
    return 2;
}

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// A hub with two entry points: WebSocket and HTTP for clients, gRPC for services that push.
#include "options.hpp"
#include "push_service.hpp"
#include "server_credentials.hpp"

#include "../notification_server/hosts.hpp"
#include "../notification_server/stores.hpp"
#include "../notification_server/tls.hpp"

#include <fanfare/auth/anonymous.hpp>
#include <fanfare/fanfare.hpp>
#include <fanfare/server.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <grpc/grpc.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <chrono>
#include <exception>
#include <future>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

namespace asio = boost::asio;

namespace {

// An address in a URL, or in gRPC's words.
std::string at(const std::string& address, std::uint16_t port)
{
    const bool v6 = address.find(':') != std::string::npos;
    return (v6 ? "[" + address + "]" : address) + ":" + std::to_string(port);
}

// The rooms of notification_server: they may share a Redis.
template <class Hub>
void configure(Hub& hub)
{
    const fanfare::room_options kept{.history = 1000, .history_age = std::chrono::hours{1}};
    auto chat = kept;
    chat.presence = true;
    hub.configure("group:", kept);
    hub.configure("chat:", chat);
    hub.configure("user:", kept);
}

// gRPC's threads run from here on.
std::unique_ptr<grpc::Server> listen(const push::options& chosen, push::push_service& service, int& port)
{
    grpc::ServerBuilder builder;
    const auto where = at(chosen.address, chosen.grpc_port);
    builder.AddListeningPort(where, push::server_credentials(chosen), &port);
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0); // or two servers could take turns on one port
    // A caller whose link has died is noticed within 40 seconds, and its streams end.
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
    builder.SetMaxReceiveMessageSize(4 * 1024 * 1024);
    builder.RegisterService(&service);
    auto server = builder.BuildAndStart();
    if (!server || port == 0)
        throw std::runtime_error("cannot listen on " + where + " for gRPC");
    return server;
}

void say_where(const push::options& chosen, std::uint16_t port, int grpc_port)
{
    const bool tls = !chosen.tls_cert.empty();
    std::cout << "gRPC: " << at(chosen.address, static_cast<std::uint16_t>(grpc_port)) << (tls ? " (TLS)" : "")
              << "\n"
              << (tls ? "https://" : "http://") << at(chosen.address, port) << "/" << std::endl;
    std::cerr << "INSECURE: anybody may connect, and ?user=ID be any user\n";
    if (chosen.admin_key.empty())
        std::cerr << "INSECURE: without --admin-key every program on this machine may publish\n";
}

// Runs until a signal ends it. The hub has one thread, gRPC its own; this one waits.
template <class Kept>
void serve(const push::options& chosen, asio::io_context& ioc, Kept kept)
{
    fanfare::hub hub{ioc.get_executor(), std::move(kept.bus), std::move(kept.store),
                     fanfare::hub_options{.executors_are_serial = true}};
    configure(hub);
    hub.presence(std::move(kept.presence));
    hub.inbox(std::move(kept.inbox));
    demo::tls tls{ioc, chosen.tls_cert, chosen.tls_key};
    fanfare::server_options options{.address = chosen.address, .port = chosen.port, .tls = tls.context()};
    options.authenticate = fanfare::anonymous_authenticator{"user"};
    options.hosts = demo::allowed_hosts(chosen.hosts, chosen.address);
    options.api.admin_key = chosen.admin_key;
    options.api.allow_loopback_writes = chosen.admin_key.empty();
    options.api.hosts = options.hosts;
    fanfare::server server{hub, options};

    push::push_service service{push::calls_of(hub, ioc.get_executor()), push::access{chosen.admin_key},
                               chosen.max_streams};
    int grpc_port = 0;
    const auto grpc_server = listen(chosen, service, grpc_port);

    std::promise<void> asked;
    asio::signal_set signals{ioc, SIGINT, SIGTERM};
    signals.async_wait([&](boost::system::error_code, int) { asked.set_value(); });
    auto work = asio::make_work_guard(ioc); // for calls that come after the hub has ended
    std::jthread hub_thread{[&] { ioc.run(); }};
    say_where(chosen, server.port(), grpc_port);

    asked.get_future().wait();
    // The hub ends its connections, the streams' included, and answers what is under way; that ends the calls.
    std::promise<void> closed;
    server.async_shutdown({}, [&](boost::system::error_code) {
        tls.stop();
        closed.set_value();
    });
    grpc_server->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds{10});
    closed.get_future().wait();
    work.reset(); // then nothing is left to run
}

void run(const push::options& chosen)
{
    asio::io_context ioc{1};
    if (chosen.redis.empty())
        return serve(chosen, ioc, demo::in_memory());
#if defined(FANFARE_WITH_REDIS)
    serve(chosen, ioc, demo::on_redis(ioc, chosen.redis));
#else
    throw std::invalid_argument("--redis: this program was built without Redis (FANFARE_WITH_REDIS)");
#endif
}

} // namespace

int main(int argc, char** argv)
try {
    const auto chosen = push::parse(argc, argv);
    if (chosen.only_help) {
        std::cout << push::help;
        return 0;
    }
    demo::raise_descriptor_limit();
    grpc_init(); // for good: gRPC's own end can wait 10 s for its poller, and nothing is left to do then
    run(chosen);
} catch (const std::exception& e) {
    std::cerr << "grpc_push: " << e.what() << '\n';
    return 2;
}

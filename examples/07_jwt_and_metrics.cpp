// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Browsers come in with the company's JWTs, stay while these are renewed, and go when one is revoked, and Prometheus
// reads how the service is doing at /metrics, which only holders of the admin key can:
//   07_jwt_and_metrics 8080 jwks.json https://id.example.com/ orders ADMIN_KEY
// jwks.json holds the public keys of the identity provider, which another program fetches now and then.
#include <fanfare/auth/jwt.hpp>
#include <fanfare/auth/jwt_keys_watcher.hpp>
#include <fanfare/fanfare.hpp>
#include <fanfare/metrics/prometheus.hpp>
#include <fanfare/server.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <atomic>
#include <cstdint>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>

namespace asio = boost::asio;

namespace {

// How often the provider's keys were read again, by how that went: the service's own counter.
class key_reloads {
public:
    void count(bool good) { (good ? good_ : failed_).fetch_add(1, std::memory_order_relaxed); }
    void write_to(fanfare::prometheus_text& page) const
    {
        static constexpr fanfare::metric reloads{"orders_key_reloads",
                                                 "Times that the provider's keys were read again."};
        const fanfare::metric_label good[]{{"result", "ok"}};
        const fanfare::metric_label failed[]{{"result", "failed"}};
        page.counter(reloads, good, good_.load(std::memory_order_relaxed));
        page.counter(reloads, failed, failed_.load(std::memory_order_relaxed));
    }

private:
    std::atomic<std::uint64_t> good_{0}, failed_{0};
};

void say_skipped(const fanfare::jwt_keys& keys)
{
    for (const auto& why : keys.skipped())
        std::cerr << why << '\n';
}

void say(const fanfare::jwt_keys& keys, std::exception_ptr failed)
try {
    if (failed)
        std::rethrow_exception(failed);
    std::cerr << "the provider's keys were read again\n";
    say_skipped(keys);
} catch (const std::exception& e) {
    std::cerr << e.what() << "; the keys before stay\n";
}

// A tenant's rooms are for those whose token names the tenant: `orders:acme` for {"tenant":"acme"}.
bool may_enter(const fanfare::access_request& asked)
{
    const auto* tenant = asked.who.claims.if_contains("tenant");
    return tenant && tenant->is_string() && asked.room == "orders:" + std::string{tenant->get_string()};
}

} // namespace

int main(int argc, char** argv)
try {
    if (argc != 6)
        throw std::invalid_argument("usage: 07_jwt_and_metrics PORT JWKS_FILE ISSUER AUDIENCE ADMIN_KEY");
    key_reloads reloads; // outlives all that counts and reads it
    asio::io_context ioc{1};

    const auto keys = fanfare::jwt_keys::file(argv[2]);
    say_skipped(keys);
    fanfare::jwt_keys_watcher watcher{ioc.get_executor(), keys, {.on_reload = [&](std::exception_ptr failed) {
                                          reloads.count(!failed);
                                          say(keys, failed);
                                      }}};
    const fanfare::jwt_authenticator tokens{keys, {.issuers = {argv[3]}, .audiences = {argv[4]}}};

    fanfare::hub hub{ioc.get_executor(), fanfare::hub_options{.metrics = true}};
    hub.configure("orders:", {.history = 100});
    hub.authorize(&may_enter);
    hub.on_refresh(tokens); // who is connected renews its token in time, or is closed with 3002

    fanfare::server_options options{.listeners = {{.port = static_cast<std::uint16_t>(std::stoi(argv[1]))}}};
    options.authenticate = tokens;
    options.api.admin_key = argv[5]; // for POST /api/v1/publish, and /api/v1/revoke when a token was stolen
    options.api.metrics = fanfare::metrics_access::admin; // GET /metrics with the same key
    options.api.more_metrics = [&reloads](fanfare::prometheus_text& page) { reloads.write_to(page); };
    fanfare::server server{hub, std::move(options)};

    asio::signal_set signals{ioc, SIGINT, SIGTERM};
    signals.async_wait([&](boost::system::error_code, int) {
        watcher.stop();
        server.async_shutdown({}, [](boost::system::error_code) {});
    });
    std::cout << "ws://127.0.0.1:" << server.port() << "/api/v1/ws" << std::endl;
    ioc.run();
} catch (const std::exception& e) {
    std::cerr << "07_jwt_and_metrics: " << e.what() << '\n';
    return 2;
}

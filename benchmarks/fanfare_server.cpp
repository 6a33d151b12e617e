// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.

// The baseline's job, done with Fanfare: one shard in one thread, everybody in the room `global`.

#include "bench_server.hpp"
#include "tls_support.hpp"

#include <fanfare/detail/wire/envelope.hpp>
#include <fanfare/fanfare.hpp>
#include <fanfare/server.hpp>
#if defined(FANFARE_WITH_SSL)
#include <fanfare/ssl.hpp>
#endif

#include <boost/json/value.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

json::value make_payload(std::uint64_t sequence, std::size_t size)
{
    // The library writes the envelope; the padding makes up the length that was asked for.
    json::value payload{{"seq", sequence}, {"pad", ""}};
    const auto bare = fanfare::detail::write_envelope({.type = "bench", .room = "global", .payload = &payload},
                                                      std::chrono::system_clock::now());
    payload.at("pad") = std::string(bench::padding(size, bare.size()), 'x');
    return payload;
}

bool has_option(int argc, char** argv, std::string_view name)
{
    return std::find(argv + 1, argv + argc, name) != argv + argc;
}

} // namespace

int main(int argc, char** argv)
{
    bench::raise_file_limit();
    asio::io_context ioc{1};

    fanfare::hub_options options;
    options.executors_are_serial = true;
    options.metrics = has_option(argc, argv, "--metrics");
    // The baseline's queues have no limit: a burst must not close a receiver here either.
    options.outbox_messages = 1'000'000;
    options.outbox_bytes = 256 * 1024 * 1024;
    fanfare::hub hub{ioc.get_executor(), options};
    fanfare::any_tls_context tls;
#if defined(FANFARE_WITH_SSL)
    if (has_option(argc, argv, "--tls"))
        tls = fanfare::tls_context{bench::server_tls().native_handle()};
#endif
    fanfare::server server{hub, {.address = "127.0.0.1", .port = 0, .tls = tls}};

    const auto room = hub.room("global");
    const auto publish = [&room](std::uint64_t sequence, std::size_t size) {
        if (const auto receipt = room.publish("bench", make_payload(sequence, size)); !receipt)
            throw boost::system::system_error{receipt.error};
    };
    bench::control control{ioc,
                           {.publish = publish,
                            .connections = [&hub] { return static_cast<std::size_t>(hub.stats().connections); },
                            .quit = [&ioc] { ioc.stop(); }}};
    control.start(server.port());
    ioc.run();
}

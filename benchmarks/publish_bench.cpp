// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.

// What a publish costs the thread that calls it, while another thread runs the hub's only shard and a third one
// reads what some clients receive. Prints one line, nanoseconds of the calling thread's CPU time for a message:
//   publish_ns ALL encode_ns ENCODING without_ns DIFFERENCE checked

#include "receivers.hpp"

#include <fanfare/detail/wire/envelope.hpp>
#include <fanfare/fanfare.hpp>
#include <fanfare/server.hpp>

#include <boost/json/value.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <string_view>
#include <thread>
#include <vector>

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::size_t message_size = 128;
constexpr std::size_t receiver_count = 4;

// The payload, of which only the number changes: building it is not what is measured.
class payload {
public:
    payload() : value_{{"seq", bench::first_sequence}, {"pad", ""}}, sequence_{&value_.at("seq")}
    {
        value_.at("pad") = std::string(bench::padding(message_size, encode()->payload().size()), 'x');
    }

    const json::value& next()
    {
        *sequence_ = number_++;
        return value_;
    }

    /// As the library does it in the calling thread, time stamp included.
    fanfare::detail::shared_frame encode() const
    {
        return fanfare::detail::encode({.type = "bench", .room = "global", .payload = &value_},
                                       std::chrono::system_clock::now(), {.room = "global"});
    }

    std::uint64_t used() const { return number_ - bench::first_sequence; }

private:
    json::value value_;
    json::value* sequence_;
    std::uint64_t number_ = bench::first_sequence;
};

template <class Call>
double nanoseconds_a_call(std::size_t count, Call call)
{
    const auto before = bench::thread_cpu_seconds();
    for (std::size_t i = 0; i < count; ++i)
        call();
    return (bench::thread_cpu_seconds() - before) * 1e9 / static_cast<double>(count);
}

void measure(std::size_t rounds)
{
    // Less than the hub's queue may hold, so that nothing is refused; the shard runs all the time.
    constexpr std::size_t batch = 30'000;

    asio::io_context ioc{1};
    fanfare::hub_options options;
    options.executors_are_serial = true;
    options.outbox_messages = 4 * batch;
    options.outbox_bytes = options.outbox_messages * 2 * message_size;
    fanfare::hub hub{ioc.get_executor(), options};
    fanfare::server server{hub, {.address = "127.0.0.1", .port = 0}};
    const auto room = hub.room("global");
    std::jthread shard{[&ioc] { ioc.run(); }};
    const std::unique_ptr<asio::io_context, void (*)(asio::io_context*)> stopper{&ioc, [](auto* c) { c->stop(); }};
    bench::receivers clients{server.port(), "global", receiver_count};
    clients.wait(0);

    payload sent, encoded;
    std::vector<double> publish, encode;
    for (std::size_t round = 0; round <= rounds; ++round) {
        const auto publish_ns = nanoseconds_a_call(batch, [&] {
            if (const auto receipt = room.publish("bench", sent.next()); !receipt)
                throw boost::system::system_error{receipt.error};
        });
        clients.wait(sent.used());
        const auto encode_ns = nanoseconds_a_call(batch, [&] {
            encoded.next();
            encoded.encode();
        });
        if (round == 0)
            continue; // it warmed up
        publish.push_back(publish_ns);
        encode.push_back(encode_ns);
    }
    if (!clients.exact(sent.used(), message_size, message_size))
        throw std::runtime_error{"not every receiver got every message once and in order"};
    std::printf("publish_ns %.1f encode_ns %.1f without_ns %.1f checked\n", bench::median(publish),
                bench::median(encode), bench::median(publish) - bench::median(encode));
}

} // namespace

int main(int argc, char** argv)
try {
    measure(argc > 1 && std::string_view{argv[1]} == "--quick" ? 5 : 31);
} catch (const std::exception& e) {
    std::fprintf(stderr, "publish_bench: %s\n", e.what());
    return 1;
}

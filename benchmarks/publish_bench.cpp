// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.

// What a publish costs the thread that calls it, while another thread runs the hub's only shard and a third one
// reads what some clients receive. Prints one line, nanoseconds of the calling thread's CPU time for a message:
//   publish_ns ALL encode_ns ENCODING without_ns DIFFERENCE checked

#include "load_client.hpp"

#include <fanfare/detail/envelope.hpp>
#include <fanfare/fanfare.hpp>
#include <fanfare/server.hpp>

#include <boost/json/value.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <netinet/in.h>
#include <poll.h>
#include <string_view>
#include <sys/socket.h>
#include <system_error>
#include <thread>
#include <vector>

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::size_t message_size = 128;
constexpr std::size_t receiver_count = 4;

double thread_cpu_seconds()
{
    timespec t{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

double median(std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

// Some clients of the hub, in a thread of their own.
class receivers {
public:
    explicit receivers(unsigned short port)
    {
        for (std::size_t i = 0; i < receiver_count; ++i) {
            sockaddr_in server{};
            server.sin_family = AF_INET;
            server.sin_port = htons(port);
            server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
            sockets_[i] = {.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), .events = POLLIN, .revents = 0};
            if (::connect(sockets_[i].fd, reinterpret_cast<const sockaddr*>(&server), sizeof server) < 0)
                throw std::system_error{errno, std::generic_category(), "connect"};
            send(i, bench::load_client::upgrade_request(port, "/api/v1/ws"));
        }
        thread_ = std::thread{[this] { read_all(); }};
    }

    ~receivers()
    {
        stop_ = true;
        thread_.join();
        for (const auto& s : sockets_)
            ::close(s.fd);
    }

    /// Returns when every client is in the room and has `count` messages.
    void wait(std::uint64_t count) const
    {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
        while (ready_ < receiver_count || slowest_ < count) {
            if (failed_ || std::chrono::steady_clock::now() > deadline)
                throw std::runtime_error{"a receiver was dropped, or messages did not arrive"};
            std::this_thread::sleep_for(std::chrono::microseconds{200});
        }
    }

    /// Whether every client has exactly `count` messages, in order. Call it when all have arrived.
    bool exact(std::uint64_t count) const
    {
        return !failed_ && all_.messages == count * receiver_count && all_.lost == 0 && all_.out_of_order == 0 &&
               all_.min_size == message_size && all_.max_size == message_size;
    }

private:
    void read_all()
    {
        while (!stop_ && !failed_) {
            if (::poll(sockets_.data(), sockets_.size(), 50) <= 0)
                continue;
            for (std::size_t i = 0; i < receiver_count; ++i)
                if (sockets_[i].revents != 0)
                    read(i);
            std::uint64_t slowest = UINT64_MAX;
            std::size_t ready = 0;
            for (const auto& c : clients_) {
                slowest = std::min(slowest, c.messages());
                ready += c.at() == bench::stage::ready;
            }
            ready_ = ready;
            slowest_ = slowest;
        }
    }

    void read(std::size_t i)
    {
        const auto n = ::recv(sockets_[i].fd, input_.data(), input_.size(), MSG_DONTWAIT);
        if (n < 0 && errno == EAGAIN)
            return;
        std::string output;
        if (n > 0)
            clients_[i].take({input_.data(), static_cast<std::size_t>(n)}, "global", all_, output);
        if (!output.empty())
            send(i, output);
        if (n <= 0 || clients_[i].at() == bench::stage::closed)
            failed_ = true;
    }

    void send(std::size_t i, std::string_view bytes)
    {
        const auto n = ::send(sockets_[i].fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (n != static_cast<ssize_t>(bytes.size()))
            failed_ = true;
    }

    std::array<pollfd, receiver_count> sockets_{};
    std::array<bench::load_client, receiver_count> clients_;
    std::vector<char> input_ = std::vector<char>(1024 * 1024);
    bench::totals all_;
    std::atomic<std::size_t> ready_{0};
    std::atomic<std::uint64_t> slowest_{0};
    std::atomic<bool> stop_{false}, failed_{false};
    std::thread thread_;
};

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
    const auto before = thread_cpu_seconds();
    for (std::size_t i = 0; i < count; ++i)
        call();
    return (thread_cpu_seconds() - before) * 1e9 / static_cast<double>(count);
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
    receivers clients{server.port()};
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
    if (!clients.exact(sent.used()))
        throw std::runtime_error{"not every receiver got every message once and in order"};
    std::printf("publish_ns %.1f encode_ns %.1f without_ns %.1f checked\n", median(publish), median(encode),
                median(publish) - median(encode));
}

} // namespace

int main(int argc, char** argv)
try {
    measure(argc > 1 && std::string_view{argv[1]} == "--quick" ? 5 : 31);
} catch (const std::exception& e) {
    std::fprintf(stderr, "publish_bench: %s\n", e.what());
    return 1;
}

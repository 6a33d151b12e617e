// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.

// What history in memory costs.
//   history_bench publish RECEIVERS BURST [ROUNDS]
// publishes into a room without and into one with history in turns, and prints the CPU time of a message in the thread
// that publishes and runs the hub's only shard. BURST messages are published in one turn of the shard:
//   plain_ns A history_ns B ratio MEDIAN_OF_RATIOS checked
//   history_bench serve
// is a server whose room `chats:1` keeps 1,000 messages, driven by `bench::control`. Clients get what they missed by
// `since`, or ask with a message `missed {after}` and get it one send after the other.

#include "receivers.hpp"

#include <fanfare/detail/wire/envelope.hpp>
#include <fanfare/fanfare.hpp>
#include <fanfare/server.hpp>

#include <boost/json/value.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <memory>
#include <string_view>
#include <vector>

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::size_t message_size = 128; // without the position
constexpr std::size_t position_size = 64; // at most
constexpr std::size_t kept = 1'000;
constexpr std::string_view plain_room = "plain:1", history_room = "chats:1"; // of one length

// Only the number changes.
class payload {
public:
    explicit payload(std::uint64_t first) : value_{{"seq", bench::first_sequence}, {"pad", ""}}, number_{first}
    {
        const auto bare = fanfare::detail::write_envelope(
            {.type = "bench", .room = plain_room, .payload = &value_}, std::chrono::system_clock::now());
        value_.at("pad") = std::string(bench::padding(message_size, bare.size()), 'x');
    }

    const json::value& next()
    {
        value_.at("seq") = number_++;
        return value_;
    }

private:
    json::value value_;
    std::uint64_t number_;
};

fanfare::room<> room_with(fanfare::hub<>& hub, std::string_view name, std::size_t history)
{
    hub.configure(std::string{name.substr(0, name.find(':') + 1)}, {.history = history});
    return hub.room(name);
}

void publish(const fanfare::room<>& room, const json::value& value)
{
    if (const auto receipt = room.publish("bench", value); !receipt)
        throw boost::system::system_error{receipt.error};
}

// ---- publishing

class publishing {
public:
    publishing(std::size_t receivers, std::size_t burst) : burst_{burst}, sent_{bench::first_sequence}
    {
        if (receivers != 0) {
            // The same clients in both rooms.
            const auto both = std::string{plain_room} + "\",\"" + std::string{history_room};
            clients_ = std::make_unique<bench::receivers>(server_.port(), both, receivers, 200);
            settle();
        }
        for (int i = 0; i != 8; ++i) { // the history is full, and so are the caches
            batch(plain_);
            batch(history_);
        }
    }

    /// Of one message, in nanoseconds.
    double batch(const fanfare::room<>& room)
    {
        constexpr std::size_t messages = 256; // they fit a socket's buffer
        double used = 0;
        for (std::size_t i = 0; i != messages; i += burst_) {
            const auto before = bench::thread_cpu_seconds();
            for (std::size_t n = 0; n != burst_; ++n)
                publish(room, sent_.next());
            ioc_.poll();
            used += bench::thread_cpu_seconds() - before;
            count_ += burst_;
        }
        settle();
        return used * 1e9 / static_cast<double>(messages);
    }

    void run(int rounds)
    {
        std::vector<double> plain, history, ratios;
        for (int round = 0; round != rounds; ++round) {
            const bool plain_first = round % 2 == 0;
            if (plain_first)
                plain.push_back(batch(plain_));
            history.push_back(batch(history_));
            if (!plain_first)
                plain.push_back(batch(plain_));
            ratios.push_back(history.back() / plain.back());
        }
        if (clients_ && !clients_->exact(count_, message_size, message_size + position_size))
            throw std::runtime_error{"not every receiver got every message once and in order"};
        std::printf("plain_ns %.1f history_ns %.1f ratio %.4f checked\n", bench::median(plain),
                    bench::median(history), bench::median(ratios));
    }

private:
    static fanfare::hub_options options()
    {
        fanfare::hub_options all;
        all.executors_are_serial = true;
        return all;
    }

    void settle()
    {
        if (clients_)
            clients_->wait(count_, [this] { ioc_.poll(); });
    }

    std::size_t burst_;
    std::uint64_t count_ = 0;
    payload sent_;
    asio::io_context ioc_{1};
    fanfare::hub<> hub_{ioc_.get_executor(), options()};
    fanfare::server server_{hub_, {.address = "127.0.0.1", .port = 0}};
    fanfare::room<> plain_ = room_with(hub_, plain_room, 0), history_ = room_with(hub_, history_room, kept);
    std::unique_ptr<bench::receivers> clients_;
};

// ---- those who return

// A line of /proc/self/status, in bytes.
std::size_t memory(const std::string& name)
{
    std::ifstream status{"/proc/self/status"};
    for (std::string word; status >> word;)
        if (std::size_t kilobytes = 0; word == name + ":" && status >> kilobytes)
            return kilobytes * 1024;
    throw std::runtime_error{"no " + name + " in /proc/self/status"};
}

// What is resident now; the peak begins anew from there.
std::size_t begin_peak()
{
    ::malloc_trim(0);
    if (!(std::ofstream{"/proc/self/clear_refs"} << 5 << std::flush))
        throw std::runtime_error{"the peak of the memory cannot be set back"};
    return memory("VmRSS");
}

void serve()
{
    // So many before, that all offsets which are recovered have as many digits.
    constexpr std::uint64_t before = 10'000;
    bench::raise_file_limit();
    asio::io_context ioc{1};
    fanfare::hub_options options;
    options.executors_are_serial = true;
    fanfare::hub hub{ioc.get_executor(), options};
    fanfare::server server{hub, {.address = "127.0.0.1", .port = 0}};
    const auto room = room_with(hub, history_room, kept);

    // What one would keep for oneself, to send it again.
    std::deque<std::pair<std::uint64_t, json::value>> own;
    std::uint64_t last = 0;
    fanfare::position at;
    payload values{bench::first_sequence - before};
    const auto publish_and_keep = [&] {
        const auto& value = values.next();
        const auto receipt = room.publish("bench", value);
        if (!receipt)
            throw boost::system::system_error{receipt.error};
        at = receipt.position;
        own.emplace_back(++last, value);
        if (own.size() > kept)
            own.pop_front();
    };
    hub.on_message("missed", [&own](fanfare::request asked) {
        const auto after = asked.payload().at("after").to_number<std::uint64_t>();
        for (const auto& [number, value] : own)
            if (number > after)
                asked.from().send("bench", value);
        asked.ignore();
    });
    while (last != before)
        publish_and_keep();

    const auto other = [&](const std::string& verb) -> std::string {
        if (verb == "position")
            return fanfare::detail::epoch_text(at.epoch) + " " + std::to_string(at.offset);
        if (verb == "reads")
            return std::to_string(hub.stats().store_reads);
        if (verb == "begin_peak")
            return std::to_string(begin_peak());
        if (verb == "peak")
            return std::to_string(memory("VmHWM"));
        return {};
    };
    bench::control control{ioc,
                           {.publish = [&](std::uint64_t, std::size_t) { publish_and_keep(); },
                            .connections = [&hub] { return static_cast<std::size_t>(hub.stats().connections); },
                            .quit = [&ioc] { ioc.stop(); },
                            .other = other}};
    control.start(server.port());
    ioc.run();
}

} // namespace

int main(int argc, char** argv)
try {
    const std::string_view what = argc > 1 ? argv[1] : "";
    const auto number = [&](int i, unsigned long otherwise) {
        return argc > i ? std::strtoul(argv[i], nullptr, 10) : otherwise;
    };
    const auto burst = number(3, 0);
    if (what == "serve")
        serve();
    else if (what == "publish" && burst != 0 && 256 % burst == 0)
        publishing{number(2, 0), burst}.run(static_cast<int>(std::clamp(number(4, 101), 1ul, 100'000ul)));
    else
        throw std::runtime_error{"usage: history_bench publish RECEIVERS BURST [ROUNDS] | history_bench serve; "
                                 "BURST divides 256"};
} catch (const std::exception& e) {
    std::fprintf(stderr, "history_bench: %s\n", e.what());
    return 1;
}

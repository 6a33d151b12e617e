// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_BENCHMARKS_LOAD_RUN_HPP
#define FANFARE_BENCHMARKS_LOAD_RUN_HPP

// A load run as a person asks for it: clients connect and join, messages are published at a rate, and everybody must
// have got everything. Nothing here depends on how long something took, but for the end of patience.

#include "dashboard_client.hpp"
#include "load_options.hpp"
#include "load_publisher.hpp"
#include "load_report.hpp"
#include "load_sockets.hpp"

#include <algorithm>
#include <chrono>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

namespace bench {

class load_run {
public:
    explicit load_run(run_settings s)
        : settings_{std::move(s)}, server_{resolve(settings_.host, settings_.port)},
          publisher_{server_, settings_.authority(), settings_.admin_key},
          sockets_{*this, server_, dashboard_client::upgrade_request(settings_.authority(), settings_.path)},
          total_{settings_.rate * static_cast<std::uint64_t>(settings_.duration.count())}
    {
        book_.rooms = settings_.rooms;
        book_.sent.resize(book_.rooms.size());
        book_.publishing = total_ != 0;
        if (book_.publishing) {
            std::ostringstream id;
            id << std::hex << std::random_device{}() << unix_us();
            book_.id = id.str();
        }
    }

    /// Prints a summary; true if nothing is lacking.
    bool run()
    {
        run_result result;
        const auto begin = clock_type::now();
        sockets_.open(settings_.clients);
        result.all_joined = until([this] { return !sockets_.opening(); }, settings_.patience);
        result.connecting = clock_type::now() - begin;
        result.refused = sockets_.closed();
        result.all_joined = result.all_joined && result.refused == 0;
        if (result.all_joined) {
            publish_all(result);
            result.all_came = until([this] { return missing(true) == 0; }, settings_.patience);
            ask_all();
            result.all_answered = until([this] { return all_answered(); }, settings_.patience);
        }
        result.published = published_;
        result.missing = missing(false);
        result.dropped = sockets_.closed() - result.refused;
        result.problem = problem_.empty() ? sockets_.first_problem() : problem_;
        print_summary(settings_, result, book_);
        return is_good(result, book_);
    }

private:
    using clock_type = std::chrono::steady_clock;
    using sockets = load_sockets<dashboard_client, load_run>;
    friend sockets;

    /// Serves everybody until `done()`; false if that took longer than `longest`.
    template <class F>
    bool until(F done, clock_type::duration longest)
    {
        const auto end = clock_type::now() + longest;
        while (!done()) {
            if (clock_type::now() > end)
                return false;
            sockets_.poll(static_cast<int>(wait_ms()));
        }
        return true;
    }

    // Not longer than to the next message that is due.
    std::int64_t wait_ms() const
    {
        if (!publishing_ || publisher_.waiting())
            return 100;
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(due(published_) - clock_type::now()).count();
        return std::clamp<std::int64_t>(left, 0, 100);
    }

    void publish_all(run_result& result)
    {
        start_ = clock_type::now();
        start_us_ = unix_us();
        const auto end = settings_.duration + settings_.patience;
        publishing_ = book_.publishing;
        if (publishing_)
            result.in_time = until([this] { return publish_due(); }, end);
        else
            until([] { return false; }, settings_.duration);
        publishing_ = false;
        result.publishing = clock_type::now() - start_;
    }

    clock_type::duration offset(std::uint64_t number) const
    {
        return std::chrono::microseconds{number * 1'000'000 / settings_.rate};
    }
    clock_type::time_point due(std::uint64_t number) const { return start_ + offset(number); }

    /// Sends the next message if it is time. True at the end, or when there is no use in going on.
    bool publish_due()
    {
        if (!problem_.empty())
            return true;
        if (publisher_.waiting())
            return false;
        if (published_ == total_)
            return true;
        if (clock_type::now() >= due(published_))
            publish(published_);
        return false;
    }

    // Its delay counts from when it was due: if the server makes us late, that is the server's.
    void publish(std::uint64_t number)
    {
        const auto room = number % book_.rooms.size();
        const auto due_us = start_us_ + number * 1'000'000 / settings_.rate;
        const auto text = R"({"room":")" + book_.rooms[room] + R"(","type":"load","payload":{"load":")" +
                          book_.id + R"(","seq":)" + std::to_string(++book_.sent[room]) + R"(,"due_us":)" +
                          std::to_string(due_us) + R"(,"padding":")" + std::string(settings_.padding, '.') +
                          "\"}}";
        try {
            if (publisher_.send(text))
                sockets_.watch_other(publisher_.fd());
        } catch (const std::system_error& e) {
            problem_ = e.what();
        }
    }

    void other()
    try {
        const auto answer = publisher_.read();
        if (answer && answer->status == 200)
            ++published_;
        else if (answer)
            problem_ = "a publish was answered with " + std::to_string(answer->status) + " " + answer->body;
    } catch (const std::runtime_error& e) {
        problem_ = e.what();
    }

    void take(sockets::member& m, std::string_view bytes)
    {
        m.client.take(bytes, book_, output_);
        if (!output_.empty())
            sockets_.send(m, std::exchange(output_, {}));
    }

    void settled() {}

    /// `connected`: only what may still come.
    std::uint64_t missing(bool connected)
    {
        std::uint64_t sum = 0;
        for (const auto& m : sockets_.members())
            sum += connected && m.fd < 0 ? 0 : m.client.missing(book_);
        return sum;
    }

    void ask_all()
    {
        for (auto& m : sockets_.members())
            if (m.fd >= 0)
                sockets_.send(m, dashboard_client::last_question());
    }

    bool all_answered()
    {
        const auto& all = sockets_.members();
        return std::all_of(all.begin(), all.end(), [](const auto& m) { return m.fd < 0 || m.client.answered(); });
    }

    run_settings settings_;
    endpoint server_;
    load_publisher publisher_;
    sockets sockets_;
    run_book book_;
    std::uint64_t total_;
    std::uint64_t published_ = 0; // and taken by the server
    bool publishing_ = false;
    clock_type::time_point start_;
    std::uint64_t start_us_ = 0;
    std::string problem_;
    std::string output_;
};

} // namespace bench

#endif

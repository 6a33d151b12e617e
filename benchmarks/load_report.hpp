// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_BENCHMARKS_LOAD_REPORT_HPP
#define FANFARE_BENCHMARKS_LOAD_REPORT_HPP

#include "dashboard_client.hpp"
#include "load_options.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>

namespace bench {

/// What a run came to.
struct run_result {
    bool all_joined = false;   // every client is in every room
    bool in_time = true;       // the server took every message before the end of patience
    bool all_came = false;     // every client had every message before it
    bool all_answered = false; // and every client still got an answer afterwards
    std::size_t refused = 0, dropped = 0;
    std::uint64_t published = 0, missing = 0;
    std::chrono::duration<double> connecting{}, publishing{};
    std::string problem; // the first one, in words
};

inline bool is_good(const run_result& r, const run_book& book)
{
    const bool nothing_wrong = book.duplicates + book.out_of_order + book.never_sent + r.missing == 0;
    return r.all_joined && r.in_time && r.all_came && r.all_answered && r.dropped == 0 && r.problem.empty() &&
           nothing_wrong && book.delivered > 0;
}

inline void print_line(const char* name, const std::string& text)
{
    std::printf("  %-13s %s\n", name, text.c_str());
}

/// Milliseconds.
inline std::string in_ms(double us)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.2f", us / 1000);
    return text;
}

inline std::string rate(std::uint64_t count, std::chrono::duration<double> time)
{
    char text[64];
    std::snprintf(text, sizeof text, "%llu, %.1f a second", static_cast<unsigned long long>(count),
                  time.count() > 0 ? static_cast<double>(count) / time.count() : 0);
    return text;
}

inline std::string in_words(const latencies& l)
{
    std::string text = "mean " + in_ms(l.mean()) + "  min " + in_ms(static_cast<double>(l.min()));
    for (const double percent : {50, 95, 99})
        text += "  p" + std::to_string(static_cast<int>(percent)) + " " +
                in_ms(static_cast<double>(l.percentile(percent)));
    return text + "  max " + in_ms(static_cast<double>(l.max())) + "  (ms)";
}

inline const char* verdict(const run_result& r, const run_book& book)
{
    if (is_good(r, book))
        return "Every client got every message once and in order.";
    if (!r.all_joined)
        return "FAILED: not every client could join.";
    if (!r.in_time || (book.publishing && r.published == 0))
        return "FAILED: the server did not take every message.";
    return "FAILED: not every client got every message once and in order.";
}

inline void print_deliveries(const run_settings& s, const run_result& r, const run_book& book)
{
    const auto wanted = r.published * s.clients;
    if (book.publishing)
        print_line("published", rate(r.published, r.publishing));
    print_line("delivered", rate(book.delivered, r.publishing) +
                                (book.publishing ? ", of " + std::to_string(wanted) : std::string{}));
    print_line("lacking", std::to_string(r.missing) + " missing, " + std::to_string(book.duplicates) + " twice, " +
                              std::to_string(book.out_of_order) + " out of order, " +
                              std::to_string(book.never_sent) + " never sent");
    print_line("others", std::to_string(book.others) + " messages that are not this run's");
    print_line("received", rate(book.bytes, r.publishing) + " (bytes)");
    print_line("latency", in_words(book.latency));
}

inline void print_summary(const run_settings& s, const run_result& r, const run_book& book)
{
    std::string rooms;
    for (const auto& room : s.rooms)
        rooms += (rooms.empty() ? "" : ", ") + room;
    std::printf("%s, %zu clients in %s\n\n", s.url.c_str(), s.clients, rooms.c_str());
    print_line("joined", std::to_string(s.clients - r.refused) + " in " + in_ms(r.connecting.count() * 1e6) +
                             " ms, " + std::to_string(r.refused) + " refused, " + std::to_string(r.dropped) +
                             " dropped later");
    if (r.all_joined)
        print_deliveries(s, r, book);
    if (!r.problem.empty())
        print_line("problem", r.problem);
    std::printf("\n%s\n", verdict(r, book));
}

} // namespace bench

#endif

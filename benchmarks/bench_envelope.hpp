// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_BENCHMARKS_BENCH_ENVELOPE_HPP
#define FANFARE_BENCHMARKS_BENCH_ENVELOPE_HPP

// The message that the Redis benchmarks publish.

#include "bench_server.hpp"

#include <fanfare/detail/wire/envelope.hpp>

#include <boost/json/value.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bench {

/// An envelope of which only the number changes.
class envelope {
public:
    explicit envelope(std::string_view room) : room_{room}, payload_{{"seq", first_sequence}, {"pad", ""}} {}

    const boost::json::value& payload(std::uint64_t sequence, std::size_t size)
    {
        if (size != size_) {
            payload_.at("pad") = "";
            payload_.at("pad") = std::string(padding(size, text().size()), 'x');
            size_ = size;
        }
        payload_.at("seq") = sequence;
        return payload_;
    }

    std::string text() const
    {
        return fanfare::detail::write_envelope({.type = "bench", .room = room_, .payload = &payload_},
                                               std::chrono::system_clock::now());
    }

private:
    std::string_view room_;
    boost::json::value payload_;
    std::size_t size_ = 0;
};

} // namespace bench

#endif

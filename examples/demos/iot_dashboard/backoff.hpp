// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_EXAMPLES_BACKOFF_HPP
#define FANFARE_EXAMPLES_BACKOFF_HPP

#include <algorithm>
#include <chrono>
#include <random>

namespace demo {

/// How long to wait before the next attempt: a random part of a span that doubles with each failure. Random, so that
/// hundreds of clients do not return to a broker in step.
class backoff {
public:
    backoff(std::chrono::milliseconds first, std::chrono::milliseconds most)
        : first_{first}, most_{most}, span_{first}
    {}

    std::chrono::milliseconds next()
    {
        std::uniform_int_distribution<std::chrono::milliseconds::rep> part{span_.count() / 10, span_.count()};
        span_ = std::min(span_ * 2, most_);
        return std::chrono::milliseconds{part(random_)};
    }
    void reset() { span_ = first_; }

private:
    std::chrono::milliseconds first_, most_, span_;
    std::minstd_rand random_{std::random_device{}()};
};

} // namespace demo

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HUB_PACED_CLOSE_IPP
#define FANFARE_DETAIL_HUB_PACED_CLOSE_IPP

#include <fanfare/detail/hub/paced_close.hpp>
#include <fanfare/detail/session/session.hpp>

#include <algorithm>
#include <utility>

namespace fanfare::detail {

// How often it looks which connections are due, or have their answers.
inline constexpr std::chrono::milliseconds close_interval{10};

FANFARE_DECL void paced_close::start()
{
    began_ = clock::now();
    for_each_session(home_, [this](session& one) { all_.push_back(one.number()); });
    go_on();
}

FANFARE_DECL void paced_close::go_on()
{
    const auto now = clock::now();
    const bool patient = now - began_ < how_.over + how_.patience;
    close_answered(patient);
    close_due(now);
    const bool done = next_ == all_.size() && busy_.empty();
    if (!done && home_.connections() != 0)
        home_.run_after(close_interval, [self = shared_from_this()](shard&) { self->go_on(); });
}

FANFARE_DECL void paced_close::close_due(clock::time_point now)
{
    const auto passed = std::chrono::duration<double>(now - began_);
    const auto over = std::chrono::duration<double>(how_.over);
    const double part = over.count() > 0 ? std::min(passed / over, 1.0) : 1.0;
    const auto due = static_cast<std::size_t>(part * static_cast<double>(all_.size()));
    for (; next_ < due; ++next_)
        if (!close_one(all_[next_], true))
            busy_.push_back(all_[next_]);
}

// False: its client waits for an answer.
FANFARE_DECL bool paced_close::close_one(std::uint64_t number, bool patient)
{
    auto* const one = find_session(home_, number);
    if (!one)
        return true;
    if (patient && one->open() && one->has_work_under_way())
        return false;
    one->close_for_shutdown(how_.code, how_.wait);
    return true;
}

FANFARE_DECL void paced_close::close_answered(bool patient)
{
    std::erase_if(busy_, [&](std::uint64_t number) { return close_one(number, patient); });
}

} // namespace fanfare::detail

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SESSION_CATCH_UP_SET_IPP
#define FANFARE_DETAIL_SESSION_CATCH_UP_SET_IPP

#include <fanfare/detail/session/catch_up_set.hpp>

namespace fanfare::detail {

FANFARE_DECL catch_up* catch_up_set::find(std::string_view room) noexcept
{
    if (all_)
        for (auto& one : *all_)
            if (one.room() == room)
                return &one;
    return nullptr;
}

FANFARE_DECL catch_up& catch_up_set::begin(std::string_view room, const position& sent)
{
    if (!all_)
        all_ = std::make_unique<std::vector<catch_up>>();
    return all_->emplace_back(room, sent, ++begun_);
}

FANFARE_DECL void catch_up_set::end(std::string_view room)
{
    end_if([room](const catch_up& one) { return one.room() == room; });
}

FANFARE_DECL std::size_t catch_up_set::held() const noexcept
{
    std::size_t bytes = 0;
    if (all_)
        for (const auto& one : *all_)
            bytes += one.held();
    return bytes;
}

FANFARE_DECL void catch_up_set::release()
{
    if (all_)
        for (auto& one : *all_)
            one.release();
}

FANFARE_DECL bool catch_up_set::pass_live(const shared_frame& message, std::size_t room)
{
    auto* one = find(message->room());
    if (!one)
        return true;
    switch (one->live(message, room)) {
    case catch_up::live_step::pass: return true;
    case catch_up::live_step::drop: return false;
    case catch_up::live_step::caught_up: end(message->room()); return true;
    }
    return true;
}

} // namespace fanfare::detail

#endif

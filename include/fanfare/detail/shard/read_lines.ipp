// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SHARD_READ_LINES_IPP
#define FANFARE_DETAIL_SHARD_READ_LINES_IPP

#include <fanfare/detail/shard/read_lines.hpp>
#include <fanfare/detail/shard/shard.hpp>

#include <utility>

namespace fanfare::detail {

FANFARE_DECL void read_lines::count(const line& of_kind, std::size_t reads) noexcept
{
    if (&of_kind != &of(read_kind::recovery))
        waiting_ += reads;
}

FANFARE_DECL void read_lines::uncount(const line& of_kind, std::size_t reads) noexcept
{
    if (&of_kind != &of(read_kind::recovery))
        waiting_ -= reads;
}

FANFARE_DECL void read_lines::take_turn(line& in, owners::iterator at)
{
    at->second.in_turn = true;
    in.turns.push_back(at->first);
    count(in, at->second.reads.size());
}

FANFARE_DECL void read_lines::enter(read_kind kind, queued_read one)
{
    auto& l = of(kind);
    const auto at = l.all.try_emplace(one.owner).first;
    auto& own = at->second;
    const bool first = own.reads.empty();
    own.reads.push_back(std::move(one));
    if (own.in_turn)
        count(l, 1);
    else if (first) // else those before it wait for `resume`
        take_turn(l, at);
    run(kind);
}

FANFARE_DECL void read_lines::resume(std::uint64_t number)
{
    for (std::size_t i = 0; i != lines_.size(); ++i) {
        const auto at = lines_[i].all.find(number);
        if (at == lines_[i].all.end())
            continue;
        if (!at->second.in_turn)
            take_turn(lines_[i], at);
        run(static_cast<read_kind>(i));
    }
}

FANFARE_DECL void read_lines::drop(std::uint64_t number)
{
    for (auto& l : lines_)
        if (const auto gone = l.all.extract(number); gone && gone.mapped().in_turn)
            uncount(l, gone.mapped().reads.size());
}

FANFARE_DECL void read_lines::run(read_kind kind)
{
    auto& l = of(kind);
    if (l.running)
        return; // a read that has begun and ended at once asks for the next one
    struct guard {
        bool& on;
        ~guard() { on = false; }
    } const running{l.running = true};
    while (l.under_way < max_under_way && !l.turns.empty()) {
        const auto at = l.all.find(l.turns.front());
        l.turns.pop_front();
        if (at != l.all.end()) // else it was dropped
            begin_next(kind, at);
    }
}

FANFARE_DECL void read_lines::begin_next(read_kind kind, owners::iterator at)
{
    auto& l = of(kind);
    const auto& ask = at->second.reads.front().ask;
    const auto standing = ask ? ask() : read_standing::ready;
    at->second.in_turn = false;
    uncount(l, at->second.reads.size());
    if (standing == read_standing::not_now)
        return;
    const auto one = std::move(at->second.reads.front()); // which may be the last to hold its client
    at->second.reads.pop_front();
    if (at->second.reads.empty())
        l.all.erase(at);
    else
        take_turn(l, at);
    if (standing == read_standing::gone)
        return;
    ++l.under_way;
    one.start(read_turn{this, [this, kind, number = one.owner, keep = home_.keep_hub()](void*) {
                            home_.post([this, kind, number](shard&) { finished(kind, number); });
                        }});
}

FANFARE_DECL void read_lines::finished(read_kind kind, std::uint64_t number)
{
    --of(kind).under_way;
    if (number != 0)
        resume(number);
    run(kind);
}

FANFARE_DECL std::shared_ptr<void> read_lines::release()
{
    const auto out = std::make_shared<std::array<owners, std::tuple_size_v<decltype(lines_)>>>();
    for (std::size_t i = 0; i != lines_.size(); ++i) {
        (*out)[i].swap(lines_[i].all);
        lines_[i].turns.clear();
    }
    waiting_ = 0;
    return out;
}

} // namespace fanfare::detail

#endif

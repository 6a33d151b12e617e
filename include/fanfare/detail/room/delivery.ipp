// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_ROOM_DELIVERY_IPP
#define FANFARE_DETAIL_ROOM_DELIVERY_IPP

#include <fanfare/detail/room/delivery.hpp>

#include <iterator>
#include <utility>

namespace fanfare::detail {

FANFARE_DECL void delivery::start(std::vector<shared_frame>& pending, std::size_t member_count)
{
    frames_.clear();
    joined_.clear();
    for (auto& f : forms_) {
        f.frames.clear();
        f.wire.clear();
    }
    next = 0;
    end = member_count;
    selective_ = false;

    std::size_t bytes = 0;
    std::size_t count = 0;
    for (; count != pending.size() && (count == 0 || bytes + pending[count]->wire().size() <= max_bytes);
         ++count) {
        bytes += pending[count]->wire().size();
        selective_ = selective_ || pending[count]->except() != 0;
    }
    if (count == pending.size()) {
        frames_.swap(pending);
    } else {
        const auto last = pending.begin() + static_cast<std::ptrdiff_t>(count);
        frames_.assign(std::make_move_iterator(pending.begin()), std::make_move_iterator(last));
        pending.erase(pending.begin(), last);
    }
    if (count > 1) {
        joined_.reserve(bytes);
        for (const auto& f : frames_)
            joined_ += f->wire();
    }
}

FANFARE_DECL const delivery::form& delivery::deflated(int window_bits, deflater& with, std::size_t min_size)
{
    auto& made = forms_[static_cast<std::size_t>(window_bits - 9)];
    if (made.frames.empty())
        for (const auto& f : frames_) {
            made.frames.push_back(deflated_frame(f, window_bits, with, min_size));
            made.wire += made.frames.back()->wire();
        }
    return made;
}

FANFARE_DECL shared_frame deflated_frame(const shared_frame& f, int window_bits, deflater& with,
                                         std::size_t min_size)
{
    // One that is compressed already was a live message that waited for a catching up.
    if (f->payload().size() < min_size || f->deflated())
        return f;
    if (const auto* known = f->variant(window_bits))
        return shared_frame{known};
    std::string bytes;
    auto made = f;
    if (with.deflate(f->payload(), window_bits, bytes))
        made = frame::make(f->opcode(), bytes, f->tags(), true);
    return shared_frame{f->keep_variant(window_bits, std::move(made))};
}

} // namespace fanfare::detail

#endif

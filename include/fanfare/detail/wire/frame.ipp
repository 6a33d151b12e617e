// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_WIRE_FRAME_IPP
#define FANFARE_DETAIL_WIRE_FRAME_IPP

#include <fanfare/detail/wire/frame.hpp>

#include <cstring>
#include <limits>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>

namespace fanfare::detail {

FANFARE_DECL shared_frame frame::make(ws_opcode opcode, std::string_view payload, const frame_tags& tags,
                                      bool deflated)
{
    return make(opcode, payload, {}, tags, deflated);
}

FANFARE_DECL shared_frame frame::make(ws_opcode opcode, std::string_view payload, std::string_view rest,
                                      const frame_tags& tags, bool deflated)
{
    const auto size = payload.size() + rest.size();
    if (size > std::numeric_limits<std::uint32_t>::max() || tags.room.size() > 0xffff || tags.key.size() > 0xffff)
        throw std::length_error("fanfare: a frame above 4 GiB, or a room or key above 64 KiB");
    const auto header = ws_header_size(size);
    void* memory = ::operator new(sizeof(frame) + header + size + tags.room.size() + tags.key.size());
    auto* f = new (memory) frame;
    f->payload_size_ = static_cast<std::uint32_t>(size);
    f->room_size_ = static_cast<std::uint16_t>(tags.room.size());
    f->key_size_ = static_cast<std::uint16_t>(tags.key.size());
    f->header_size_ = static_cast<std::uint8_t>(header);
    f->except_ = tags.except;
    f->at_ = tags.at;
    f->gap_ = tags.gap;
    f->published_ns_ = tags.published_ns;

    char* out = f->bytes();
    out += write_ws_header(out, opcode, size, deflated);
    for (const auto part : {payload, rest, tags.room, tags.key}) {
        if (!part.empty())
            std::memcpy(out, part.data(), part.size());
        out += part.size();
    }
    return shared_frame{f};
}

FANFARE_DECL void frame::destroy(const frame* f) noexcept
{
    if (auto* all = f->variants_.load(std::memory_order_acquire)) {
        for (auto& one : *all)
            if (const auto* v = one.load(std::memory_order_acquire); v && v != f)
                intrusive_ptr_release(v);
        delete all;
    }
    f->~frame();
    ::operator delete(const_cast<frame*>(f));
}

FANFARE_DECL const frame* frame::variant(int window_bits) const noexcept
{
    auto* all = variants_.load(std::memory_order_acquire);
    return all ? (*all)[static_cast<std::size_t>(window_bits - 9)].load(std::memory_order_acquire) : nullptr;
}

FANFARE_DECL const frame* frame::keep_variant(int window_bits, shared_frame made) const
{
    auto* all = variants_.load(std::memory_order_acquire);
    if (!all) {
        auto fresh = std::make_unique<variants>();
        if (variants_.compare_exchange_strong(all, fresh.get(), std::memory_order_acq_rel))
            all = fresh.release();
    }
    const frame* expected = nullptr;
    auto& place = (*all)[static_cast<std::size_t>(window_bits - 9)];
    if (!place.compare_exchange_strong(expected, made.get(), std::memory_order_acq_rel))
        return expected;
    // A frame that stands for itself is not counted: it would never go away.
    return made.get() == this ? this : made.detach();
}

} // namespace fanfare::detail

#endif

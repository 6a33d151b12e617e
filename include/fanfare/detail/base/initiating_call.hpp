// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_BASE_INITIATING_CALL_HPP
#define FANFARE_DETAIL_BASE_INITIATING_CALL_HPP

#include <fanfare/config.hpp>

#include <thread>

namespace fanfare::detail {

/// Tells a callback whether it is called inside of the call that asked for it, so that the answer can be given at once;
/// or later, maybe from another thread. Made by the thread that asks, before it asks.
class initiating_call {
public:
    bool is_inside() const noexcept { return std::this_thread::get_id() == asking_ && inside_; }
    /// The call has returned. Only by the thread that asks.
    void returned() noexcept { inside_ = false; }

private:
    const std::thread::id asking_ = std::this_thread::get_id();
    bool inside_ = true; // read and written by that thread only
};

} // namespace fanfare::detail

#endif

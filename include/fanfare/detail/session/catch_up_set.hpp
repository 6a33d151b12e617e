// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SESSION_CATCH_UP_SET_HPP
#define FANFARE_DETAIL_SESSION_CATCH_UP_SET_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/session/catch_up.hpp>
#include <fanfare/detail/wire/frame.hpp>
#include <fanfare/position.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace fanfare::detail {

/// A connection's ways from a position in the history of some of its rooms to their live streams.
class catch_up_set {
public:
    bool empty() const noexcept { return !all_; }
    std::size_t size() const noexcept { return all_ ? all_->size() : 0; }
    catch_up& operator[](std::size_t i) noexcept { return (*all_)[i]; }
    /// Null if there is none for the room.
    catch_up* find(std::string_view room) noexcept;
    /// Begins one, after what the client has been sent; live messages of the room wait from now on. The reference is
    /// valid until the next change.
    catch_up& begin(std::string_view room, const position& sent);
    void end(std::string_view room);
    /// Ends those for which `done(const catch_up&)` is true.
    template <class Predicate>
    void end_if(Predicate done)
    {
        if (!all_)
            return;
        std::erase_if(*all_, done);
        if (all_->empty())
            all_.reset();
    }
    void clear() noexcept { all_.reset(); }
    /// Whether a live message is to be sent now: not if it was sent before, or waits for the history. `room`: the bytes
    /// that may wait here besides what does.
    bool pass_live(const shared_frame& message, std::size_t room = static_cast<std::size_t>(-1));
    /// Bytes that wait here, of all of them.
    std::size_t held() const noexcept;
    /// Lets go of what waits here and can be read again.
    void release();

private:
    std::unique_ptr<std::vector<catch_up>> all_; // none while there is nothing to catch up with
    std::uint32_t begun_ = 0;
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/session/catch_up_set.ipp>
#endif

#endif

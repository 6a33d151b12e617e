// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SESSION_WRITE_QUEUE_HPP
#define FANFARE_DETAIL_SESSION_WRITE_QUEUE_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/base/tracked_size.hpp>
#include <fanfare/detail/session/outbox.hpp>
#include <fanfare/detail/wire/envelope.hpp>
#include <fanfare/options.hpp>

#include <boost/system/error_code.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace fanfare::detail {

/// What a connection is to send and has not sent: an outbox that exists only while something waits, whether the stream
/// is full, and whether sends are being collected (corked) so that they go out in one write. No stream of its own.
class write_queue {
public:
    /// Nothing waits, nothing is collected, and the stream is not known to be full: a message may go out directly.
    bool direct() const noexcept { return !blocked_ && !corked_ && !outbox_; }
    bool blocked() const noexcept { return blocked_; }
    bool corked() const noexcept { return corked_; }
    void set_blocked(bool on) noexcept { blocked_ = on; }
    void set_corked(bool on) noexcept { corked_ = on; }

    /// What waits; null if nothing does.
    outbox* waiting() const noexcept { return outbox_.get(); }
    /// What waits, made if need be. `part_of`: where it counts; see `outbox`.
    outbox& queue(const hub_options& limits, waiting_gauges* part_of = nullptr)
    {
        if (!outbox_)
            outbox_ = std::make_unique<outbox>(limits.outbox_messages, limits.outbox_bytes, part_of);
        return *outbox_;
    }
    void clear() noexcept { outbox_.reset(); }
    /// Whether a message of this size fits, without any policy.
    bool takes(std::size_t size) const noexcept { return !outbox_ || outbox_->takes(size); }

    enum class result {
        sent,   ///< Nothing waits any more.
        full,   ///< The stream takes no more now.
        failed, ///< The stream has failed.
    };
    /// Writes what waits, by `write(buffers, error_code&)`, which answers how much it took. `now` stamps gap markers.
    template <class Write>
    result flush(wall_time now, Write write)
    {
        std::array<std::string_view, 64> buffers;
        while (outbox_ && !outbox_->empty()) {
            const auto n = outbox_->gather(buffers, now);
            std::size_t size = 0;
            for (std::size_t i = 0; i != n; ++i)
                size += buffers[i].size();
            error_code ec;
            const auto written = write(std::span<const std::string_view>{buffers.data(), n}, ec);
            if (ec)
                return result::failed;
            outbox_->consume(written);
            if (written != size)
                return result::full;
        }
        return result::sent;
    }

private:
    std::unique_ptr<outbox> outbox_;
    bool blocked_ = false; // who has set it will be told when the stream takes more
    bool corked_ = false;
};

} // namespace fanfare::detail

#endif

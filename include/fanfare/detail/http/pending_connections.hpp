// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_PENDING_CONNECTIONS_HPP
#define FANFARE_DETAIL_HTTP_PENDING_CONNECTIONS_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/shard/shard.hpp>

#include <boost/beast/core/tcp_stream.hpp>

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <utility>

namespace fanfare::detail {

/// A TCP connection that is not a WebSocket yet.
struct pending_connection {
    shard* home;
    boost::beast::tcp_stream* stream = nullptr; // while it may be closed; only on the shard
    std::list<std::shared_ptr<pending_connection>>::iterator
        place{}; // guarded by the list's mutex, as is `listed`
    bool listed = false;
};

/// While it lives, the visit's stream may be closed from outside. Only on the shard; goes before the stream.
class shown_visit {
public:
    shown_visit(pending_connection& visit, boost::beast::tcp_stream& stream) : visit_{visit}
    {
        visit_.stream = &stream;
    }
    ~shown_visit() { hide(); }
    shown_visit(const shown_visit&) = delete;
    shown_visit& operator=(const shown_visit&) = delete;
    void hide() noexcept { visit_.stream = nullptr; }

private:
    pending_connection& visit_;
};

/// The connections that are not WebSockets yet, oldest first. When there are too many, the oldest makes way: sockets
/// that say nothing must not keep others out. Thread-safe.
class pending_connections {
public:
    explicit pending_connections(std::size_t limit) : limit_{limit} {}

    std::shared_ptr<pending_connection> enter(shard& home)
    {
        auto visit = std::make_shared<pending_connection>(pending_connection{.home = &home});
        std::shared_ptr<pending_connection> oldest;
        {
            const std::lock_guard lock{mutex_};
            visit->place = visits_.insert(visits_.end(), visit);
            visit->listed = true;
            if (visits_.size() > limit_) {
                oldest = visits_.front();
                oldest->listed = false;
                visits_.pop_front();
            }
        }
        if (oldest)
            oldest->home->post([oldest](shard&) {
                if (oldest->stream)
                    oldest->stream->close();
            });
        return visit;
    }

    void leave(const std::shared_ptr<pending_connection>& visit)
    {
        const std::lock_guard lock{mutex_};
        if (std::exchange(visit->listed, false))
            visits_.erase(visit->place);
    }

private:
    const std::size_t limit_;
    std::mutex mutex_;
    std::list<std::shared_ptr<pending_connection>> visits_;
};

} // namespace fanfare::detail

#endif

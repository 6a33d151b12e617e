// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_PENDING_CONNECTIONS_HPP
#define FANFARE_DETAIL_HTTP_PENDING_CONNECTIONS_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/net/net_stream.hpp>
#include <fanfare/detail/shard/shard.hpp>

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace fanfare::detail {

/// A connection that has not got beyond what a `pending_connections` bounds.
struct pending_connection {
    shard* home;
    net_stream* stream = nullptr; // while `closable_stream` lives; only on the shard, as is what follows
    const bool* waits = nullptr;  // for its client to ask for something
    std::list<std::shared_ptr<pending_connection>>::iterator
        place{}; // guarded by the list's mutex, as is `listed`
    bool listed = false;
};

/// While it lives, `pending_connections` may close the stream to make room. Only on the shard; destroyed before the
/// stream.
class closable_stream {
public:
    /// `waits`: whether its client has asked for nothing; null: this is not known.
    closable_stream(pending_connection& connection, net_stream& stream, const bool* waits = nullptr)
        : connection_{connection}
    {
        connection_.stream = &stream;
        connection_.waits = waits;
    }
    ~closable_stream() { reset(); }
    closable_stream(const closable_stream&) = delete;
    closable_stream& operator=(const closable_stream&) = delete;
    void reset() noexcept { connection_.stream = nullptr; }

private:
    pending_connection& connection_;
};

/// The connections that have not got beyond something, oldest first: that are no WebSockets yet, or have not done with the
/// TLS handshake. When there are too many, the oldest is closed, so that idle sockets cannot keep other clients out.
/// Thread-safe.
class pending_connections {
public:
    /// `limit`: 0 for none.
    explicit pending_connections(std::size_t limit) : limit_{limit} {}

    std::shared_ptr<pending_connection> add(shard& home)
    {
        auto added = std::make_shared<pending_connection>(pending_connection{.home = &home});
        std::shared_ptr<pending_connection> oldest;
        {
            const std::lock_guard lock{mutex_};
            added->place = connections_.insert(connections_.end(), added);
            added->listed = true;
            if (limit_ != 0 && connections_.size() > limit_) {
                oldest = connections_.front();
                oldest->listed = false;
                connections_.pop_front();
            }
        }
        if (oldest)
            oldest->home->post([oldest](shard&) {
                if (oldest->stream)
                    end(*oldest->stream);
            });
        return added;
    }

    void remove(const std::shared_ptr<pending_connection>& connection)
    {
        const std::lock_guard lock{mutex_};
        if (std::exchange(connection->listed, false))
            connections_.erase(connection->place);
    }

    /// Closes those whose clients have asked for nothing, also not with bytes that were not read yet (RFC 9112 section
    /// 9.6).
    void close_waiting()
    {
        std::vector<std::shared_ptr<pending_connection>> all;
        {
            const std::lock_guard lock{mutex_};
            all.assign(connections_.begin(), connections_.end());
        }
        for (const auto& one : all)
            one->home->post([one](shard&) {
                if (one->stream && one->waits && *one->waits && !one->stream->has_input())
                    end(*one->stream);
            });
    }

private:
    // With a closure alert where there is TLS (RFC 9112 section 9.8).
    static void end(net_stream& stream)
    {
        stream.shutdown_now();
        stream.close();
    }

    const std::size_t limit_;
    std::mutex mutex_;
    std::list<std::shared_ptr<pending_connection>> connections_;
};

/// A place among them for as long as it lives. Only on the shard; destroyed before the stream, and before `all`.
class pending_place {
public:
    pending_place(pending_connections& all, shard& home, net_stream& stream)
        : all_{all}, mine_{all.add(home)}, closable_{*mine_, stream}
    {}
    ~pending_place() { all_.remove(mine_); }
    pending_place(const pending_place&) = delete;
    pending_place& operator=(const pending_place&) = delete;

private:
    pending_connections& all_;
    const std::shared_ptr<pending_connection> mine_;
    closable_stream closable_;
};

} // namespace fanfare::detail

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SESSION_NET_SESSION_HPP
#define FANFARE_DETAIL_SESSION_NET_SESSION_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/net/net_stream.hpp>
#include <fanfare/detail/session/session.hpp>
#include <fanfare/detail/session/websocket_session.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace fanfare::detail {

/// A WebSocket over a `net_stream` with TLS: an idle connection holds no buffer. It reads by way of the shard's buffer,
/// and encrypts what waits into records that are as full as they can be. The stream's executor is the shard's.
class net_session final : public websocket_session {
public:
    net_session(net_stream stream, std::shared_ptr<const session_context> context, shard& home,
                const session_settings& settings);

private:
    int native_socket() noexcept override { return -1; } // the shard cannot write to it by itself
    std::size_t write(std::span<const std::string_view> buffers, error_code& ec) override;
    void wait_write() override { session_waits_ = true; }
    void wait_read() override;
    void shutdown_write() noexcept override;
    void close_stream() noexcept override { stream_.close(); }

    void wait_until_writable();
    void on_socket_writable();
    void on_readable(error_code ec);
    void finish() noexcept;

    net_stream stream_;
    bool flushing_ = false;      // waits for the socket, which has not taken a record
    bool session_waits_ = false; // for the same
    bool finish_ = false;        // the sending side is to be ended behind it
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/session/net_session.ipp>
#endif

#endif

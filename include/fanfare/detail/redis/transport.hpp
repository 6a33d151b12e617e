// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REDIS_TRANSPORT_HPP
#define FANFARE_DETAIL_REDIS_TRANSPORT_HPP

#include <fanfare/config.hpp>
#include <fanfare/redis/options.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

namespace fanfare::detail {

/// Bytes to and from Redis over TCP, a Unix socket or TLS. One read and one write at a time.
class redis_transport {
public:
    using endpoint = asio::generic::stream_protocol::endpoint;
    using write_handler = std::function<void(error_code, std::size_t)>;

    virtual ~redis_transport() = default;
    /// Once. With TLS its handshake too.
    virtual asio::awaitable<error_code> connect(endpoint to) = 0;
    virtual asio::awaitable<std::pair<error_code, std::size_t>> read_some(asio::mutable_buffer into) = 0;
    virtual void async_write_some(asio::const_buffer from, write_handler done) = 0;
    /// Ends what is under way.
    virtual void close() noexcept = 0;
};

/// What TLS needs once a link; null without TLS. Throws `system_error` if the CA file cannot be read.
std::shared_ptr<void> make_redis_tls(const redis_options& options);

/// A stream for one connection. `tls` is from `make_redis_tls`, and outlives the stream.
std::unique_ptr<redis_transport> make_redis_transport(asio::any_io_executor executor, const redis_options& options,
                                                      void* tls);

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/redis/transport.ipp>
#endif

#endif

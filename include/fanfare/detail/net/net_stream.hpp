// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_NET_NET_STREAM_HPP
#define FANFARE_DETAIL_NET_NET_STREAM_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/net/tls_engine.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/post.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

namespace fanfare::detail {

/// A socket of TCP or of the Unix domain, whose type says neither: one session, and one HTTP, is compiled for both.
/// It is as large as Asio's socket of TCP, and does the same.
using stream_socket = asio::generic::stream_protocol::socket;

/// A connection over TCP or a Unix socket, with TLS or without: one type for all, so that what reads and writes HTTP
/// is compiled once. It holds no buffer while nothing is under way. An Asio stream (AsyncReadStream,
/// AsyncWriteStream).
///
/// One read and one write may be under way at a time. Not thread-safe; must not be moved while an operation is under way.
class net_stream {
public:
    using executor_type = asio::any_io_executor;
    using lowest_layer_type = stream_socket;
    using next_layer_type = stream_socket;

    /// Bytes that are read from the socket, or put into a record, at a time.
    static constexpr std::size_t max_record = 16 * 1024;

    /// `engine`: null for a connection without TLS.
    explicit net_stream(stream_socket socket, std::unique_ptr<tls_engine> engine = nullptr);

    executor_type get_executor() noexcept { return socket_.get_executor(); }
    lowest_layer_type& lowest_layer() noexcept { return socket_; }
    next_layer_type& next_layer() noexcept { return socket_; }
    bool has_tls() const noexcept { return engine_ != nullptr; }
    tls_engine* engine() noexcept { return engine_.get(); }
    /// Closes the socket: what is under way ends with `operation_aborted`.
    void close() noexcept;
    /// While refused, asynchronous reads end with `timed_out`, also one that is under way, and nothing else is read. What
    /// is written then still arrives, but a write that is under way ends with `operation_aborted`.
    void refuse_reads(bool on) noexcept;

    /// What both parts are, to be put together again on another executor. The stream is of no further use.
    std::pair<stream_socket, std::unique_ptr<tls_engine>> release();

    // ---- without blocking

    /// Whether the socket has bytes that were not read.
    bool has_input() const noexcept;
    /// Reads into `to`: how many bytes. 0 without an error: none are there.
    std::size_t read_now(std::span<char> to, error_code& ec);
    /// Reads what the socket has, up to `max_record` bytes, and calls `f(std::span<char>)`, in `buffer`, for each part
    /// of it that has been decrypted, until `f` answers false. Precondition: it has TLS.
    template <class F>
    void read_each(std::span<char> buffer, F f, error_code& ec);
    /// Writes: how many bytes. Fewer than all only if the socket is full.
    std::size_t write_now(std::span<const std::string_view> bytes, error_code& ec);
    /// Sends what is encrypted and was not taken by the socket. True: nothing is left.
    bool flush_now(error_code& ec);
    bool unsent() const noexcept { return engine_ && engine_->unsent(); }
    /// Tells the peer that nothing more will be sent (`close_notify`). False: the socket has not taken that yet.
    bool say_end() noexcept;
    /// Does that, and ends the sending side: the peer sees the end of the stream, behind what was written.
    void shutdown_now() noexcept;

    // ---- asynchronous: `void(error_code)` and `void(error_code, std::size_t)`

    /// The TLS handshake. Nothing is done without TLS.
    template <class Token>
    auto async_handshake(Token&& token)
    {
        return asio::async_compose<Token, void(error_code)>(handshake_op{*this}, token, socket_);
    }
    template <class Buffers, class Token>
    auto async_read_some(const Buffers& buffers, Token&& token)
    {
        std::span<char> to;
        for (auto it = asio::buffer_sequence_begin(buffers); it != asio::buffer_sequence_end(buffers); ++it)
            if (const asio::mutable_buffer one{*it}; one.size() != 0) {
                to = {static_cast<char*>(one.data()), one.size()};
                break;
            }
        return asio::async_compose<Token, void(error_code, std::size_t)>(read_op{*this, to}, token, socket_);
    }
    template <class Buffers, class Token>
    auto async_write_some(const Buffers& buffers, Token&& token)
    {
        write_op op{*this};
        for (auto it = asio::buffer_sequence_begin(buffers);
             it != asio::buffer_sequence_end(buffers) && op.count != op.parts.size(); ++it)
            if (const asio::const_buffer one{*it}; one.size() != 0)
                op.parts[op.count++] = {static_cast<const char*>(one.data()), one.size()};
        return asio::async_compose<Token, void(error_code, std::size_t)>(std::move(op), token, socket_);
    }

private:
    enum class step { done, wait_read, wait_write };

    class socket_wire final : public tls_engine::wire {
    public:
        explicit socket_wire(stream_socket& socket) : socket_{socket} {}
        std::size_t send(std::string_view bytes, error_code& ec) override;

    private:
        stream_socket& socket_;
    };

    // Goes on with an operation; what it waits for then.
    step handshake_step(error_code& ec);
    step read_step(std::span<char> to, std::size_t& n, error_code& ec);
    step write_step(std::span<const std::string_view> parts, std::size_t& written, error_code& ec);
    // Puts into the engine what the socket has. False: nothing, or an error.
    bool receive(std::span<char> buffer, error_code& ec);

    // The common part of the three: completes, or waits for the socket. What is done at once is posted.
    template <class Self, class... Result>
    void go_on(Self& self, step next, bool& waited, error_code ec, Result... result)
    {
        if (next == step::done) {
            if (waited)
                return self.complete(ec, result...);
            const auto executor = asio::get_associated_executor(self, socket_.get_executor());
            return asio::post(executor,
                              [self = std::move(self), ec, result...]() mutable { self.complete(ec, result...); });
        }
        waited = true;
        socket_.async_wait(next == step::wait_read ? asio::socket_base::wait_read : asio::socket_base::wait_write,
                           std::move(self));
    }

    struct handshake_op {
        net_stream& stream;
        bool waited = false;
        template <class Self>
        void operator()(Self& self, error_code ec = {})
        {
            const auto next = ec ? step::done : stream.handshake_step(ec);
            stream.go_on(self, next, waited, ec);
        }
    };
    struct read_op {
        net_stream& stream;
        std::span<char> to;
        bool waited = false;
        template <class Self>
        void operator()(Self& self, error_code ec = {})
        {
            std::size_t n = 0;
            if (stream.refuses_reads_)
                ec = asio::error::timed_out;
            const auto next = ec ? step::done : stream.read_step(to, n, ec);
            stream.go_on(self, next, waited, ec, n);
        }
    };
    struct write_op {
        net_stream& stream;
        std::array<std::string_view, 16> parts{};
        std::size_t count = 0;
        std::size_t written = 0;
        bool waited = false;
        template <class Self>
        void operator()(Self& self, error_code ec = {})
        {
            const auto next = ec ? step::done : stream.write_step({parts.data(), count}, written, ec);
            stream.go_on(self, next, waited, ec, written);
        }
    };

    stream_socket socket_;
    std::unique_ptr<tls_engine> engine_;
    bool refuses_reads_ = false;
};

template <class F>
void net_stream::read_each(std::span<char> buffer, F f, error_code& ec)
{
    std::array<char, max_record> received;
    socket_wire out{socket_};
    for (bool fed = false;; fed = true) {
        while (!engine_->wants_input()) {
            const auto n = engine_->read(out, buffer, ec);
            if (ec || (n != 0 && !f(buffer.first(n))))
                return;
        }
        if (fed || !receive(received, ec))
            return;
    }
}

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/net/net_stream.ipp>
#endif

#endif

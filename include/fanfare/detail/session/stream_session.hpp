// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SESSION_STREAM_SESSION_HPP
#define FANFARE_DETAIL_SESSION_STREAM_SESSION_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/net/stream_layers.hpp>
#include <fanfare/detail/session/session.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace fanfare::detail {

/// A connection over any Asio stream: reads into a buffer of its own, and writes one flat buffer at a time, so that a
/// write is one TLS record. `Session` is `session`, or a subclass that takes the input apart.
template <class Stream, class Session>
class stream_session : public Session {
public:
    static constexpr std::size_t max_write = 16 * 1024;

    stream_session(Stream stream, std::shared_ptr<const session_context> context, shard& home,
                   session_settings settings, std::size_t max_read)
        : Session{std::move(context), home, std::move(settings)}, stream_{std::move(stream)}, max_read_{max_read}
    {}

private:
    /// Puts into `out` what goes to the peer for the first of these bytes; answers for how many.
    virtual std::size_t take(std::span<const std::string_view> buffers, std::vector<char>& out) = 0;
    virtual void on_output() {}

    int native_socket() noexcept override { return -1; }

    std::size_t write(std::span<const std::string_view> buffers, error_code&) override
    {
        if (writing_)
            return 0;
        out_.clear();
        const auto taken = take(buffers, out_);
        writing_ = true;
        asio::async_write(stream_, asio::buffer(out_),
                          bound([](stream_session& self, error_code ec, std::size_t) { self.on_written(ec); }));
        return taken;
    }

    void on_written(error_code ec)
    {
        writing_ = false;
        if (this->ended())
            return;
        if (!ec && finish_)
            if constexpr (requires { stream_.shutdown_now(); }) // or a client takes the end for an attack
                stream_.shutdown_now();
        if (ec || finish_)
            return this->on_read_failed();
        if (out_.capacity() > 2 * max_write)
            out_ = {}; // one large message must not cost its size as long as the connection lives
        on_output();
        if (std::exchange(wants_write_, false))
            this->on_writable();
    }

    void wait_write() override { wants_write_ = true; }

    void wait_read() override
    {
        in_.resize(max_read_);
        stream_.async_read_some(asio::buffer(in_), bound([](stream_session& self, error_code ec, std::size_t n) {
                                    self.on_read(ec, n);
                                }));
    }

    void on_read(error_code ec, std::size_t n)
    {
        this->read_done();
        if (this->ended())
            return;
        if (ec)
            return this->on_read_failed();
        this->on_bytes({in_.data(), n});
        if (!this->ended() && this->wants_read())
            this->start_read();
    }

    // The close frame is on its way; whoever waits for it has it before the stream ends.
    void shutdown_write() noexcept override { finish_ = writing_; }

    void close_stream() noexcept override { detail::close_socket(stream_); }

    template <class F>
    auto bound(F f)
    {
        return asio::bind_executor(this->home().executor(),
                                   [keep = boost::intrusive_ptr<stream_session>{this},
                                    f](error_code ec, std::size_t n) { f(*keep, ec, n); });
    }

    Stream stream_;
    const std::size_t max_read_;
    std::vector<char> in_;
    std::vector<char> out_;
    bool writing_ = false;
    bool wants_write_ = false;
    bool finish_ = false;
};

} // namespace fanfare::detail

#endif

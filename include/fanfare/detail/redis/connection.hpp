// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REDIS_CONNECTION_HPP
#define FANFARE_DETAIL_REDIS_CONNECTION_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/base/context_bound.hpp>
#include <fanfare/detail/redis/reply.hpp>
#include <fanfare/detail/redis/transport.hpp>
#include <fanfare/redis/options.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/error_code.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fanfare::detail {

class redis_connection;

/// A look-up of the host's name. It cannot be cancelled, so it may outlive the attempt that began it; the next attempt
/// then waits for the same one.
struct redis_resolution {
    explicit redis_resolution(const asio::any_io_executor& executor) : resolver{executor} {}

    asio::ip::tcp::resolver resolver;
    asio::ip::tcp::resolver::results_type found;
    std::weak_ptr<redis_connection> waiting;
    error_code failure;
    bool done = false;
};

/// One connection to Redis, from the look-up of the host's name to its end: connects, logs in, reads and writes bytes,
/// and closes itself when the server is silent for too long. Only on the strand. The caller of a
/// coroutine holds the connection meanwhile.
class redis_connection : public std::enable_shared_from_this<redis_connection> {
public:
    using clock = std::chrono::steady_clock;
    struct callbacks {
        std::function<void()> on_written; ///< A write has ended; another may begin.
        std::function<void()> on_closed;
    };

    redis_connection(const bound_strand::strand_type& strand, const redis_options& options,
                     std::shared_ptr<void> tls, callbacks told);

    /// Resolves, connects and logs in, within `connect_timeout`. False if it was closed meanwhile. `resolution` is the
    /// look-up that an earlier attempt may have left; it lives until this has ended.
    asio::awaitable<bool> open(std::weak_ptr<redis_resolution>& resolution);
    /// The bytes that arrive next; none if that has closed it. They live until the next call.
    asio::awaitable<std::string_view> receive();
    /// Waits, closed or not, until `cancel_wait`.
    asio::awaitable<void> wait(clock::duration time);
    void cancel_wait() { timer_.cancel(); }

    /// Takes bytes that were received, in slices.
    void feed(std::string_view bytes) { reader_.feed(bytes); }
    /// The next whole reply. False if there is none; bytes that are no reply close the connection.
    bool next(redis_reply& out);

    /// Begins to write `bytes`, and leaves an empty string there. Not while one is under way.
    void write(std::string& bytes);
    bool writing() const noexcept { return writing_; }
    /// Whether replies are due: while they are, or a write is under way, a silence of `response_timeout` closes it.
    void expect_replies(bool on);

    /// Ends what is under way. `why` in words, without a secret; only the first one counts.
    void close(std::string_view why);
    bool closed() const noexcept { return closed_; }
    /// Why it was closed.
    const std::string& problem() const noexcept { return problem_; }

private:
    enum class stage : std::uint8_t { resolving, connecting, logging_in, up };
    using endpoint = redis_transport::endpoint;

    asio::awaitable<bool> connect(std::weak_ptr<redis_resolution>& resolution);
    asio::awaitable<std::vector<endpoint>> find(std::weak_ptr<redis_resolution>& resolution);
    asio::awaitable<std::shared_ptr<redis_resolution>> resolve(std::weak_ptr<redis_resolution>& resolution);
    asio::awaitable<bool> log_in();
    void write_rest();
    void start_timer(clock::time_point at);
    void on_timer();
    void watch();
    std::string tidy(std::string_view text) const;

    const bound_strand::strand_type strand_;
    const redis_options options_;
    const std::shared_ptr<void> tls_;
    const callbacks told_;
    std::unique_ptr<redis_transport> stream_;
    asio::steady_timer timer_;
    unsigned timer_waits_ = 0;   // tells the present wait on the timer from an older one
    clock::time_point deadline_; // of `open`
    clock::time_point active_{}; // when it last showed life, or had to begin to
    redis_reader reader_;
    std::string written_; // what a write is under way with
    std::size_t offset_ = 0;
    std::string problem_;
    stage stage_ = stage::resolving;
    bool late_ = false; // the attempt to connect to one address was cut off
    bool closed_ = false;
    bool writing_ = false;
    bool write_is_life_ = false; // the progress of this write counts as a sign of life
    bool expecting_ = false;     // replies
    bool watching_ = false;      // the timer looks for silence
    std::array<char, 32 * 1024> input_;
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/redis/connection.ipp>
#endif

#endif

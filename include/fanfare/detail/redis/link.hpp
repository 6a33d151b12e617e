// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REDIS_LINK_HPP
#define FANFARE_DETAIL_REDIS_LINK_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/base/context_bound.hpp>
#include <fanfare/detail/redis/reply.hpp>
#include <fanfare/redis/options.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <random>
#include <string>
#include <string_view>

namespace fanfare::detail {

class redis_connection;
struct redis_resolution;

/// What a link tells its owner, on the link's strand, and not after `stop` has taken effect. May call the link.
class redis_link_events {
public:
    /// Logged in: commands may be sent.
    virtual void on_up() = 0;
    /// The link was up and broke, or an attempt failed. Words, without a secret; they begin with the server's name.
    virtual void on_down(const std::string& problem) = 0;
    /// A reply to a command, in order, or a message of a subscription.
    virtual void on_reply(const redis_value& reply) = 0;
    /// All replies of one read were handed out.
    virtual void on_read_end() {}
    /// Everything that was to be written has left: what is appended now leaves at once.
    virtual void on_written() {}

protected:
    ~redis_link_events() = default;
};

/// One connection to Redis that keeps itself up: resolves, connects, logs in, reads, writes, and does it again.
///
/// Everything on the strand, unless it says otherwise. May be destroyed anywhere, before or after its context.
class redis_link : public std::enable_shared_from_this<redis_link> {
public:
    /// Throws as `check(options)` does, or if the CA file cannot be read. Thread-safe.
    redis_link(std::shared_ptr<bound_strand> strand, redis_options options,
               std::weak_ptr<redis_link_events> events);
    ~redis_link();
    redis_link(const redis_link&) = delete;
    redis_link& operator=(const redis_link&) = delete;

    /// Begins, once, or again after `rest`. Thread-safe.
    void start();
    /// Ends the connection, without a word to the owner, until `start`: nothing here keeps the context from ending then.
    void rest();
    /// Ends it for good; takes effect on the strand. Thread-safe.
    void stop();

    bool up() const noexcept { return up_; }
    const redis_options& options() const noexcept { return options_; }

    /// Append whole commands here, only while up, then call `flush`.
    std::string& outgoing() noexcept { return outgoing_; }
    /// Begins one write of all that waits, unless one is under way; then it follows.
    void flush();
    /// Whether a write is under way.
    bool writing() const;
    /// Writes that were begun so far on connections that came up, each one's login included.
    std::size_t writes() const noexcept { return writes_; }

    /// Whether replies are due: while they are, a silence of `response_timeout` ends the connection. Cheap; call it as
    /// often as it changes. Off after each reconnect.
    void expect_replies(bool on);
    /// Gives the connection up and makes a new one; `on_down` follows. Not up any more when it returns.
    void drop(std::string_view why);

private:
    using clock = std::chrono::steady_clock;

    // The coroutine. It owns the connection; the link only looks at it, since it may outlive the context.
    asio::awaitable<void> run(std::shared_ptr<redis_link> self);
    std::shared_ptr<redis_connection> make_connection();
    bool dispatch(redis_connection& c, std::string_view bytes);
    void on_written();
    std::chrono::milliseconds next_backoff();

    const std::shared_ptr<bound_strand> strand_;
    const redis_options options_;
    const std::string name_;
    const std::weak_ptr<redis_link_events> events_;
    std::shared_ptr<void> tls_;
    std::weak_ptr<redis_connection> connection_;
    std::weak_ptr<redis_resolution> resolution_;
    std::minstd_rand jitter_;
    std::string outgoing_;
    std::size_t writes_ = 0;
    unsigned failures_ = 0; // in a row
    bool up_ = false;
    bool stopped_ = false;
    bool running_ = false;
    bool resting_ = false;
    bool rested_ = false; // since the present connection was begun
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/redis/link.ipp>
#endif

#endif

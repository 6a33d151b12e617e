// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REDIS_PIPELINE_HPP
#define FANFARE_DETAIL_REDIS_PIPELINE_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/base/context_bound.hpp>
#include <fanfare/detail/redis/link.hpp>
#include <fanfare/detail/redis/reply.hpp>
#include <fanfare/redis/options.hpp>

#include <boost/system/error_code.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace fanfare::detail {

struct redis_command_queue;

/// How a command waits.
enum class redis_urgency : std::uint8_t {
    waits, ///< For a connection, up to `queue_time`.
    prompt, ///< As the others, but not while Redis is away: refused, or failed, once an attempt to connect has failed.
    urgent, ///< Ahead of all that waits, even if that is held or the queue is full; never for a connection.
};

/// Commands from any thread on one link. Each is written out in the caller's thread; what gathers during one turn of
/// the strand leaves in one write. Replies are matched in order. No command is ever sent twice.
///
/// Commands that change the order of replies (SUBSCRIBE, MONITOR, CLIENT REPLY) must not be sent here.
class redis_pipeline final : public redis_link_events, public std::enable_shared_from_this<redis_pipeline> {
public:
    /// Takes a command's fate, once, on the strand: no error and the reply; `redis_failed` and an error reply, whose
    /// text says why; `bus_unavailable`: it was never sent; `delivery_unknown`: it was sent, and the link broke. It is
    /// destroyed without a call if the context ends first. The reply lives as long as the call.
    using handler = std::function<void(error_code, const redis_value&)>;

    /// Throws as the link does. `start` it. Thread-safe.
    static std::shared_ptr<redis_pipeline> make(std::shared_ptr<bound_strand> strand, redis_options options);
    ~redis_pipeline();

    /// Set before `start`; called on the strand. The pipeline holds what they hold until it is destroyed.
    std::function<void()> on_link_up;
    std::function<void(const std::string& problem)> on_link_down;

    /// Thread-safe.
    void start();
    /// Ends it for good: what is under way fails on the strand. Thread-safe.
    void stop();

    /// Queues a command. The handler may be empty. An error means that it was refused, and the handler will not be
    /// called and is left where it was: `message_too_large`, `queue_full` while the link is up, `bus_unavailable` while
    /// it is down. Thread-safe.
    error_code send(std::span<const std::string_view> args, handler&& done = {},
                    redis_urgency how = redis_urgency::waits);
    error_code send(std::initializer_list<std::string_view> args, handler&& done = {},
                    redis_urgency how = redis_urgency::waits)
    {
        return send(std::span{args.begin(), args.size()}, std::move(done), how);
    }

    /// While held, commands wait even if the link is up, over reconnects and from before `start`, until `hold(false)`.
    /// Takes effect at once. Thread-safe.
    void hold(bool on);
    /// Closes the connection, and makes a new one. Thread-safe.
    void drop(std::string why);
    /// Closes the connection as soon as nothing waits or is under way; the next command, or `wake`, has it connect again.
    /// Until then nothing here keeps the context from ending. `on_link_down` tells it.
    ///
    /// From the call on, what is under way has `response_timeout` in all, and what is sent later as long from then: the
    /// link is given up after that, however much arrives. A pipeline that a command has connected again rests again
    /// by itself, when it has been idle for a second. Thread-safe.
    void rest();
    /// Connects again, if it rests, and stays connected. A rest that still waits for answers comes first. Thread-safe.
    void wake();
    /// The server is no primary any more: sends nothing else to it, and makes a new connection as soon as all that was
    /// sent is answered. Replies of such servers do the same. Only in a handler.
    void leave(std::string_view why);
    /// Whether commands leave at once: the link is up, and not held. Thread-safe.
    bool ready() const;
    /// Commands that wait or are under way. Thread-safe.
    std::size_t size() const;
    /// Only on the strand.
    const redis_link& link() const noexcept { return *link_; }

private:
    redis_pipeline(std::shared_ptr<bound_strand> strand, redis_options options);

    void on_up() override;
    void on_down(const std::string& problem) override;
    void on_reply(const redis_value& reply) override;
    void on_read_end() override;
    void on_written() override { flush(); }

    void post_flush();
    void flush();
    enum class rest_state : std::uint8_t {
        none,
        wanted, // as soon as it is idle
        resting,
        again, // connected by a command since: when it has been idle for a while
    };

    void rest_if_idle();
    void rest_now();
    void end_rest(rest_state next);
    void limit_in_flight();
    void start_rest_timer(std::chrono::steady_clock::time_point at);
    void stop_rest_timer();
    void on_rest_timer();
    void release_answered();
    void fail_expired();
    void fail_prompt();
    void end();

    const std::shared_ptr<bound_strand> strand_;
    const redis_options options_;
    const std::unique_ptr<context_bound<redis_command_queue>> queue_;
    std::shared_ptr<redis_link> link_;
    std::string leaving_;                // why; empty while it stays
    rest_state rest_ = rest_state::none; // on the strand
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/redis/pipeline.ipp>
#include <fanfare/detail/redis/pipeline_rest.ipp>
#endif

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REDIS_LINK_IPP
#define FANFARE_DETAIL_REDIS_LINK_IPP

#include <fanfare/detail/redis/connection.hpp>
#include <fanfare/detail/redis/link.hpp>
#include <fanfare/detail/redis/transport.hpp>

#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <exception>
#include <utility>

namespace fanfare::detail {

FANFARE_DECL redis_link::redis_link(std::shared_ptr<bound_strand> strand, redis_options options,
                                    std::weak_ptr<redis_link_events> events)
    : strand_{std::move(strand)}, options_{(check(options), std::move(options))}, name_{describe(options_)},
      events_{std::move(events)}, tls_{make_redis_tls(options_)}, jitter_{std::random_device{}()}
{}

FANFARE_DECL redis_link::~redis_link() = default;

FANFARE_DECL void redis_link::start()
{
    strand_->post([self = shared_from_this()] {
        self->resting_ = false;
        if (std::exchange(self->running_, true))
            return; // as it rests, it has not ended yet: it goes on
        asio::co_spawn(self->strand_->here(), self->run(self), [](std::exception_ptr failure) {
            if (failure) // as from any handler
                std::rethrow_exception(failure);
        });
    });
}

FANFARE_DECL void redis_link::stop()
{
    strand_->post([self = shared_from_this()] {
        self->stopped_ = true;
        if (const auto c = self->connection_.lock()) {
            c->close("stopped");
            c->cancel_wait(); // it may pause after a failure
        }
    });
}

FANFARE_DECL void redis_link::rest()
{
    resting_ = rested_ = true;
    if (const auto c = connection_.lock()) {
        c->close("rests");
        c->cancel_wait();
    }
}

FANFARE_DECL asio::awaitable<void> redis_link::run([[maybe_unused]] std::shared_ptr<redis_link> self)
{
    while (!stopped_ && !resting_) {
        const auto c = make_connection();
        connection_ = c;
        rested_ = false;
        const bool good = co_await c->open(resolution_);
        if (good) {
            const auto since = clock::now();
            up_ = true;
            ++writes_; // the login
            if (const auto events = events_.lock())
                events->on_up();
            std::string_view bytes; // the first time: what came behind the login's replies
            while (!c->closed() && dispatch(*c, bytes))
                bytes = co_await c->receive();
            // A server that takes connections only to drop them is no success.
            if (clock::now() - since > options_.max_backoff)
                failures_ = 0;
        }
        up_ = false;
        outgoing_.clear();
        const auto events = events_.lock();
        if (stopped_ || !events)
            break;
        if (rested_)
            continue;
        events->on_down(name_ + ": " + c->problem());
        if (!stopped_)
            co_await c->wait(next_backoff());
    }
    running_ = false;
}

FANFARE_DECL std::shared_ptr<redis_connection> redis_link::make_connection()
{
    return std::make_shared<redis_connection>(
        strand_->here(), options_, tls_,
        redis_connection::callbacks{.on_written =
                                        [weak = weak_from_this()] {
                                            if (const auto self = weak.lock())
                                                self->on_written();
                                        },
                                    .on_closed =
                                        [weak = weak_from_this()] {
                                            if (const auto self = weak.lock())
                                                self->up_ = false;
                                        }});
}

// False when the connection is over.
FANFARE_DECL bool redis_link::dispatch(redis_connection& c, std::string_view bytes)
{
    const auto events = events_.lock();
    if (!events) {
        c.close("nobody listens");
        return false;
    }
    constexpr std::size_t slice = 8 * 1024; // hiredis moves what is left of its buffer after every kilobyte
    redis_reply reply;
    do {
        c.feed(bytes.substr(0, slice));
        bytes.remove_prefix(std::min(slice, bytes.size()));
        while (c.next(reply))
            events->on_reply(reply.value());
    } while (!bytes.empty() && !c.closed());
    events->on_read_end();
    return !c.closed();
}

// Full jitter: when a thousand nodes lose one Redis, they do not come back in step.
FANFARE_DECL std::chrono::milliseconds redis_link::next_backoff()
{
    using rep = std::chrono::milliseconds::rep;
    const auto bound =
        std::min(options_.max_backoff.count(), options_.first_backoff.count() * (rep{1} << failures_));
    failures_ = std::min(failures_ + 1, 20U);
    return std::chrono::milliseconds{std::uniform_int_distribution<rep>{0, bound}(jitter_)};
}

FANFARE_DECL void redis_link::flush()
{
    const auto c = connection_.lock();
    if (!c || !up_ || c->writing() || outgoing_.empty())
        return;
    ++writes_;
    c->write(outgoing_);
}

FANFARE_DECL bool redis_link::writing() const
{
    const auto c = connection_.lock();
    return c && c->writing();
}

FANFARE_DECL void redis_link::on_written()
{
    if (!up_)
        return;
    if (const auto events = events_.lock())
        events->on_written();
    flush();
}

FANFARE_DECL void redis_link::expect_replies(bool on)
{
    const auto c = connection_.lock();
    if (c && up_)
        c->expect_replies(on);
}

FANFARE_DECL void redis_link::drop(std::string_view why)
{
    if (const auto c = connection_.lock())
        c->close(why);
}

} // namespace fanfare::detail

#endif

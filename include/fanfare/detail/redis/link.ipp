// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REDIS_LINK_IPP
#define FANFARE_DETAIL_REDIS_LINK_IPP

#include <fanfare/detail/redis/link.hpp>
#include <fanfare/detail/redis/transport.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <exception>
#include <utility>

namespace fanfare::detail {

/// A look-up of the host's name. It cannot be cancelled, so it may outlive the attempt that began it.
struct redis_resolution {
    explicit redis_resolution(const asio::any_io_executor& executor) : resolver{executor} {}

    asio::ip::tcp::resolver resolver;
    asio::ip::tcp::resolver::results_type found;
    error_code failure;
    bool done = false;
};

/// One connection, from the first attempt to resolve the name to its end.
struct redis_connection {
    enum class stage : std::uint8_t { resolving, connecting, logging_in, up };

    explicit redis_connection(const asio::any_io_executor& executor) : timer{executor} {}

    std::unique_ptr<redis_transport> stream;
    asio::steady_timer timer;
    std::chrono::steady_clock::time_point deadline; // of the attempt
    std::chrono::steady_clock::time_point active;   // when it last showed life, or had to begin to
    std::chrono::steady_clock::time_point since;    // up
    redis_reader reader;
    std::string written; // what a write is under way with
    std::size_t offset = 0;
    std::string problem;
    std::shared_ptr<redis_resolution> resolved;
    unsigned alarm = 0; // the number of the newest wait on the timer
    stage at = stage::resolving;
    bool late = false; // the attempt to connect to one address was cut off
    bool broken = false;
    bool writing = false;
    bool counts = false; // the progress of this write is life
    bool expecting = false;
    bool watching = false;
    std::array<char, 32 * 1024> input;
};

inline constexpr auto redis_no_throw = asio::as_tuple(asio::use_awaitable);

inline std::string redis_problem(const error_code& ec)
{
    if (ec == asio::error::eof)
        return "closed the connection";
    auto text = ec.message();
    if (text.size() > 1 && std::islower(static_cast<unsigned char>(text[1])))
        text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
    return text;
}

FANFARE_DECL redis_link::redis_link(std::shared_ptr<bound_strand> strand, redis_options options,
                                    std::weak_ptr<redis_link_events> events)
    : strand_{std::move(strand)}, options_{(check(options), std::move(options))}, name_{describe(options_)},
      events_{std::move(events)}, tls_{make_redis_tls(options_)}, jitter_{std::random_device{}()}
{}

FANFARE_DECL redis_link::~redis_link() = default;

FANFARE_DECL void redis_link::start()
{
    strand_->post([self = shared_from_this()] {
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
            self->fail(*c, "stopped");
            c->timer.cancel(); // it may pause after a failure
        }
    });
}

FANFARE_DECL asio::awaitable<void> redis_link::run([[maybe_unused]] std::shared_ptr<redis_link> self)
{
    while (!stopped_) {
        const auto c = std::make_shared<redis_connection>(strand_->here());
        connection_ = c;
        c->deadline = clock::now() + options_.connect_timeout;
        bool good = co_await open(c);
        if (good)
            good = co_await log_in(c);
        if (good) {
            c->at = redis_connection::stage::up;
            c->since = clock::now();
            ++c->alarm; // the attempt's
            up_ = true;
            if (const auto events = events_.lock())
                events->on_up();
            std::string_view bytes; // the first time: what came behind the login's replies
            while (!c->broken && hand_out(*c, bytes))
                bytes = co_await receive(c);
            // A server that takes connections only to drop them is no success.
            if (clock::now() - c->since > options_.max_backoff)
                failures_ = 0;
        }
        up_ = false;
        outgoing_.clear();
        const auto events = events_.lock();
        if (stopped_ || !events)
            break;
        events->on_down(name_ + ": " + c->problem);
        co_await pause(c);
    }
}

// Connects to one of the host's addresses.
FANFARE_DECL asio::awaitable<bool> redis_link::open(connection_ptr c)
{
    const auto endpoints = co_await find(c);
    for (std::size_t i = 0; i != endpoints.size() && !c->broken; ++i) {
        // An address that swallows everything leaves time for the others.
        const auto now = clock::now();
        c->stream = make_redis_transport(strand_->here(), options_, tls_.get());
        c->at = redis_connection::stage::connecting;
        c->late = false;
        set_alarm(c, now + (c->deadline - now) / static_cast<clock::rep>(endpoints.size() - i));
        const auto ec = co_await c->stream->connect(endpoints[i]);
        ++c->alarm;
        if (!ec && !c->late && !c->broken)
            co_return true;
        if (i + 1 == endpoints.size())
            fail(*c, c->late ? silence(options_.connect_timeout) : redis_problem(ec));
        else
            c->stream->close();
    }
    co_return false;
}

FANFARE_DECL asio::awaitable<std::vector<redis_link::endpoint>> redis_link::find(connection_ptr c)
{
    std::vector<endpoint> out;
    if (!options_.unix_path.empty()) {
        out.emplace_back(asio::local::stream_protocol::endpoint{options_.unix_path});
        co_return out;
    }
    error_code not_an_address;
    const auto address = asio::ip::make_address(options_.host, not_an_address);
    if (!not_an_address) { // resolving takes a thread
        out.emplace_back(asio::ip::tcp::endpoint{address, options_.port});
        co_return out;
    }
    co_await resolve(c);
    if (c->broken)
        co_return out;
    for (const auto& one : c->resolved->found)
        out.emplace_back(one.endpoint());
    if (out.empty())
        fail(*c, c->resolved->failure ? redis_problem(c->resolved->failure) : "the host has no address");
    co_return out;
}

FANFARE_DECL asio::awaitable<void> redis_link::resolve(connection_ptr c)
{
    auto r = resolution_.lock();
    if (!r) {
        r = std::make_shared<redis_resolution>(strand_->here());
        resolution_ = r;
        r->resolver.async_resolve(
            options_.host, std::to_string(options_.port), asio::ip::tcp::resolver::numeric_service,
            [self = shared_from_this(), r](error_code ec, asio::ip::tcp::resolver::results_type found) {
                r->failure = ec;
                r->found = std::move(found);
                r->done = true;
                const auto waiting = self->connection_.lock();
                if (waiting && waiting->at == redis_connection::stage::resolving)
                    waiting->timer.cancel();
            });
    }
    while (!r->done && !c->broken && clock::now() < c->deadline) {
        c->timer.expires_at(c->deadline);
        co_await c->timer.async_wait(redis_no_throw);
    }
    if (!r->done) {
        fail(*c, "its name was not resolved (" + std::to_string(options_.connect_timeout.count()) + " ms)");
    } else {
        c->resolved = std::move(r);
        resolution_.reset(); // the next attempt asks again
    }
}

FANFARE_DECL asio::awaitable<bool> redis_link::log_in(connection_ptr c)
{
    outgoing_.clear();
    const auto commands = append_redis_login(outgoing_, options_);
    c->at = redis_connection::stage::logging_in;
    set_alarm(c, c->deadline);
    write(c);
    std::size_t answered = 0;
    while (answered != commands.size() && !c->broken) {
        c->reader.feed(co_await receive(c));
        redis_reply reply;
        auto got = redis_reader::outcome::none;
        while (!c->broken && answered != commands.size() &&
               (got = c->reader.next(reply)) == redis_reader::outcome::one) {
            const auto problem = redis_login_problem(commands[answered++], reply.value());
            if (!problem.empty())
                fail(*c, tidy(problem));
        }
        if (got == redis_reader::outcome::broken)
            fail(*c, "does not speak Redis' protocol (" + tidy(c->reader.problem()) + ')');
    }
    co_return !c->broken;
}

FANFARE_DECL asio::awaitable<std::string_view> redis_link::receive(connection_ptr c)
{
    const auto [ec, n] = co_await c->stream->read_some(asio::buffer(c->input));
    if (ec)
        fail(*c, redis_problem(ec));
    c->active = clock::now();
    c->counts = true;
    co_return std::string_view{c->input.data(), ec ? 0 : n};
}

// False when the connection is over.
FANFARE_DECL bool redis_link::hand_out(redis_connection& c, std::string_view bytes)
{
    const auto events = events_.lock();
    if (!events) {
        fail(c, "nobody listens");
        return false;
    }
    constexpr std::size_t slice = 8 * 1024; // hiredis moves what is left of its buffer after every kilobyte
    redis_reply reply;
    do {
        c.reader.feed(bytes.substr(0, slice));
        bytes.remove_prefix(std::min(slice, bytes.size()));
        auto got = redis_reader::outcome::none;
        while (!c.broken && (got = c.reader.next(reply)) == redis_reader::outcome::one)
            events->on_reply(reply.value());
        if (got == redis_reader::outcome::broken)
            fail(c, "does not speak Redis' protocol (" + tidy(c.reader.problem()) + ')');
    } while (!bytes.empty() && !c.broken);
    events->on_read_end();
    return !c.broken;
}

// Full jitter: when a thousand nodes lose one Redis, they do not come back in step.
FANFARE_DECL asio::awaitable<void> redis_link::pause(connection_ptr c)
{
    using rep = std::chrono::milliseconds::rep;
    const auto bound =
        std::min(options_.max_backoff.count(), options_.first_backoff.count() * (rep{1} << failures_));
    failures_ = std::min(failures_ + 1, 20U);
    c->timer.expires_after(std::chrono::milliseconds{std::uniform_int_distribution<rep>{0, bound}(jitter_)});
    if (!stopped_)
        co_await c->timer.async_wait(redis_no_throw);
}

FANFARE_DECL void redis_link::flush()
{
    const auto c = connection_.lock();
    if (c && up_ && !c->writing && !outgoing_.empty())
        write(c);
}

FANFARE_DECL bool redis_link::writing() const
{
    const auto c = connection_.lock();
    return c && c->writing;
}

// A frozen server's kernel goes on taking what is written. So a write is no life while an answer is due, but for one
// that was under way when the server was last heard: a large command may take its time.
FANFARE_DECL void redis_link::write(const connection_ptr& c)
{
    constexpr std::size_t kept = 1024 * 1024;
    if (c->written.capacity() > kept)
        c->written = {};
    c->written.clear();
    c->written.swap(outgoing_);
    c->offset = 0;
    c->writing = true;
    c->counts = !c->expecting;
    if (c->counts)
        c->active = clock::now();
    ++writes_;
    write_rest(c);
    if (c->at == redis_connection::stage::up)
        watch(c);
}

FANFARE_DECL void redis_link::write_rest(const connection_ptr& c)
{
    const asio::const_buffer rest{c->written.data() + c->offset, c->written.size() - c->offset};
    c->stream->async_write_some(rest, [self = shared_from_this(), c](error_code ec, std::size_t n) {
        if (ec)
            self->fail(*c, redis_problem(ec));
        if (c->broken)
            return;
        c->offset += n;
        if (c->counts)
            c->active = clock::now();
        if (c->offset != c->written.size())
            return self->write_rest(c);
        c->writing = false;
        if (!self->up_)
            return;
        if (const auto events = self->events_.lock())
            events->on_written();
        self->flush();
    });
}

FANFARE_DECL void redis_link::expect_replies(bool on)
{
    const auto c = connection_.lock();
    if (!c || !up_ || c->expecting == on)
        return;
    c->expecting = on;
    if (!on)
        return;
    c->active = clock::now();
    watch(c);
}

FANFARE_DECL void redis_link::drop(std::string_view why)
{
    if (const auto c = connection_.lock())
        fail(*c, why);
}

FANFARE_DECL void redis_link::set_alarm(const connection_ptr& c, clock::time_point at)
{
    c->timer.expires_at(at);
    c->timer.async_wait([self = shared_from_this(), c, number = ++c->alarm](error_code) {
        if (number == c->alarm && !c->broken)
            self->on_alarm(c);
    });
}

FANFARE_DECL void redis_link::on_alarm(const connection_ptr& c)
{
    switch (c->at) {
    case redis_connection::stage::resolving: break; // waits by itself
    case redis_connection::stage::connecting:
        c->late = true;
        c->stream->close();
        break;
    case redis_connection::stage::logging_in: fail(*c, silence(options_.connect_timeout)); break;
    case redis_connection::stage::up:
        c->watching = false;
        if (!c->expecting && !c->writing)
            break;
        if (clock::now() - c->active >= options_.response_timeout)
            fail(*c, silence(options_.response_timeout));
        else
            watch(c);
    }
}

// One wait serves all commands of the next `response_timeout`.
FANFARE_DECL void redis_link::watch(const connection_ptr& c)
{
    if (std::exchange(c->watching, true))
        return;
    set_alarm(c, c->active + options_.response_timeout);
}

FANFARE_DECL void redis_link::fail(redis_connection& c, std::string_view why)
{
    if (std::exchange(c.broken, true))
        return;
    c.problem = why;
    up_ = false;
    c.timer.cancel();
    if (c.stream)
        c.stream->close();
}

FANFARE_DECL std::string redis_link::silence(std::chrono::milliseconds limit) const
{
    return "does not answer (" + std::to_string(limit.count()) + " ms)";
}

} // namespace fanfare::detail

#endif

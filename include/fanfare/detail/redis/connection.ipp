// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REDIS_CONNECTION_IPP
#define FANFARE_DETAIL_REDIS_CONNECTION_IPP

#include <fanfare/detail/redis/connection.hpp>
#include <fanfare/detail/redis/login.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cctype>

namespace fanfare::detail {

inline constexpr auto redis_no_throw = asio::as_tuple(asio::use_awaitable);

// An error in words, as they stand after the server's name.
inline std::string redis_problem(const error_code& ec)
{
    if (ec == asio::error::eof)
        return "closed the connection";
    auto text = ec.message();
    if (text.size() > 1 && std::islower(static_cast<unsigned char>(text[1])))
        text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
    return text;
}

inline std::string redis_silence(std::chrono::milliseconds limit)
{
    return "does not answer (" + std::to_string(limit.count()) + " ms)";
}

FANFARE_DECL redis_connection::redis_connection(const bound_strand::strand_type& strand,
                                                const redis_options& options, std::shared_ptr<void> tls,
                                                callbacks told)
    : strand_{strand}, options_{options}, tls_{std::move(tls)}, told_{std::move(told)}, timer_{strand_},
      deadline_{clock::now() + options_.connect_timeout}
{}

FANFARE_DECL std::string redis_connection::tidy(std::string_view text) const
{
    return tidy_redis_text(text, options_.password);
}

// ---- opening

FANFARE_DECL asio::awaitable<bool> redis_connection::open(std::weak_ptr<redis_resolution>& resolution)
{
    const bool connected = co_await connect(resolution);
    if (!connected)
        co_return false;
    const bool good = co_await log_in();
    if (!good)
        co_return false;
    stage_ = stage::up;
    ++timer_waits_; // the attempt's
    co_return true;
}

// To one of the host's addresses.
FANFARE_DECL asio::awaitable<bool> redis_connection::connect(std::weak_ptr<redis_resolution>& resolution)
{
    const auto endpoints = co_await find(resolution);
    for (std::size_t i = 0; i != endpoints.size() && !closed_; ++i) {
        // An address that swallows everything leaves time for the others.
        const auto now = clock::now();
        stream_ = make_redis_transport(strand_, options_, tls_.get());
        stage_ = stage::connecting;
        late_ = false;
        start_timer(now + (deadline_ - now) / static_cast<clock::rep>(endpoints.size() - i));
        const auto ec = co_await stream_->connect(endpoints[i]);
        ++timer_waits_;
        if (!ec && !late_ && !closed_)
            co_return true;
        if (i + 1 == endpoints.size())
            close(late_ ? redis_silence(options_.connect_timeout) : redis_problem(ec));
        else
            stream_->close();
    }
    co_return false;
}

FANFARE_DECL asio::awaitable<std::vector<redis_connection::endpoint>>
redis_connection::find(std::weak_ptr<redis_resolution>& resolution)
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
    const auto resolved = co_await resolve(resolution);
    if (closed_)
        co_return out;
    for (const auto& one : resolved->found)
        out.emplace_back(one.endpoint());
    if (out.empty())
        close(resolved->failure ? redis_problem(resolved->failure) : "the host has no address");
    co_return out;
}

FANFARE_DECL asio::awaitable<std::shared_ptr<redis_resolution>>
redis_connection::resolve(std::weak_ptr<redis_resolution>& resolution)
{
    auto r = resolution.lock();
    if (!r) {
        r = std::make_shared<redis_resolution>(strand_);
        resolution = r;
        r->resolver.async_resolve(options_.host, std::to_string(options_.port),
                                  asio::ip::tcp::resolver::numeric_service,
                                  [r](error_code ec, asio::ip::tcp::resolver::results_type found) {
                                      r->failure = ec;
                                      r->found = std::move(found);
                                      r->done = true;
                                      const auto waiting = r->waiting.lock();
                                      if (waiting && waiting->stage_ == stage::resolving)
                                          waiting->timer_.cancel();
                                  });
    }
    r->waiting = weak_from_this();
    while (!r->done && !closed_ && clock::now() < deadline_) {
        timer_.expires_at(deadline_);
        co_await timer_.async_wait(redis_no_throw);
    }
    if (!r->done)
        close("its name was not resolved (" + std::to_string(options_.connect_timeout.count()) + " ms)");
    else
        resolution.reset(); // the next attempt asks again
    co_return r;
}

FANFARE_DECL asio::awaitable<bool> redis_connection::log_in()
{
    std::string login;
    const auto commands = append_redis_login(login, options_);
    stage_ = stage::logging_in;
    start_timer(deadline_);
    write(login);
    std::size_t answered = 0;
    while (answered != commands.size() && !closed_) {
        feed(co_await receive());
        redis_reply reply;
        while (answered != commands.size() && next(reply)) {
            const auto problem = redis_login_problem(commands[answered++], reply.value());
            if (!problem.empty())
                close(tidy(problem));
        }
    }
    co_return !closed_;
}

// ---- reading and writing

FANFARE_DECL asio::awaitable<std::string_view> redis_connection::receive()
{
    const auto [ec, n] = co_await stream_->read_some(asio::buffer(input_));
    if (ec)
        close(redis_problem(ec));
    active_ = clock::now();
    write_is_life_ = true;
    co_return std::string_view{input_.data(), ec ? 0 : n};
}

FANFARE_DECL asio::awaitable<void> redis_connection::wait(clock::duration time)
{
    timer_.expires_after(time);
    co_await timer_.async_wait(redis_no_throw);
}

FANFARE_DECL bool redis_connection::next(redis_reply& out)
{
    if (closed_)
        return false;
    const auto got = reader_.next(out);
    if (got == redis_reader::outcome::broken)
        close("does not speak Redis' protocol (" + tidy(reader_.problem()) + ')');
    return got == redis_reader::outcome::one;
}

// A frozen server's kernel goes on taking what is written. So a write is no life while an answer is due, but for one
// that was under way when the server was last heard: a large command may take its time.
FANFARE_DECL void redis_connection::write(std::string& bytes)
{
    constexpr std::size_t kept = 1024 * 1024;
    if (written_.capacity() > kept)
        written_ = {};
    written_.clear();
    written_.swap(bytes);
    offset_ = 0;
    writing_ = true;
    write_is_life_ = !expecting_;
    if (write_is_life_)
        active_ = clock::now();
    write_rest();
    if (stage_ == stage::up)
        watch();
}

FANFARE_DECL void redis_connection::write_rest()
{
    const asio::const_buffer rest{written_.data() + offset_, written_.size() - offset_};
    stream_->async_write_some(rest, [self = shared_from_this()](error_code ec, std::size_t n) {
        if (ec)
            self->close(redis_problem(ec));
        if (self->closed_)
            return;
        self->offset_ += n;
        if (self->write_is_life_)
            self->active_ = clock::now();
        if (self->offset_ != self->written_.size())
            return self->write_rest();
        self->writing_ = false;
        self->told_.on_written();
    });
}

// ---- silence, and the end

FANFARE_DECL void redis_connection::expect_replies(bool on)
{
    if (expecting_ == on)
        return;
    expecting_ = on;
    if (!on)
        return;
    active_ = clock::now();
    watch();
}

// One wait serves all commands of the next `response_timeout`.
FANFARE_DECL void redis_connection::watch()
{
    if (std::exchange(watching_, true))
        return;
    start_timer(active_ + options_.response_timeout);
}

FANFARE_DECL void redis_connection::start_timer(clock::time_point at)
{
    timer_.expires_at(at);
    timer_.async_wait([self = shared_from_this(), number = ++timer_waits_](error_code) {
        if (number == self->timer_waits_ && !self->closed_)
            self->on_timer();
    });
}

FANFARE_DECL void redis_connection::on_timer()
{
    switch (stage_) {
    case stage::resolving: break; // waits by itself
    case stage::connecting:
        late_ = true;
        stream_->close();
        break;
    case stage::logging_in: close(redis_silence(options_.connect_timeout)); break;
    case stage::up:
        watching_ = false;
        if (!expecting_ && !writing_)
            break;
        if (clock::now() - active_ >= options_.response_timeout)
            close(redis_silence(options_.response_timeout));
        else
            watch();
    }
}

FANFARE_DECL void redis_connection::close(std::string_view why)
{
    if (std::exchange(closed_, true))
        return;
    problem_ = why;
    timer_.cancel();
    if (stream_)
        stream_->close();
    told_.on_closed();
}

} // namespace fanfare::detail

#endif

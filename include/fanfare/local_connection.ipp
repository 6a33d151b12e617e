// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_LOCAL_CONNECTION_IPP
#define FANFARE_LOCAL_CONNECTION_IPP

#include <fanfare/detail/base/connection_kind.hpp>
#include <fanfare/detail/protocol/protocols.hpp>
#include <fanfare/detail/session/session.hpp>
#include <fanfare/detail/wire/server_frame.hpp>
#include <fanfare/local_connection.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <atomic>
#include <exception>
#include <string>
#include <utility>
#include <vector>

namespace fanfare {
namespace detail {

class local_session;

/// Shared by a `local_connection` and its session.
struct local_link {
    std::weak_ptr<hub_core> hub;
    shard* home = nullptr; // lives as long as the hub
    std::atomic<bool> paused{false};
    std::atomic<bool> closed{false}; // by the `local_connection`: no handler is called any more
    local_handlers handlers;         // this and the next only on the shard
    local_session* session = nullptr;

    template <class F>
    static void post(const std::shared_ptr<local_link>& self, F work)
    {
        if (const auto alive = self->hub.lock())
            self->home->post([self, work = std::move(work)](shard&) {
                if (self->session)
                    work(*self->session);
            });
    }
};

/// A session without a socket: takes the messages out of the frames of its outbox, and passes them to the handlers.
// Its functions are cold: where no other kind of session is in sight, GCC takes a call of one for likely to be a call of
// these, and compiles them into programs that have no such connection.
class local_session final : public session {
public:
    local_session(std::shared_ptr<const session_context> context, shard& home, session_settings settings,
                  std::shared_ptr<local_link> link)
        : session{std::move(context), home, std::move(settings)}, link_{std::move(link)}, read_timer_{
                                                                                              home.executor()}
    {}
    [[gnu::cold]] ~local_session() override { link_->session = nullptr; }

    void begin()
    {
        link_->session = this;
        start({});
    }
    /// A message from the application. Waits until `connected` has been sent.
    void receive(std::string text)
    {
        if (greeted())
            return on_message(text);
        if (queued_.size() >= std::max(context().options.message_burst, 1U))
            return close(close_code::rate_limited);
        queued_.push_back(std::move(text));
    }
    void resumed()
    {
        if (!link_->paused && std::exchange(wants_write_, false))
            on_writable();
    }

private:
    [[gnu::cold]] transport_kind transport() const noexcept override { return transport_kind::local; }
    [[gnu::cold]] int native_socket() noexcept override { return -1; }

    [[gnu::cold]] void on_greeted() override
    {
        for (const auto& text : std::exchange(queued_, {}))
            on_message(text);
    }

    [[gnu::cold]] std::size_t write(std::span<const std::string_view> buffers, error_code&) override
    {
        std::size_t taken = 0;
        server_frame one;
        for (auto bytes : buffers) {
            const auto all = bytes.size();
            while ((!link_->paused || is_control(bytes)) && next_server_frame(bytes, one))
                hand_over(one);
            taken += all - bytes.size();
            if (!bytes.empty())
                break;
        }
        return taken;
    }

    static bool is_control(std::string_view frame) noexcept
    {
        return !frame.empty() && (static_cast<unsigned char>(frame.front()) & 8) != 0; // RFC 6455 section 5.5
    }

    [[gnu::cold]] bool has_peer() const noexcept override { return false; }

    void hand_over(const server_frame& one)
    {
        if (one.opcode == ws_opcode::close) {
            const auto why = read_close(one.payload);
            code_ = why.code;
            reason_ = why.reason;
        } else if (one.opcode == ws_opcode::text) {
            call([&] {
                if (link_->handlers.on_message && !failed_)
                    link_->handlers.on_message(one.payload);
            });
        }
    }

    template <class F>
    void call(F handler)
    {
        if (link_->closed)
            return;
        try {
            handler();
        } catch (...) {
            failed_ = true;
            handler_failed(std::current_exception());
            home().post([keep = boost::intrusive_ptr<local_session>{this}](shard&) {
                keep->close(close_code::internal_error, "the handler failed");
            });
        }
    }

    // There is nothing to read. The wait for a timer that never expires owns the session, as a read from a socket would.
    [[gnu::cold]] void wait_read() override
    {
        read_timer_.expires_at(asio::steady_timer::time_point::max());
        read_timer_.async_wait(
            asio::bind_executor(home().executor(), [keep = boost::intrusive_ptr<local_session>{this}](error_code) {
                keep->read_done();
            }));
    }
    [[gnu::cold]] void wait_write() override { wants_write_ = true; }

    // The close frame has been delivered. Posted, since this is called in the middle of a write.
    [[gnu::cold]] void shutdown_write() noexcept override
    {
        home().post([keep = boost::intrusive_ptr<local_session>{this}](shard&) { keep->end(); });
    }

    [[gnu::cold]] void close_stream() noexcept override
    {
        read_timer_.cancel();
        call([this] {
            if (const auto on_close = std::move(link_->handlers.on_close))
                on_close(code_ == close_code::no_status ? reason() : code_, reason_);
        });
        link_->session = nullptr;
        home().post([link = link_](shard&) { link->handlers = {}; }); // not now: one of them may be running
    }

    std::shared_ptr<local_link> link_;
    asio::steady_timer read_timer_;
    close_code code_ = close_code::no_status;
    std::string reason_;
    std::vector<std::string> queued_; // received before the session is greeted
    bool wants_write_ = false;
    bool failed_ = false; // a handler threw: it gets no more messages
};

} // namespace detail

FANFARE_DECL error_code local_connection::send(std::string_view message)
{
    const auto hub = link_ ? link_->hub.lock() : nullptr;
    if (hub && message.size() > hub->options().max_message_size)
        return error::message_too_large;
    if (hub)
        detail::local_link::post(link_,
                                 [text = std::string{message}](detail::local_session& s) { s.receive(text); });
    return {};
}

FANFARE_DECL void local_connection::pause() noexcept
{
    if (link_)
        link_->paused = true;
}

FANFARE_DECL void local_connection::resume()
{
    if (link_ && link_->paused.exchange(false))
        detail::local_link::post(link_, [](detail::local_session& s) { s.resumed(); });
}

FANFARE_DECL void local_connection::close() noexcept
{
    if (const auto link = std::exchange(link_, nullptr)) {
        link->closed = true;
        link->paused = false;
        detail::local_link::post(link, [](detail::local_session& s) {
            s.resumed();
            s.close(close_code::normal);
        });
    }
}

FANFARE_DECL local_connection detail::local_connector<local_handlers>::connect(
    const std::shared_ptr<hub_core>& hub, identity who, local_handlers handlers)
{
    // It presents no credential: what the application says now holds from now on.
    if (!who.anonymous() && who.token_id.empty() && !who.issued_at)
        who.issued_at = wall_now();
    if (const auto ec = hub->admitted.admit(who, {}))
        throw boost::system::system_error{ec, "fanfare::hub::connect"};
    auto& home = hub->shards.least_loaded();
    home.expect_connection();
    const auto link = std::make_shared<local_link>();
    link->hub = hub;
    link->home = &home;
    link->handlers = std::move(handlers);
    const boost::intrusive_ptr<local_session> made{
        new local_session{hub->context(),
                          home,
                          {.who = hub->admitted.share(std::move(who)), .language = &protocol_of(*hub->context())},
                          link}};
    home.post([made](shard&) { made->begin(); });
    return local_connection{link};
}

} // namespace fanfare

#endif

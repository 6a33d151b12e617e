// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_SSE_HPP
#define FANFARE_SSE_HPP

#include <fanfare/auth.hpp>
#include <fanfare/config.hpp>
#include <fanfare/detail/base/random.hpp>
#include <fanfare/detail/http/handoff.hpp>
#include <fanfare/detail/session/flat_connection.hpp>
#include <fanfare/detail/wire/event_stream.hpp>
#include <fanfare/hub.hpp>
#include <fanfare/identity.hpp>

#include <boost/asio/dispatch.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/write.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fanfare {

namespace detail {

/// What a request for a stream of events asks for: `?rooms=a,b`, `&last=N`, and where the client was.
struct event_request {
    std::vector<std::string> rooms;
    std::uint64_t last = 0;
    event_positions positions;
};
/// Reads it into `out`; answers in words what is wrong, if something is.
std::string read_event_request(const handshake_request& request, event_request& out);
/// The head of the answer. The stream's end is the end of the body (RFC 9112 section 6.3).
http::response<http::empty_body> event_stream_head(const event_options& options, unsigned version);
/// The `subscribe` that the request stands for; empty if it names no room.
std::string event_subscription(const event_request& wanted, event_positions& positions, const session& self);

} // namespace detail

/// One client's stream of Server-Sent Events, over any Asio stream. Made by `hub::accept_events`.
///
/// Every message is one event without a name, whose `data` is the envelope that a WebSocket client would get. In rooms
/// with history events carry an `id`; a browser's `EventSource` brings the last one back by itself, and gets what it
/// missed, or is told. What the client has to say it posts, with the secret `session` of `connected`; see
/// `http_api`. Comments are the heartbeat. Before the server ends the stream it sends an event `close` with the code and
/// the reason of the WebSocket close frame, and `retry` where a delay is wanted.
template <class Stream>
class event_connection final : public detail::flat_connection<Stream> {
    using base = detail::flat_connection<Stream>;

public:
    event_connection(Stream stream, std::shared_ptr<detail::hub_core> hub, detail::shard& home,
                     detail::session_settings settings, detail::event_request wanted)
        : base{std::move(stream), std::move(hub), home, std::move(settings), 512}, wanted_{std::move(wanted)},
          secret_{detail::random_token(24)}
    {
        writer_.positions = std::move(wanted_.positions);
    }

    bool is_secret(std::string_view shown) const noexcept override { return detail::same_secret(shown, secret_); }

private:
    std::size_t take(std::span<const std::string_view> buffers, std::vector<char>& out) override
    {
        return writer_.write(buffers, out, base::max_write);
    }
    // Nothing more is to come on this connection; the peer's end of it is still noticed.
    void on_input(std::span<char>) override {}
    // The peer's system took it. One that is gone confirms nothing, and is noticed by the socket's time-out.
    void on_output() override { this->heard(); }

    void add_to_greeting(json::object& greeting) override
    {
        greeting["session"] = this->hub().id_of(this->number()) + secret_;
    }
    void on_greeted() override
    {
        if (const auto text = detail::event_subscription(wanted_, writer_.positions, *this); !text.empty())
            this->on_text(text);
        wanted_ = {};
    }

    detail::event_request wanted_; // until it is greeted
    detail::event_writer writer_;
    const std::string secret_;
};

namespace detail {

/// Answers one request for events; then the stream moves into the hub.
template <class Stream>
class event_operation : public handoff<Stream>, public std::enable_shared_from_this<event_operation<Stream>> {
public:
    event_operation(std::shared_ptr<hub_core> hub, Stream stream, const handshake_request& request,
                    unsigned version, identity who, event_options options, shard* home)
        : handoff<Stream>{std::move(hub), std::move(stream), std::move(who), home},
          wrong_{read_event_request(request, wanted_)}, version_{version}, options_{std::move(options)}
    {
        if (this->hub_->handlers.raw)
            wrong_ = "this hub speaks a language of its own";
    }

    void run()
    {
        if (!wrong_.empty()) {
            this->hub_->doors.count_refusal();
            return turn_away(error_response(400, error::invalid_message, wrong_, version_));
        }
        if (const auto ec = this->admit())
            return turn_away(refusal_response(static_cast<error>(ec.value()), version_));
        head_.emplace(event_stream_head(options_, version_));
        serializer_.emplace(*head_);
        http::async_write_header(this->stream_, *serializer_,
                                 [self = this->shared_from_this()](error_code ec, std::size_t) {
                                     if (!ec)
                                         self->on_answered();
                                 });
    }

private:
    void turn_away(http::response<http::string_body> answer)
    {
        allow_page(answer, options_.allow_origin);
        answer.keep_alive(false);
        this->refuse(std::move(answer), this->shared_from_this());
    }

    void on_answered()
    {
        if constexpr (requires { this->stream_.native_handle(); })
            limit_unconfirmed(this->stream_.native_handle(), this->hub_->options().idle_timeout);
        else if constexpr (requires { this->stream_.lowest_layer().native_handle(); })
            limit_unconfirmed(this->stream_.lowest_layer().native_handle(), this->hub_->options().idle_timeout);
        this->move_in({}, {}, [this]<class S>(S stream, shard& home, session_settings settings) {
            return boost::intrusive_ptr<session>{new event_connection<S>{std::move(stream), this->hub_, home,
                                                                         std::move(settings), std::move(wanted_)}};
        });
    }

    event_request wanted_;
    std::string wrong_; // with the request
    unsigned version_;
    event_options options_;
    std::optional<http::response<http::empty_body>> head_;
    std::optional<http::response_serializer<http::empty_body>> serializer_;
};

template <class Stream>
void open_events(const std::shared_ptr<hub_core>& hub, shard* home, Stream stream,
                 const handshake_request& request, unsigned version, identity who, event_options options)
{
    const auto executor = stream.get_executor();
    auto op = std::make_shared<event_operation<Stream>>(hub, std::move(stream), request, version, std::move(who),
                                                        std::move(options), home);
    asio::dispatch(executor, [op] { op->run(); });
}

/// What `hub::accept_events` stands on; see there.
template <class Stream>
struct event_acceptor {
    template <class Request>
    static void open(const std::shared_ptr<hub_core>& hub, Stream stream, const Request& request, identity who,
                     event_options options)
    {
        const auto view = describe(request, {});
        if constexpr (requires { stream.release_socket(); })
            open_events(hub, nullptr, stream.release_socket(), view, request.version(), std::move(who),
                        std::move(options));
        else
            open_events(hub, nullptr, std::move(stream), view, request.version(), std::move(who),
                        std::move(options));
    }
};

} // namespace detail
} // namespace fanfare

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/sse.ipp>
#endif

#endif

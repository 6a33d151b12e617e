// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_SSE_HPP
#define FANFARE_SSE_HPP

#include <fanfare/auth.hpp>
#include <fanfare/config.hpp>
#include <fanfare/detail/base/connection_kind.hpp>
#include <fanfare/detail/base/random.hpp>
#include <fanfare/detail/http/cors.hpp>
#include <fanfare/detail/http/handoff.hpp>
#include <fanfare/detail/http/message.hpp>
#include <fanfare/detail/http/socket_options.hpp>
#include <fanfare/detail/session/stream_session.hpp>
#include <fanfare/detail/wire/event_stream.hpp>
#include <fanfare/handshake.hpp>
#include <fanfare/hub.hpp>
#include <fanfare/identity.hpp>

#include <boost/asio/dispatch.hpp>
#include <boost/beast/http/message.hpp>

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

/// What the request for an event stream names: rooms (`?rooms=a,b`), how many of their last messages come first
/// (`&last=N`), and the positions to go on from (`Last-Event-ID`).
struct event_stream_request {
    std::vector<std::string> rooms;
    std::uint64_t last = 0;
    event_positions positions;
};
/// Reads it into `out`. Returns a message for the client if the request is malformed, else an empty string.
std::string read_event_stream_request(const handshake_request& request, event_stream_request& out);
/// Why this hub cannot answer the request, which is read into `out`; empty if it can.
std::string event_stream_problem(const hub_core& hub, const handshake_request& request, event_stream_request& out);
/// The head of the answer. The stream's end is the end of the body (RFC 9112 section 6.3).
http_response event_stream_head(const event_options& options, unsigned version);
/// The `subscribe` message that the request stands for; empty if there is no room to join.
std::string subscribe_envelope(const event_stream_request& wanted, event_positions& positions,
                               const session& self);

} // namespace detail

/// One client's stream of Server-Sent Events (HTML Living Standard, section 9.2), over any Asio stream. Made by
/// `hub::accept_events`.
///
/// Every message is one event without a name, whose `data` is the envelope that a WebSocket client would get. In rooms
/// with history events carry an `id`; a browser's `EventSource` sends the last one when it reconnects, and the client gets
/// the messages that it missed, or a `gap`. Messages from the client come by `POST /api/v1/sse`, with the secret `session`
/// of `connected`; see `http_api`. Comments are the heartbeat. Before the server ends the stream it sends an event `close`
/// with the code and the reason of the WebSocket close frame, and `retry` where a delay is wanted.
///
/// Only on its shard.
template <class Stream>
class event_connection final : public detail::stream_session<Stream, detail::session> {
    using base = detail::stream_session<Stream, detail::session>;

public:
    /// For `hub::accept_events`, which has written the head of the response. `wanted` is read when the client has been sent
    /// `connected`.
    event_connection(Stream stream, std::shared_ptr<const detail::session_context> context, detail::shard& home,
                     detail::session_settings settings, detail::event_stream_request wanted)
        : base{std::move(stream), std::move(context), home, std::move(settings), 512}, wanted_{std::move(wanted)},
          secret_{detail::random_token(24)}
    {
        writer_.positions = std::move(wanted_.positions);
    }

    /// Whether `candidate` is the secret part of this client's `session`: whoever posts it is the client, and may have the
    /// connection subscribe, publish and so on. Compared in constant time. Thread-safe.
    bool is_secret(std::string_view candidate) const noexcept override
    {
        return detail::same_secret(candidate, secret_);
    }

private:
    detail::transport_kind transport() const noexcept override { return detail::transport_kind::events; }
    std::size_t take(std::span<const std::string_view> buffers, std::vector<char>& out) override
    {
        return writer_.write(buffers, out, base::max_write);
    }
    // After the request a client sends nothing: input is dropped. The end of the stream is noticed by the base class.
    void on_bytes(std::span<char>) override {}
    // The client itself sends nothing, so a write that went well counts as its sign of life. A peer that is gone
    // acknowledges no data: then TCP_USER_TIMEOUT ends the connection.
    void on_output() override { this->heard(); }

    void add_to_greeting(json::object& greeting) override
    {
        greeting["session"] = this->context().node.id_of(this->number()) + secret_;
    }
    void on_greeted() override
    {
        if (const auto text = detail::subscribe_envelope(wanted_, writer_.positions, *this); !text.empty())
            this->on_message(text);
        wanted_ = {};
    }

    detail::event_stream_request wanted_; // until `on_greeted`
    detail::event_writer writer_;
    const std::string secret_;
};

namespace detail {

/// Answers one request for an event stream; then the stream moves into an `event_connection`.
template <class Stream>
class event_stream_operation : public handoff<Stream>,
                               public std::enable_shared_from_this<event_stream_operation<Stream>> {
public:
    event_stream_operation(Stream stream, const handshake_request& request, unsigned version, admission place,
                           event_options options, shard* home)
        : handoff<Stream>{std::move(stream), std::move(place), home, options.timeout},
          problem_{event_stream_problem(*this->hub_, request, wanted_)}, version_{version},
          head_only_{request.method() == "HEAD"}, options_{std::move(options)}
    {}

    void run()
    {
        if (!problem_.empty()) {
            this->hub_->admitted.count_refusal(error::invalid_message);
            return send_error(error_response(400, error::invalid_message, problem_, version_));
        }
        if (const auto ec = this->admit())
            return send_error(this->refusal(ec, version_));
        this->begin_deadline(this->shared_from_this());
        this->send(
            this->shared_from_this(), head_text(event_stream_head(options_, version_)), [this](error_code ec) {
                if (const bool in_time = this->end_deadline(); !in_time || ec)
                    return this->hub_->admitted.count_refusal(in_time ? ec : make_error_code(error::timed_out));
                on_answered();
            });
    }

private:
    void send_error(http::response<http::string_body> answer)
    {
        allow_origin(answer, options_.allow_origin);
        this->reject(std::move(answer), head_only_);
    }

    void on_answered()
    {
        if constexpr (requires { this->stream_.lowest_layer().native_handle(); }) // that of TLS is no descriptor
            set_user_timeout(this->stream_.lowest_layer().native_handle(), this->hub_->options().idle_timeout);
        this->start_session({}, {}, [this]<class S>(S stream, shard& home, session_settings settings) {
            return boost::intrusive_ptr<session>{new event_connection<S>{
                std::move(stream), this->hub_->context(), home, std::move(settings), std::move(wanted_)}};
        });
    }

    event_stream_request wanted_;
    std::string problem_; // why the request is refused; empty: it is not
    unsigned version_;
    bool head_only_;
    event_options options_;
};

/// `home`: where the connection will live; null: on the least loaded shard.
template <class Stream>
void accept_event_stream(shard* home, Stream stream, const handshake_request& request, unsigned version,
                         admission place, event_options options)
{
    const auto executor = stream.get_executor();
    auto op = std::make_shared<event_stream_operation<Stream>>(std::move(stream), request, version,
                                                               std::move(place), std::move(options), home);
    asio::dispatch(executor, [op] { op->run(); });
}

/// Carries out `hub::accept_events`. The socket is taken out of a `beast::tcp_stream`, whose timeouts are not wanted any
/// more.
///
/// Preconditions: `request` was read from `stream` completely, and nothing was written or read since.
/// Lifetimes: the stream is moved in; `request` is used only until this returns.
/// Completion: none. `hub::on_connect` tells when the client is connected.
/// Executor: the response is written on the stream's executor; then a socket moves to the executor of the least loaded
/// shard, and a `tls_stream` as well. Any other stream keeps its executor, and is used from that shard's.
/// Errors: 400 for a malformed request (`?last=`, `Last-Event-ID`, too many rooms, a parameter of these that cannot be
/// read, a hub with `on_raw`) or user id, 429 for
/// the hub's limits, 503 while it shuts down. The stream is closed then, and counted in `hub_stats::refused`.
/// Cancellation: none but `event_options::timeout` and the hub's end.
/// Thread-safe.
template <class Stream>
struct event_stream_acceptor {
    template <class Request>
    static void accept(const std::shared_ptr<hub_core>& hub, Stream stream, const Request& request, identity who,
                       event_options options)
    {
        const auto view = describe_request(request, {});
        admission place{hub, std::move(who), peer_address(stream)};
        accept_event_stream(nullptr, unwrapped(std::move(stream)), view, request.version(), std::move(place),
                            std::move(options));
    }
};

} // namespace detail
} // namespace fanfare

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/sse.ipp>
#endif

#endif

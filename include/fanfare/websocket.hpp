// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_WEBSOCKET_HPP
#define FANFARE_WEBSOCKET_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/http/handoff.hpp>
#include <fanfare/detail/http/message.hpp>
#include <fanfare/detail/http/request_rules.hpp>
#include <fanfare/detail/http/upgrade.hpp>
#include <fanfare/detail/hub/hub_core.hpp>
#include <fanfare/detail/net/net_stream.hpp>
#include <fanfare/detail/session/net_session.hpp>
#include <fanfare/hub.hpp>
#include <fanfare/identity.hpp>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace fanfare {

namespace detail {

/// One upgrade: writes the response; then the stream moves into a `connection`.
template <class Stream>
class upgrade_operation : public handoff<Stream>, public std::enable_shared_from_this<upgrade_operation<Stream>> {
public:
    upgrade_operation(Stream stream, request_head request, admission place, accept_options options, shard* home)
        : handoff<Stream>{std::move(stream), std::move(place), home, options.timeout},
          request_{std::move(request)}, options_{std::move(options)}
    {}

    void run()
    {
        // Before the upgrade, so that the client gets an HTTP status.
        if (auto fault = handshake_fault(request_)) {
            this->hub_->admitted.count_refusal(error::invalid_message);
            return refuse(std::move(*fault));
        }
        if (const auto ec = this->admit())
            return refuse(this->refusal(ec, request_.version()));
        const auto deflate = agreed_deflate(request_, this->hub_->options().deflate);
        if (deflate) {
            settings_.deflate = true;
            settings_.client_window_bits = deflate->client_window_bits;
            settings_.server_window_bits = deflate->server_window_bits;
        }
        extension_ = deflate ? deflate->answer : "";
        this->begin_deadline(this->shared_from_this());
        if (!expects_continue(request_))
            return accept();
        this->send(this->shared_from_this(), std::string{continue_text},
                   [this](error_code ec) { // RFC 9110 section 7.8
                       if (ec)
                           return on_answered(ec);
                       accept();
                   });
    }

private:
    void refuse(http_response answer) { this->reject(std::move(answer), request_.method() == http::verb::head); }

    void accept()
    {
        auto answer = upgrade_answer(request_, extension_, agreed_subprotocol(request_, options_.subprotocol));
        this->send(this->shared_from_this(), std::move(answer), [this](error_code ec) { on_answered(ec); });
    }

    void on_answered(error_code ec)
    {
        if (const bool in_time = this->end_deadline(); !in_time || ec)
            return this->hub_->admitted.count_refusal(in_time ? ec : make_error_code(error::timed_out));
        this->start_session(std::move(settings_), std::move(options_.early),
                            [this]<class S>(S stream, shard& home, session_settings settings) {
                                return this->make_session(std::move(stream), home, std::move(settings));
                            });
    }

    template <class S>
    boost::intrusive_ptr<session> make_session(S stream, shard& home, session_settings settings)
    {
        return new connection<S>{std::move(stream), this->hub_->context(), home, std::move(settings)};
    }
    boost::intrusive_ptr<session> make_session(net_stream stream, shard& home, session_settings settings)
    {
        if (!stream.has_tls())
            return make_session(stream.release().first, home, std::move(settings));
        return new net_session{std::move(stream), this->hub_->context(), home, settings};
    }

    request_head request_;
    accept_options options_;
    session_settings settings_;
    std::string extension_; // the answer's
};

/// `home`: where the connection will live; null: on the least loaded shard.
template <class Stream>
void accept_websocket(shard* home, Stream stream, request_head request, admission place, accept_options options)
{
    const auto executor = stream.get_executor();
    auto op = std::make_shared<upgrade_operation<Stream>>(std::move(stream), std::move(request), std::move(place),
                                                          std::move(options), home);
    asio::dispatch(executor, [op] { op->run(); });
}

/// Carries out `hub::accept`. The socket is taken out of a `beast::tcp_stream`, whose timeouts are not wanted any more.
///
/// Preconditions: `request` was read from `stream` completely; bytes read past it are in `accept_options::early`.
/// Lifetimes: the stream is moved in; `request` is used only until this returns.
/// Completion: none. `hub::on_connect` tells when the client is connected.
/// Executor: the upgrade runs on the stream's executor; then a socket moves to the executor of the least loaded shard. A
/// `tls_stream` does, too. Any other stream keeps its executor, and is used from that shard's.
/// Errors: 400 or 426 with JSON for a request that is no valid upgrade (RFC 6455 section 4.2.1), 429 for the hub's limits, 503 while
/// it shuts down, 400 for a user id that cannot be. The stream is closed then, and counted in `hub_stats::refused`.
/// Cancellation: none but `accept_options::timeout` and the hub's end.
/// Thread-safe.
template <class Stream>
struct websocket_acceptor {
    template <class Request>
    static void accept(const std::shared_ptr<hub_core>& hub, Stream stream, const Request& request, identity who,
                       accept_options options)
    {
        admission place{hub, std::move(who), peer_address(stream)};
        accept_websocket(nullptr, unwrapped(std::move(stream)), head_of(request), std::move(place),
                         std::move(options));
    }
};

} // namespace detail
} // namespace fanfare

#endif

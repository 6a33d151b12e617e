// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_ENDPOINT_HPP
#define FANFARE_ENDPOINT_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/http/accept_client.hpp>
#include <fanfare/detail/http/gatekeeper.hpp>
#include <fanfare/detail/http/handoff.hpp>
#include <fanfare/detail/http/request_rules.hpp>
#include <fanfare/detail/net/stream_layers.hpp>
#include <fanfare/endpoint_options.hpp>
#include <fanfare/handshake.hpp>
#include <fanfare/hub.hpp>
#include <fanfare/tls_peer.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/beast/http/message.hpp>

#include <exception>
#include <memory>
#include <string>
#include <utility>

namespace fanfare {

/// The door of a hub in an HTTP server of the application's own: WebSockets and event streams, with all that `server`
/// asks of a client before it lets it in. It runs the same code.
/// @code
/// fanfare::endpoint door{hub, {.authenticate = fanfare::ticket_authenticator{tickets}}};
/// // ... and where the server has read a request:
/// if (door.handles(request))
///     return door.accept(std::move(stream), request, beast::buffers_to_string(buffer.data()));
/// @endcode
/// A handle: copies are one endpoint. Thread-safe, as far as the authenticator is.
class endpoint {
public:
    /// @param at The hub, whose core it keeps alive. Its executors' context must outlive the endpoint.
    /// @param options Where it is and who may connect. Copied; what its functions refer to must live until the contexts of
    ///        all streams have ended, since clients that are being asked outlive the endpoint.
    /// Throws `std::invalid_argument`, which names the path and what is wrong with it, if `options.path` cannot be one.
    template <class Bus, class Store>
    explicit endpoint(hub<Bus, Store>& at, endpoint_options options = {}) : endpoint{at.core(), std::move(options)}
    {}

    /// Whether a request is for `accept`: a WebSocket upgrade of `endpoint_options::path` (also one that breaks RFC 6455
    /// otherwise), or GET, HEAD or OPTIONS of `/api/v1/sse`. A POST of that path is for `http_api`. Thread-safe.
    template <class Body, class Fields>
    bool handles(const boost::beast::http::request<Body, Fields>& request) const
    {
        return door_->handles(detail::head_of(request));
    }

    /// Answers a request, whatever comes of it, and takes the stream. In this order it looks at the request itself
    /// (RFC 9112 section 3.2, RFC 6455 section 4.2.1), the host, the page's origin; asks the authenticator; looks at the
    /// hub's limits. Then the client is connected, or gets an HTTP response with `{"error":{"code","message"}}`, and the
    /// connection ends so that it can read it (RFC 9112 section 9.6). Event streams have the fields of CORS (Fetch Standard,
    /// section 3.2); OPTIONS is a preflight.
    ///
    /// @param stream Any Asio stream with its TLS handshake done: a TCP or Unix socket, a `beast::tcp_stream`, whose timeouts
    ///        end, a `tls_stream`, an `asio::ssl::stream`, a `beast::ssl_stream`. Nothing is under way on it. Its executor
    ///        runs one handler at a time: a strand, or a context of one thread.
    /// @param request What was read from it, and all of it: a Beast message with any body and any fields.
    /// @param early The bytes that were read past the request: what the buffer holds still.
    /// @param tls For `handshake_request::tls`. Null: that of a `tls_stream`; of others nothing is known.
    ///
    /// Lifetimes: the request is copied before this returns. The endpoint and the hub may be destroyed at any time; the
    /// stream's context and the hub's may not end first.
    /// Executor: works on the stream's, never before this has returned; then a socket, and a `tls_stream`, moves to the least
    /// loaded shard's. Any other stream keeps its executor, and is used from that shard's.
    /// Completion: none. `hub::on_connect` tells when the client is connected.
    /// Errors: none here. What is refused is counted in `hub_stats::refused`; what the authenticator throws is told to
    /// `hub::on_exception`.
    /// Cancellation: none but `endpoint_options::timeout`, for the authenticator and for each answer, and the contexts' end.
    /// Thread-safe.
    template <class Stream, class Body, class Fields>
    void accept(Stream stream, const boost::beast::http::request<Body, Fields>& request, std::string early = {},
                std::shared_ptr<const tls_peer> tls = nullptr) const
    {
        constexpr bool has_engine = requires
        {
            stream.engine()->peer();
        };
        bool secure = tls || requires(void (*f)(error_code))
        {
            stream.async_shutdown(f);
        };
        if constexpr (has_engine) {
            secure = secure || stream.has_tls();
            if (!tls && stream.has_tls())
                tls = stream.engine()->peer();
        }
        auto client = detail::arrival_at(detail::head_of(request), detail::known_peer_address(stream),
                                         door_->proxies(), secure, std::move(tls), std::move(early));
        const auto executor = stream.get_executor();
        auto serving =
            detail::accept_client(door_, nullptr, detail::unwrapped(std::move(stream)), std::move(client));
        asio::co_spawn(executor, std::move(serving), [door = door_](std::exception_ptr failed) {
            if (failed)
                door->report(nullptr, failed);
        });
    }

    /// Lets the page that has made this request read the response, if the page is of one of `endpoint_options::origins`
    /// (CORS; Fetch Standard, section 3.2): for the answer of `http_api` to what the clients of event streams send (POST
    /// of `/api/v1/sse`). Does nothing for other paths. Thread-safe.
    template <class Body, class Fields, class Answer>
    void allow_page(const boost::beast::http::request<Body, Fields>& request,
                    boost::beast::http::response<Answer>& response) const
    {
        if (door_->is_for_events(detail::head_of(request)))
            detail::allow_origin(response, door_->page_of(describe_request(request, {})));
    }

private:
    endpoint(std::shared_ptr<detail::hub_core> hub, endpoint_options options);

    std::shared_ptr<const detail::gatekeeper> door_;
};

} // namespace fanfare

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/endpoint.ipp>
#endif

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_GATEKEEPER_HPP
#define FANFARE_DETAIL_HTTP_GATEKEEPER_HPP

#include <fanfare/auth.hpp>
#include <fanfare/config.hpp>
#include <fanfare/detail/http/message.hpp>
#include <fanfare/detail/http/request_rules.hpp>
#include <fanfare/detail/hub/hub_core.hpp>
#include <fanfare/endpoint_options.hpp>
#include <fanfare/identity.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace fanfare::detail {

/// What a request is for: something of the application's, or the hub.
enum class request_purpose { other, websocket, event_stream, preflight };

/// A client at the door.
struct arrival {
    request_head head;
    std::shared_ptr<const handshake_request>
        view;                             ///< Of that head. An authenticator may look at it after its time.
    asio::ip::address address{};          ///< The client's.
    std::string early{};                  ///< The bytes that were read past the request.
    std::optional<request_fault> fault{}; ///< What HTTP finds wrong with the head, if that was looked for.
};

/// What becomes of a client.
struct decision {
    std::optional<http_response> answer{}; ///< Is written, and ends the connection; without one the client enters.
    request_purpose purpose = request_purpose::other;
    identity who{};
    std::string subprotocol{}; ///< For `Sec-WebSocket-Protocol`.
    std::string origin{};      ///< The page that may read an event stream, if it is another server's.
};

/// Decides who may connect to a hub by HTTP: the one place that does, for `server` and for `endpoint`. It does no I/O.
///
/// Thread-safe, as far as the authenticator is.
class gatekeeper {
public:
    /// Throws `std::invalid_argument` that names the path if that cannot be one.
    gatekeeper(std::shared_ptr<hub_core> hub, endpoint_options options);

    const std::shared_ptr<hub_core>& hub() const noexcept { return hub_; }
    std::chrono::milliseconds timeout() const noexcept { return options_.timeout; }
    const trusted_proxies& proxies() const noexcept { return options_.proxies; }

    /// Whether it is for the hub. The target has any form.
    bool handles(const request_head& head) const;
    /// What the request is for. The target is a path and a query.
    request_purpose purpose_of(const request_head& head) const;
    /// Whether the request, whatever its method, is for the path of the event stream.
    bool is_for_events(const request_head& head) const;
    /// The request's path as metrics name it: see `route_label`. That of the WebSocket is `/api/v1/ws`, wherever it is.
    std::string_view route_of(const request_head& head) const;
    /// The page's origin, if it may read what is answered on the path of the event stream; else empty.
    std::string page_of(const handshake_request& view) const;

    /// Decides about a client: by the handshake's rules, the host, the page's origin, how often its address
    /// comes, and then the authenticator. A refusal is counted. Not yet by the other limits of the hub. `client`
    /// lives until this has completed; `home` is as for `report`.
    asio::awaitable<decision> examine(const arrival& client, shard* home) const;

    /// Tells `hub::on_exception` what a function of the application has thrown. `home`: the shard on which this is called;
    /// null: anywhere.
    void report(shard* home, const std::exception_ptr& cause) const;

private:
    /// What is answered before anybody is asked, and before an authenticator uses a credential up.
    std::optional<http_response> answer_at_once(const arrival& client, request_purpose purpose) const;
    /// Why the request may not go on to the authenticator: its host or its page's origin.
    std::optional<refusal> refuse_by_lists(const handshake_request& view) const;
    /// By what the hub says about everybody, and about the address. It counts the attempt. `why`: the reason, if any.
    std::optional<http_response> refuse_by_hub(const asio::ip::address& from, unsigned version, error& why) const;
    asio::awaitable<auth_result> authenticate(std::shared_ptr<const handshake_request> view, shard* home) const;
    /// What is answered to a request for an event stream other than the stream: to HEAD (RFC 9110 section 9.3.2), and to what
    /// is malformed.
    std::optional<http_response> answer_without_stream(const arrival& client) const;

    std::shared_ptr<hub_core> hub_;
    endpoint_options options_;
};

/// The client whose request a server of the application's own has read: with what HTTP finds wrong with it (`head_fault`),
/// its target as `settle_target` leaves it, and the address that the proxies tell. `peer`: nothing if it is not known.
arrival arrival_at(request_head head, const std::optional<asio::ip::address>& peer, const trusted_proxies& proxies,
                   bool has_tls, std::shared_ptr<const tls_peer> tls, std::string early);

/// Throws `std::invalid_argument`, which names the path and what is wrong with it, if a WebSocket cannot be there.
void check_websocket_path(std::string_view path);
/// The same for `server_options::path_prefix`; it may be empty.
void check_path_prefix(std::string_view prefix);

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/http/gatekeeper.ipp>
#endif

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_WEBSOCKET_HPP
#define FANFARE_WEBSOCKET_HPP

#include <fanfare/auth.hpp>
#include <fanfare/config.hpp>
#include <fanfare/connection.hpp>
#include <fanfare/detail/hub_core.hpp>
#include <fanfare/detail/upgrade.hpp>
#include <fanfare/hub.hpp>
#include <fanfare/identity.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace fanfare {

namespace detail {

/// One upgrade: Beast answers the request; then the stream moves into the hub's own connection.
template <class Stream>
class upgrade_operation : public std::enable_shared_from_this<upgrade_operation<Stream>> {
public:
    using header = http::request<http::empty_body>;

    upgrade_operation(std::shared_ptr<hub_core> hub, Stream stream, header request, identity who,
                      accept_options options, shard* home)
        : hub_{std::move(hub)}, stream_{std::move(stream)}, request_{std::move(request)},
          who_{hub_->shared(std::move(who))}, options_{std::move(options)}, home_{home},
          address_{peer_address(stream_)}
    {
    }

    void run()
    {
        if (const auto ec = hub_->admit(*who_, address_))
            return refuse(static_cast<error>(ec.value()));
        admitted_ = true;
        socket_.emplace(stream_);
        namespace websocket = boost::beast::websocket;
        websocket::stream_base::timeout limits{};
        limits.handshake_timeout = std::chrono::duration_cast<std::chrono::nanoseconds>(options_.timeout);
        limits.idle_timeout = websocket::stream_base::none();
        socket_->set_option(limits);
        if (hub_->options().deflate)
            socket_->set_option(deflate_offer());
        socket_->set_option(websocket::stream_base::decorator([this](websocket::response_type& answer) {
            decorate_upgrade(answer, options_.subprotocol);
            settings_ = negotiated(answer);
        }));
        socket_->async_accept(request_, [self = this->shared_from_this()](error_code ec) { self->on_accepted(ec); });
    }

    ~upgrade_operation()
    {
        if (admitted_)
            hub_->doors.leave(who_->user_id, address_);
    }
    upgrade_operation(const upgrade_operation&) = delete;
    upgrade_operation& operator=(const upgrade_operation&) = delete;

private:
    void on_accepted(error_code ec)
    {
        socket_.reset();
        if (ec) {
            hub_->doors.count_refusal();
            return;
        }
        auto& home = home_ ? *home_ : hub_->least_loaded();
        home.expect_connection();
        settings_.who = std::move(who_);
        settings_.address = address_;
        admitted_ = false; // the session gives the place back
        if constexpr (waitable_socket<Stream>)
            begin(home, prepared_socket(std::move(stream_), home.executor(), hub_->options().unsent_low_water));
        else
            begin(home, std::move(stream_));
    }

    template <class S>
    void begin(shard& home, S stream)
    {
        boost::intrusive_ptr<session> made{
            new connection<S>{std::move(stream), hub_, home, std::move(settings_)}};
        asio::dispatch(home.executor(), [made, early = std::move(options_.early), deflate = hub_->options().deflate,
                                         &home]() mutable {
            if (deflate)
                equip_with_deflate(home);
            made->start(early);
        });
    }

    // The hub has no place: said before the upgrade, so that the client sees an HTTP status.
    void refuse(error code)
    {
        answer_ = refusal_response(code, request_.version());
        http::async_write(stream_, answer_,
                          [self = this->shared_from_this()](error_code, std::size_t) { close_quietly(self->stream_); });
    }

    std::shared_ptr<hub_core> hub_;
    Stream stream_;
    header request_;
    std::shared_ptr<const identity> who_;
    accept_options options_;
    shard* home_;
    asio::ip::address address_;
    bool admitted_ = false;
    session_settings settings_;
    http::response<http::string_body> answer_;
    std::optional<boost::beast::websocket::stream<Stream&>> socket_;
};

template <class Stream, class Body, class Fields>
void upgrade(const std::shared_ptr<hub_core>& hub, shard* home, Stream stream,
             const http::request<Body, Fields>& request, identity who, accept_options options)
{
    typename upgrade_operation<Stream>::header header;
    header.base() = request.base();
    const auto executor = stream.get_executor();
    auto op = std::make_shared<upgrade_operation<Stream>>(hub, std::move(stream), std::move(header), std::move(who),
                                                          std::move(options), home);
    asio::dispatch(executor, [op] { op->run(); });
}

/// What `hub::accept` stands on; see there.
template <class Stream>
struct websocket_door {
    template <class Request>
    static void open(const std::shared_ptr<hub_core>& hub, Stream stream, const Request& request, identity who,
                     accept_options options)
    {
        if constexpr (requires { stream.release_socket(); })
            upgrade(hub, nullptr, stream.release_socket(), request, std::move(who), std::move(options));
        else
            upgrade(hub, nullptr, std::move(stream), request, std::move(who), std::move(options));
    }
};

} // namespace detail
} // namespace fanfare

#endif

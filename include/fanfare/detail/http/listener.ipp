// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_LISTENER_IPP
#define FANFARE_DETAIL_HTTP_LISTENER_IPP

#include <fanfare/detail/http/listener.hpp>
#include <fanfare/detail/http/spare_descriptors.hpp>
#include <fanfare/detail/http/wait_for_answer.hpp>
#include <fanfare/detail/hub/hub_core.hpp>
#include <fanfare/error.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/socket_base.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <stdexcept>
#include <utility>

namespace fanfare::detail {

// Where a server listens by its options.
inline std::vector<listen_options> places_of(const server_options& options)
{
    if (options.listens && options.listeners.empty())
        return {{.address = options.address,
                 .port = options.port,
                 .tls = options.tls,
                 .proxy_protocol = options.proxy_protocol}};
    if (!options.listens && !options.listeners.empty())
        throw std::invalid_argument("fanfare::server: `listens` is false, and there are `listeners`");
    const server_options unset;
    if (options.address != unset.address || options.port != unset.port || options.tls || options.proxy_protocol)
        throw std::invalid_argument(
            "fanfare::server: address, port, tls and proxy_protocol are of no use with `listeners`, each of "
            "which has its own, and where `listens` is false");
    return options.listeners;
}

FANFARE_DECL http_listener::http_listener(std::shared_ptr<hub_core> hub, server_options options)
    : service_{std::move(hub), std::move(options)}, pending_{service_.options.max_http_connections}
{
    check_path_prefix(service_.options.path_prefix);
}

FANFARE_DECL void http_listener::require_proxies(bool proxy_protocol) const
{
    if (proxy_protocol && service_.options.proxies.empty())
        throw std::invalid_argument("fanfare::server: proxy_protocol believes what it is told: say by whom, in "
                                    "server_options::proxies");
}

FANFARE_DECL void http_listener::start()
{
    const auto places = places_of(service_.options);
    for (const auto& where : places)
        require_proxies(where.proxy_protocol);
    std::vector<opened_acceptor> opened; // all, before anybody is accepted
    opened.reserve(places.size());
    for (const auto& where : places)
        opened.push_back(open_acceptor(service_.hub->shards.first().executor(), where));
    try {
        for (std::size_t i = 0; i != places.size(); ++i)
            listen(std::move(opened[i]), {places[i].tls, places[i].proxy_protocol});
    } catch (...) {
        stop();
        throw;
    }
}

FANFARE_DECL void http_listener::listen(opened_acceptor opened, connection_kind kind)
{
    require_proxies(kind.proxy_protocol);
    const auto port = port_of(opened.acceptor);
    const auto executor = opened.acceptor.get_executor();
    const auto added = std::make_shared<place>(place{std::move(opened.acceptor), std::move(kind), opened.foreign});
    const std::lock_guard lock{mutex_};
    if (service_.stopped)
        throw boost::system::system_error{error::shutting_down, "fanfare::server: it has been stopped"};
    places_.reserve(places_.size() + 1);
    ports_.reserve(ports_.size() + 1);
    files_.reserve(files_.size() + 1);
    asio::co_spawn(
        executor, [self = shared_from_this(), added] { return self->accept_all(added); }, asio::detached);
    places_.emplace_back(added);
    ports_.push_back(port);
    files_.push_back(std::move(opened.file));
}

FANFARE_DECL void http_listener::stop()
{
    const std::lock_guard lock{mutex_};
    if (service_.stopped.exchange(true))
        return;
    files_.clear(); // before the sockets are closed: who starts meanwhile finds no file, or one that is in use
    service_.hub->shards.first().post([places = std::move(places_)](shard&) {
        error_code ignored; // whoever does not wait in it sees that it is over
        for (const auto& one : places)
            if (const auto alive = one.lock())
                alive->acceptor.cancel(ignored);
    });
    pending_.close_waiting();
}

FANFARE_DECL std::vector<std::uint16_t> http_listener::ports() const
{
    const std::lock_guard lock{mutex_};
    return ports_;
}

FANFARE_DECL std::uint16_t http_listener::port() const noexcept
{
    const std::lock_guard lock{mutex_};
    return ports_.empty() ? std::uint16_t{0} : ports_.front();
}

// How long nothing is accepted when the process has no room for it.
inline constexpr std::chrono::milliseconds accept_pause{50};

FANFARE_DECL asio::awaitable<void> http_listener::accept_all(std::shared_ptr<place> from)
{
    auto& acceptor = from->acceptor;
    asio::steady_timer pause{acceptor.get_executor()};
    while (!service_.stopped) {
        if (!has_spare_descriptors(acceptor.native_handle())) { // until connections have ended
            pause.expires_after(accept_pause);
            co_await pause.async_wait(no_throw);
            continue;
        }
        auto& home = service_.hub->shards.least_loaded();
        auto [ec, accepted] = co_await acceptor.async_accept(home.executor(), no_throw);
        if (ec == asio::error::operation_aborted)
            break;
        if (ec) {
            // Out of memory, for instance: tried again when other connections may have ended.
            pause.expires_after(accept_pause);
            co_await pause.async_wait(no_throw);
            continue;
        }
        start_session(std::move(accepted), home, from->kind);
    }
    if (!from->foreign)
        accept_queued(*from);
    error_code ignored; // it is closed whatever it says
    acceptor.close(ignored);
}

FANFARE_DECL void http_listener::accept_queued(place& from)
{
    error_code ec;
    from.acceptor.non_blocking(true, ec);
    if (!ec) // or it would wait behind one whose client has gone
        from.acceptor.set_option(asio::socket_base::enable_connection_aborted{true}, ec);
    // The queue has no more; those who come meanwhile must not keep it from its end.
    for (int left = asio::socket_base::max_listen_connections; left != 0 && !ec; --left) {
        if (!has_spare_descriptors(from.acceptor.native_handle()))
            break;
        auto& home = service_.hub->shards.least_loaded();
        auto accepted = from.acceptor.accept(home.executor(), ec);
        if (!ec)
            start_session(std::move(accepted), home, from.kind);
        else if (ec == asio::error::connection_aborted) // by its client
            ec = {};
    }
}

FANFARE_DECL void http_listener::start_session(stream_socket socket, shard& home, const connection_kind& kind)
{
    const auto pending = pending_.add(home);
    asio::co_spawn(
        home.executor(),
        [self = shared_from_this(), &home, pending, kind, socket = std::move(socket)]() mutable {
            return self->serve(std::move(socket), std::move(kind), home, pending);
        },
        [self = shared_from_this(), &home, pending](std::exception_ptr error) {
            self->pending_.remove(pending);
            if (error)
                home.post([self, error](shard& s) { self->service_.hub->handlers.failed(s, error); });
        });
}

FANFARE_DECL asio::awaitable<void> http_listener::serve(stream_socket socket, connection_kind kind, shard& home,
                                                        std::shared_ptr<pending_connection> pending)
{
    auto engine = kind.tls ? kind.tls.factory()->make_engine() : nullptr;
    http_session session{service_, net_stream{std::move(socket), std::move(engine)}, home, kind.proxy_protocol};
    co_await session.run(*pending);
}

} // namespace fanfare::detail

#endif

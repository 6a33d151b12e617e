// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REDIS_TRANSPORT_IPP
#define FANFARE_DETAIL_REDIS_TRANSPORT_IPP

#include <fanfare/detail/redis/transport.hpp>
#include <fanfare/error.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/socket_base.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#if defined(FANFARE_WITH_SSL)
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#endif

namespace fanfare::detail {

using redis_socket = asio::generic::stream_protocol::socket;

// What both streams do once they are connected.
template <class Stream>
class basic_redis_transport : public redis_transport {
public:
    asio::awaitable<std::pair<error_code, std::size_t>> read_some(asio::mutable_buffer into) override
    {
        const auto [ec, n] = co_await stream_.async_read_some(into, asio::as_tuple(asio::use_awaitable));
        co_return std::pair{ec, n};
    }
    void async_write_some(asio::const_buffer from, write_handler done) override
    {
        stream_.async_write_some(from, std::move(done));
    }
    void close() noexcept override
    {
        error_code ignored; // there is nothing to save in a connection that is given up
        stream_.lowest_layer().close(ignored);
    }

protected:
    template <class... Arguments>
    explicit basic_redis_transport(Arguments&&... arguments) : stream_{std::forward<Arguments>(arguments)...}
    {}

    asio::awaitable<error_code> connect_socket(endpoint to)
    {
        auto& socket = stream_.lowest_layer();
        const auto [ec] = co_await socket.async_connect(to, asio::as_tuple(asio::use_awaitable));
        const int family = to.protocol().family();
        if (!ec && (family == asio::ip::tcp::v4().family() || family == asio::ip::tcp::v6().family())) {
            error_code ignored; // slower, or later to notice, without them
            socket.set_option(asio::ip::tcp::no_delay{true}, ignored);
            socket.set_option(asio::socket_base::keep_alive{true}, ignored);
        }
        co_return ec;
    }

    Stream stream_;
};

class plain_redis_transport final : public basic_redis_transport<redis_socket> {
public:
    explicit plain_redis_transport(const asio::any_io_executor& executor) : basic_redis_transport{executor} {}

    asio::awaitable<error_code> connect(endpoint to) override { return connect_socket(std::move(to)); }
};

#if defined(FANFARE_WITH_SSL)
class tls_redis_transport final : public basic_redis_transport<asio::ssl::stream<redis_socket>> {
public:
    tls_redis_transport(const asio::any_io_executor& executor, asio::ssl::context& tls,
                        const redis_options& options)
        : basic_redis_transport{executor, tls}
    {
        stream_.set_verify_mode(options.tls_verify ? asio::ssl::verify_peer : asio::ssl::verify_none);
        if (options.tls_verify)
            stream_.set_verify_callback(asio::ssl::host_name_verification{options.host});
        error_code not_an_address;
        asio::ip::make_address(options.host, not_an_address);
        if (not_an_address) { // RFC 6066: names only
            const auto set = SSL_set_tlsext_host_name(stream_.native_handle(), options.host.c_str());
            if (set != 1)
                throw boost::system::system_error{error::invalid_config,
                                                  "Redis: the host's name is too long for TLS"};
        }
    }

    asio::awaitable<error_code> connect(endpoint to) override
    {
        if (const auto ec = co_await connect_socket(std::move(to)))
            co_return ec;
        const auto [ec] =
            co_await stream_.async_handshake(asio::ssl::stream_base::client, asio::as_tuple(asio::use_awaitable));
        co_return ec;
    }
};

FANFARE_DECL std::shared_ptr<void> make_redis_tls(const redis_options& options)
{
    if (!options.tls)
        return nullptr;
    using asio::ssl::context;
    const auto tls = std::make_shared<context>(context::tls_client);
    tls->set_options(context::default_workarounds | context::no_sslv2 | context::no_sslv3 | context::no_tlsv1 |
                     context::no_tlsv1_1);
    error_code ec;
    if (options.tls_ca_file.empty())
        tls->set_default_verify_paths(ec);
    else
        tls->load_verify_file(options.tls_ca_file, ec);
    if (ec)
        throw boost::system::system_error{error::invalid_config, "Redis: cannot read the certificates of " +
                                                                     options.tls_ca_file + ": " + ec.message()};
    return tls;
}
#else
FANFARE_DECL std::shared_ptr<void> make_redis_tls(const redis_options&)
{
    return nullptr; // `check` has refused TLS
}
#endif

FANFARE_DECL std::unique_ptr<redis_transport> make_redis_transport(asio::any_io_executor executor,
                                                                   [[maybe_unused]] const redis_options& options,
                                                                   [[maybe_unused]] void* tls)
{
#if defined(FANFARE_WITH_SSL)
    if (tls)
        return std::make_unique<tls_redis_transport>(executor, *static_cast<asio::ssl::context*>(tls), options);
#endif
    return std::make_unique<plain_redis_transport>(executor);
}

} // namespace fanfare::detail

#endif

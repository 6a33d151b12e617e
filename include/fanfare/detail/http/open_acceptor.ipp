// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_OPEN_ACCEPTOR_IPP
#define FANFARE_DETAIL_HTTP_OPEN_ACCEPTOR_IPP

#include <fanfare/detail/http/open_acceptor.hpp>
#include <fanfare/detail/net/endpoint_address.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/socket_base.hpp>
#include <boost/system/system_error.hpp>

#include <string>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace fanfare::detail {

[[noreturn]] inline void fail_to(const std::string& what, const error_code& ec)
{
    // Without the source location inside Asio, which what() would print.
    throw boost::system::system_error{error_code{ec.value(), ec.category()}, "fanfare::server: cannot " + what};
}

inline void open_tcp(stream_acceptor& acceptor, const listen_options& where)
{
    error_code ec;
    const auto address = asio::ip::make_address(where.address, ec);
    const auto name =
        (address.is_v6() ? "[" + where.address + "]" : where.address) + ":" + std::to_string(where.port);
    if (ec)
        fail_to("read the address of " + name, ec);
    const asio::ip::tcp::endpoint endpoint{address, where.port};
    acceptor.open(endpoint.protocol(), ec);
    if (!ec && where.v6_only)
        acceptor.set_option(asio::ip::v6_only{true}, ec); // refused for IPv4, where it is a mistake
    if (!ec)
        acceptor.set_option(asio::socket_base::reuse_address{true}, ec);
    if (!ec)
        acceptor.bind(endpoint, ec);
    if (!ec)
        acceptor.listen(asio::socket_base::max_listen_connections, ec);
    if (ec)
        fail_to("listen on " + name, ec);
}

// A path may be as long as the system's structure has room for, with a zero behind it.
inline void check_path(const std::string& path)
{
    constexpr auto longest = sizeof(sockaddr_un::sun_path) - 1;
    if (path.size() > longest)
        fail_to("listen on unix:" + path + ", whose path has more than " + std::to_string(longest) + " bytes",
                asio::error::name_too_long);
    if (path.find('\0') != std::string::npos)
        fail_to("listen on unix:" + path.substr(0, path.find('\0')) + ", whose path has a zero byte in it",
                asio::error::invalid_argument);
}

inline socket_file open_unix(stream_acceptor& acceptor, const std::string& path)
{
    check_path(path);
    const asio::local::stream_protocol::endpoint endpoint{path};
    error_code ec;
    acceptor.open(endpoint.protocol(), ec);
    if (!ec)
        acceptor.bind(endpoint, ec);
    if (ec == asio::error::address_in_use && remove_stale_socket_file(path, acceptor.get_executor()))
        acceptor.bind(endpoint, ec);
    if (ec == asio::error::address_in_use && !socket_file_at(path))
        fail_to("listen on unix:" + path + ", where there is a file that is no socket", ec);
    socket_file file;
    if (!ec) {
        file = socket_file{path};
        acceptor.listen(asio::socket_base::max_listen_connections, ec);
    }
    if (ec)
        fail_to("listen on unix:" + path, ec);
    return file;
}

FANFARE_DECL opened_acceptor open_acceptor(const asio::any_io_executor& executor, const listen_options& where)
{
    opened_acceptor opened{stream_acceptor{executor}};
    if (where.unix_path.empty())
        open_tcp(opened.acceptor, where);
    else
        opened.file = open_unix(opened.acceptor, where.unix_path);
    return opened;
}

FANFARE_DECL std::uint16_t port_of(const stream_acceptor& acceptor)
{
    const auto end = tcp_endpoint_of(acceptor.local_endpoint());
    return end ? end->port() : std::uint16_t{0};
}

FANFARE_DECL void require_listening(int descriptor)
{
    int listens = 0;
    socklen_t size = sizeof listens;
    if (::getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 || listens == 0)
        throw std::invalid_argument("fanfare::server: the acceptor does not listen");
}

FANFARE_DECL void take_descriptor(stream_acceptor& acceptor, const asio::generic::stream_protocol& protocol,
                                  int descriptor)
{
    error_code ec;
    acceptor.assign(protocol, descriptor, ec);
    if (!ec)
        return;
    ::close(descriptor);
    fail_to("take an acceptor over", ec);
}

} // namespace fanfare::detail

#endif

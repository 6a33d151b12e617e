// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_OPEN_ACCEPTOR_HPP
#define FANFARE_DETAIL_HTTP_OPEN_ACCEPTOR_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/http/socket_file.hpp>
#include <fanfare/listen_options.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>

#include <cstdint>
#include <stdexcept>

namespace fanfare::detail {

/// An acceptor of TCP or of Unix sockets: one type, so that what accepts is compiled once.
using stream_acceptor = asio::basic_socket_acceptor<asio::generic::stream_protocol>;

/// One that listens, and the file that it has made.
struct opened_acceptor {
    stream_acceptor acceptor;
    socket_file file{};
    bool foreign = false; ///< The application has opened it: other processes may accept from the same queue.
};

/// Opens an acceptor, binds it and listens. Throws `system_error`, which names the address or the path; then nothing
/// stays open.
opened_acceptor open_acceptor(const asio::any_io_executor& executor, const listen_options& where);

/// Its port; 0 for a Unix socket.
std::uint16_t port_of(const stream_acceptor& acceptor);

/// Throws `std::invalid_argument` if the socket does not listen.
void require_listening(int descriptor);
/// Gives the descriptor to the acceptor, or closes it and throws `system_error`.
void take_descriptor(stream_acceptor& acceptor, const asio::generic::stream_protocol& protocol, int descriptor);

/// An acceptor that the application has opened, on another executor. Throws `std::invalid_argument` if it is not open
/// or does not listen, `system_error` if the system cannot move it; then it is closed.
template <class Protocol, class Executor>
stream_acceptor taken_over(asio::basic_socket_acceptor<Protocol, Executor> opened,
                           const asio::any_io_executor& executor)
{
    if (!opened.is_open())
        throw std::invalid_argument("fanfare::server: the acceptor is not open");
    require_listening(opened.native_handle());
    const asio::generic::stream_protocol::endpoint local{opened.local_endpoint()};
    stream_acceptor taken{executor};
    take_descriptor(taken, local.protocol(), opened.release());
    return taken;
}

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/http/open_acceptor.ipp>
#endif

#endif

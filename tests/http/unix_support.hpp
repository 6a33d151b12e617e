// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_HTTP_UNIX_SUPPORT_HPP
#define FANFARE_TESTS_HTTP_UNIX_SUPPORT_HPP

// What the tests of listeners and Unix sockets share.
#include "support/world.hpp"

#include <boost/asio/local/stream_protocol.hpp>

#include <filesystem>
#include <string>

namespace fanfare::test {

using unix_socket = asio::local::stream_protocol;
extern template class basic_client<unix_socket::socket>;

// A new folder for sockets, which goes with it.
class socket_folder {
public:
    socket_folder();
    ~socket_folder();
    socket_folder(const socket_folder&) = delete;
    socket_folder& operator=(const socket_folder&) = delete;

    std::string operator/(const std::string& name) const { return (folder_ / name).string(); }

private:
    std::filesystem::path folder_;
};

// A WebSocket client over a Unix socket.
class unix_client : private own_context, public basic_client<unix_socket::socket> {
public:
    explicit unix_client(const std::string& path, const client_options& options = {});
    json::value hello;
};

// The same as `http_get` and `http_post_text`, over a Unix socket.
http::response<http::string_body> unix_http(const std::string& path, http::verb method, const std::string& target,
                                            const std::string& body = {}, const std::string& key = {});

inline listen_options any_port(any_tls_context tls = {})
{
    return {.address = "127.0.0.1", .port = 0, .tls = std::move(tls)};
}

// What a server says that is made with these options, and cannot be: of a `system_error`, or "invalid_argument: ...".
std::string failure_to_listen(world& w, server_options options);

} // namespace fanfare::test

#endif

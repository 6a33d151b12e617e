// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "http/unix_support.hpp"

#include "support/client.ipp"

#include <boost/system/system_error.hpp>

#include <cstdlib>
#include <stdexcept>

namespace fanfare::test {

template class basic_client<unix_socket::socket>;

socket_folder::socket_folder()
{
    auto name = (std::filesystem::temp_directory_path() / "fanfare_XXXXXX").string();
    if (!::mkdtemp(name.data()))
        throw std::runtime_error("mkdtemp failed");
    folder_ = name;
}

socket_folder::~socket_folder()
{
    std::filesystem::remove_all(folder_);
}

unix_client::unix_client(const std::string& path, const client_options& options)
    : basic_client<unix_socket::socket>{own, own}
{
    stream().next_layer().connect(unix_socket::endpoint{path});
    handshake(options);
    if (open())
        hello = next("connected");
}

http::response<http::string_body> unix_http(const std::string& path, http::verb method, const std::string& target,
                                            const std::string& body, const std::string& key)
{
    asio::io_context context{1};
    unix_socket::socket socket{context};
    socket.connect(unix_socket::endpoint{path});
    http::request<http::string_body> request{method, target, 11};
    request.set(http::field::host, "localhost");
    if (!key.empty())
        request.set(http::field::authorization, "Bearer " + key);
    request.body() = body;
    request.prepare_payload();
    http::write(socket, request);
    beast::flat_buffer buffer;
    http::response<http::string_body> answer;
    http::read(socket, buffer, answer);
    return answer;
}

std::string failure_to_listen(world& w, server_options options)
{
    try {
        const fanfare::server refused{w.hub(), std::move(options)};
    } catch (const boost::system::system_error& e) {
        return e.what();
    } catch (const std::invalid_argument& e) {
        return std::string{"invalid_argument: "} + e.what();
    }
    return {};
}

} // namespace fanfare::test

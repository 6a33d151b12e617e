// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// What every test of a hub uses, compiled once.
#include "support/client.ipp"

namespace fanfare::test {

template class basic_client<tcp::socket>;

client::client(std::uint16_t port, const client_options& options, bool greeted)
    : basic_client<tcp::socket>{own, own}
{
    auto& socket = socket_.next_layer();
    socket.open(tcp::v4());
    if (options.receive_buffer != 0)
        socket.set_option(asio::socket_base::receive_buffer_size{options.receive_buffer});
    socket.connect({asio::ip::address_v4::loopback(), port});
    socket.set_option(tcp::no_delay{true});
    handshake(options);
    if (open_ && greeted)
        hello = next("connected");
}

client::client(std::uint16_t port, std::string_view user)
    : client{port, client_options{.target = "/api/v1/ws?user=" + std::string{user}}}
{}

client::~client() = default;

namespace {

http::response<http::string_body> exchange(std::uint16_t port, http::request<http::string_body> request,
                                           const std::string& key)
{
    asio::io_context context;
    tcp::socket socket{context};
    socket.connect({asio::ip::address_v4::loopback(), port});
    request.set(http::field::host, "localhost");
    if (!key.empty())
        request.set(http::field::authorization, "Bearer " + key);
    http::write(socket, request);
    beast::flat_buffer buffer;
    http::response<http::string_body> answer;
    http::read(socket, buffer, answer);
    return answer;
}

} // namespace

http::response<http::string_body> http_get(std::uint16_t port, const std::string& target, const std::string& key)
{
    return exchange(port, {http::verb::get, target, 11}, key);
}

http::response<http::string_body> http_post_text(std::uint16_t port, const std::string& target,
                                                 const std::string& body, const std::string& key,
                                                 const std::string& content_type)
{
    http::request<http::string_body> request{http::verb::post, target, 11};
    if (!content_type.empty())
        request.set(http::field::content_type, content_type);
    request.body() = body;
    request.prepare_payload();
    return exchange(port, std::move(request), key);
}

} // namespace fanfare::test

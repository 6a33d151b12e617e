// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.

// No server, but the floor under all of them: one thread that does nothing for a message but one send() a
// receiver, out of an array. What it costs is the kernel's price of the same packets.

#include "bench_server.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include <cerrno>
#include <memory>
#include <string_view>
#include <sys/socket.h>
#include <system_error>
#include <vector>

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

namespace {

// The answer to the load generator's fixed key.
constexpr std::string_view response = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                                      "Connection: Upgrade\r\n"
                                      "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

class floor_server {
public:
    explicit floor_server(asio::io_context& ioc) : acceptor_{ioc, {asio::ip::address_v4::loopback(), 0}}
    {
        accept();
    }

    // One at a time only: a socket that is full ends the measurement.
    void publish(std::uint64_t sequence, std::size_t size)
    {
        const auto head = R"({"seq":)" + std::to_string(sequence) + R"(,"pad":")";
        const auto text = head + std::string(bench::padding(size, head.size() + 2), 'x') + R"("})";
        std::string frame{'\x81', size < 126 ? static_cast<char>(size) : '\x7e'};
        if (size >= 126)
            frame.append({static_cast<char>(size >> 8), static_cast<char>(size)});
        frame += text;
        for (const auto fd : natives_)
            if (::send(fd, frame.data(), frame.size(), MSG_NOSIGNAL | MSG_DONTWAIT) !=
                static_cast<ssize_t>(frame.size()))
                throw std::system_error{errno, std::generic_category(), "send"};
    }

    std::size_t size() const { return sockets_.size(); }
    unsigned short port() const { return acceptor_.local_endpoint().port(); }

private:
    struct opening {
        tcp::socket socket;
        std::string request{};
    };

    void accept()
    {
        acceptor_.async_accept([this](auto ec, tcp::socket socket) {
            if (ec == asio::error::operation_aborted)
                return;
            if (!ec)
                open(std::make_shared<opening>(opening{std::move(socket)}));
            accept();
        });
    }

    void open(const std::shared_ptr<opening>& o)
    {
        asio::async_read_until(o->socket, asio::dynamic_buffer(o->request, 4096), "\r\n\r\n",
                               [this, o](auto ec, std::size_t) {
                                   if (!ec)
                                       respond(o);
                               });
    }

    void respond(const std::shared_ptr<opening>& o)
    {
        asio::async_write(o->socket, asio::buffer(response), [this, o](auto ec, std::size_t) {
            if (ec)
                return;
            o->socket.set_option(tcp::no_delay{true});
            natives_.push_back(o->socket.native_handle());
            sockets_.push_back(std::move(o->socket));
        });
    }

    tcp::acceptor acceptor_;
    std::vector<tcp::socket> sockets_;
    std::vector<int> natives_;
};

} // namespace

int main()
{
    bench::raise_file_limit();
    asio::io_context ioc{1};
    floor_server server{ioc};
    bench::control control{ioc,
                           {.publish = [&server](auto sequence, auto size) { server.publish(sequence, size); },
                            .connections = [&server] { return server.size(); },
                            .quit = [&ioc] { ioc.stop(); }}};
    control.start(server.port());
    ioc.run();
}

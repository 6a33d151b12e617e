// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.

// The usual hand-written Beast server, as the yardstick: one payload shared by all sessions, a queue a
// session, one async_write a message. Written with care: one thread, so no mutex, strand or post a session.

#include "bench_server.hpp"
#include "tls_support.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#if defined(FANFARE_WITH_SSL)
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/websocket/ssl.hpp>
#endif

#include <algorithm>
#include <deque>
#include <memory>
#include <string_view>
#include <type_traits>
#include <vector>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using tcp = asio::ip::tcp;

namespace {

using message_ptr = std::shared_ptr<const std::string>;

class member {
public:
    virtual void send(const message_ptr& message) = 0;

protected:
    ~member() = default;
};

// Everybody who is connected. Sessions enter and leave by themselves.
class audience {
public:
    void join(member* s) { members_.push_back(s); }

    void leave(member* s)
    {
        const auto found = std::find(members_.begin(), members_.end(), s);
        if (found == members_.end())
            return;
        *found = members_.back();
        members_.pop_back();
    }

    void send(const message_ptr& message)
    {
        // A session that fails leaves from a completion handler, never from within send().
        for (auto* one : members_)
            one->send(message);
    }

    std::size_t size() const { return members_.size(); }

private:
    std::vector<member*> members_;
};

// `Stream`: with TLS or without.
template <class Stream>
class session final : public member, public std::enable_shared_from_this<session<Stream>> {
public:
    session(Stream&& stream, audience& room) : ws_{std::move(stream)}, room_{room} {}

    ~session() { room_.leave(this); }

    void run(const http::request<http::empty_body>& request)
    {
        ws_.set_option(websocket::stream_base::timeout::suggested(beast::role_type::server));
        ws_.async_accept(request, beast::bind_front_handler(&session::on_accept, this->shared_from_this()));
    }

    void send(const message_ptr& message) override
    {
        queue_.push_back(message);
        if (queue_.size() == 1)
            write();
    }

private:
    void on_accept(beast::error_code ec)
    {
        if (ec)
            return;
        ws_.text(true);
        room_.join(this);
        read();
    }

    void read()
    {
        ws_.async_read(buffer_, beast::bind_front_handler(&session::on_read, this->shared_from_this()));
    }

    void on_read(beast::error_code ec, std::size_t)
    {
        if (ec)
            return room_.leave(this);
        buffer_.consume(buffer_.size());
        read();
    }

    void write()
    {
        ws_.async_write(asio::buffer(*queue_.front()),
                        beast::bind_front_handler(&session::on_write, this->shared_from_this()));
    }

    void on_write(beast::error_code ec, std::size_t)
    {
        if (ec)
            return room_.leave(this);
        queue_.pop_front();
        if (!queue_.empty())
            write();
    }

    websocket::stream<Stream> ws_;
    beast::flat_buffer buffer_;
    std::deque<message_ptr> queue_;
    audience& room_;
};

// Reads the one HTTP request of a connection, then hands the stream to a session.
template <class Stream>
class http_session : public std::enable_shared_from_this<http_session<Stream>> {
public:
    http_session(Stream&& stream, audience& room) : stream_{std::move(stream)}, room_{room} {}

    void run()
    {
        beast::get_lowest_layer(stream_).expires_after(std::chrono::seconds{30});
#if defined(FANFARE_WITH_SSL)
        if constexpr (!std::is_same_v<Stream, beast::tcp_stream>)
            return stream_.async_handshake(asio::ssl::stream_base::server,
                                           [self = this->shared_from_this()](auto ec) {
                                               if (!ec)
                                                   self->read();
                                           });
#endif
        read();
    }

private:
    void read()
    {
        http::async_read(stream_, buffer_, request_,
                         beast::bind_front_handler(&http_session::on_read, this->shared_from_this()));
    }

    void on_read(beast::error_code ec, std::size_t)
    {
        if (ec || !websocket::is_upgrade(request_))
            return;
        beast::get_lowest_layer(stream_).expires_never();
        std::make_shared<session<Stream>>(std::move(stream_), room_)->run(request_);
    }

    Stream stream_;
    beast::flat_buffer buffer_;
    http::request<http::empty_body> request_;
    audience& room_;
};

class listener {
public:
    listener(asio::io_context& ioc, audience& room, bool nagle, bool tls)
        : acceptor_{ioc, {asio::ip::address_v4::loopback(), 0}}, room_{room}, nagle_{nagle}, tls_{tls}
    {}

    void accept()
    {
        acceptor_.async_accept([this](beast::error_code ec, tcp::socket socket) {
            if (ec == asio::error::operation_aborted)
                return;
            if (!ec) {
                // With Nagle's algorithm the kernel sends late, on the receiver's acknowledgement; on loopback
                // that CPU time is then charged to the receiver's process.
                socket.set_option(tcp::no_delay{!nagle_}, ec);
                serve(beast::tcp_stream{std::move(socket)});
            }
            accept();
        });
    }

    unsigned short port() const { return acceptor_.local_endpoint().port(); }

private:
    void serve(beast::tcp_stream stream)
    {
#if defined(FANFARE_WITH_SSL)
        using secure = asio::ssl::stream<beast::tcp_stream>;
        if (tls_)
            return std::make_shared<http_session<secure>>(secure{std::move(stream), context_}, room_)->run();
#endif
        std::make_shared<http_session<beast::tcp_stream>>(std::move(stream), room_)->run();
    }

    tcp::acceptor acceptor_;
    audience& room_;
    bool nagle_;
    bool tls_;
#if defined(FANFARE_WITH_SSL)
    asio::ssl::context context_{bench::server_tls()};
#endif
};

// The same text that a Fanfare server puts on the wire.
message_ptr make_message(std::uint64_t sequence, std::size_t size)
{
    char timestamp[32];
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    std::tm utc{};
    ::gmtime_r(&now.tv_sec, &utc);
    const auto written = std::strftime(timestamp, sizeof timestamp, "%FT%T", &utc);
    std::snprintf(timestamp + written, sizeof timestamp - written, ".%03ldZ", now.tv_nsec / 1'000'000);

    std::string text = R"({"type":"bench","room":"global","payload":{"seq":)";
    text += std::to_string(sequence);
    text += R"(,"pad":")";
    const std::string tail = std::string{R"("},"timestamp":")"} + timestamp + R"("})";
    text.append(bench::padding(size, text.size() + tail.size()), 'x');
    text += tail;
    return std::make_shared<const std::string>(std::move(text));
}

} // namespace

int main(int argc, char** argv)
{
    bench::raise_file_limit();
    audience room; // before the context, whose destructor ends the last sessions
    asio::io_context ioc{1};
    const std::string_view option = argc > 1 ? argv[1] : "";
    listener server{ioc, room, option == "--nagle", option == "--tls"};
    bench::control control{ioc,
                           {.publish = [&](auto sequence, auto size) { room.send(make_message(sequence, size)); },
                            .connections = [&] { return room.size(); },
                            .quit = [&] { ioc.stop(); }}};
    server.accept();
    control.start(server.port());
    ioc.run();
}

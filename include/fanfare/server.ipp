// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_SERVER_IPP
#define FANFARE_SERVER_IPP

#include <fanfare/detail/http/listener.hpp>
#include <fanfare/server.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <array>
#include <exception>
#include <tuple>
#include <utility>

namespace fanfare {

FANFARE_DECL server::server(std::shared_ptr<detail::hub_core> hub, server_options options)
    : hub_{std::move(hub)}, listener_{std::make_shared<detail::http_listener>(hub_, std::move(options))}
{
    listener_->start();
}

FANFARE_DECL server::~server()
{
    listener_->stop();
}

FANFARE_DECL std::uint16_t server::port() const noexcept
{
    return listener_->port();
}

FANFARE_DECL void server::stop()
{
    listener_->stop();
}

namespace detail {

inline constexpr auto no_throw = asio::as_tuple(asio::use_awaitable);

template <class T>
struct awaited_answer {
    explicit awaited_answer(const asio::any_io_executor& ex) : timer{ex} {}
    asio::steady_timer timer;
    std::optional<T> answer;
};

// Waits for a callback that may come from any thread, for at most `timeout`. Empty if it did not come.
// Not a template of `start`: GCC 12 warns of a coroutine whose frame holds a closure type.
template <class T>
asio::awaitable<std::optional<T>> wait_for_answer(std::chrono::milliseconds timeout,
                                                  std::function<void(std::function<void(T)>)> start)
{
    const auto executor = co_await asio::this_coro::executor;
    const auto waiting = std::make_shared<awaited_answer<T>>(executor);
    waiting->timer.expires_after(timeout);
    // A callback may wait in another context, and go with it: after this one and its timers.
    const std::weak_ptr<awaited_answer<T>> asked = waiting;
    start([asked](T answer) {
        if (const auto alive = asked.lock())
            asio::dispatch(alive->timer.get_executor(), [alive, answer = std::move(answer)]() mutable {
                alive->answer.emplace(std::move(answer));
                alive->timer.expires_at(std::chrono::steady_clock::time_point::min());
            });
    });
    if (!waiting->answer)
        co_await waiting->timer.async_wait(no_throw);
    co_return std::move(waiting->answer);
}

inline constexpr std::string_view event_path = "/api/v1/sse";

// A page of another origin asks before it reads events with a header of its own, or posts JSON.
inline http_api::response_type preflight(const http_api::request_type& request, std::string_view page)
{
    http_api::response_type answer{http::status::no_content, request.version()};
    allow_page(answer, page);
    if (!page.empty()) {
        answer.set(http::field::access_control_allow_methods, "GET, POST");
        answer.set(http::field::access_control_allow_headers, "Authorization, Content-Type, Last-Event-ID");
        answer.set(http::field::access_control_max_age, "600");
    }
    answer.keep_alive(request.keep_alive());
    return answer;
}

// The application threw: it is told what, the client only that.
inline http_api::response_type thrown_response(hub_core& hub, unsigned version)
{
    hub.shards.first().post([&handlers = hub.handlers, cause = std::current_exception()](shard& first) {
        handlers.failed(first, cause);
    });
    const auto code = error::handler_failed;
    return error_response(500, code, make_error_code(code).message(), version);
}

// The application's own answer to what is no path of the API.
inline http_api::response_type own_response(hub_core& hub, const server_options& options,
                                            const http_api::request_type& request)
{
    http_api::response_type answer{http::status::ok, request.version()};
    try {
        if (!options.on_request || !options.on_request(request, answer))
            answer = error_response(404, error::invalid_message, "no such path", request.version());
    } catch (...) {
        answer = thrown_response(hub, request.version());
    }
    answer.keep_alive(request.keep_alive());
    answer.prepare_payload();
    return answer;
}

FANFARE_DECL http_listener::http_listener(std::shared_ptr<hub_core> hub, server_options options)
    : hub_{std::move(hub)}, options_{std::move(options)}, api_{hub_, options_.api},
      opened_{std::make_shared<asio::ip::tcp::acceptor>(hub_->shards.first().executor())}, acceptor_{opened_},
      visits_{options_.max_http_connections}
{
    error_code ec;
    const auto fail = [&](const char* what) {
        ec = error_code{ec.value(), ec.category()}; // a source location inside Asio helps nobody
        throw boost::system::system_error{ec, std::string{"fanfare::server: cannot "} + what + " " +
                                                  options_.address + ":" + std::to_string(options_.port)};
    };
    const auto address = asio::ip::make_address(options_.address, ec);
    if (ec)
        fail("read the address of");
    const asio::ip::tcp::endpoint endpoint{address, options_.port};
    opened_->open(endpoint.protocol(), ec);
    if (!ec)
        opened_->set_option(asio::socket_base::reuse_address{true}, ec);
    if (!ec)
        opened_->bind(endpoint, ec);
    if (!ec)
        opened_->listen(asio::socket_base::max_listen_connections, ec);
    if (ec)
        fail("listen on");
    port_ = opened_->local_endpoint().port();
}

FANFARE_DECL void http_listener::start()
{
    const auto executor = opened_->get_executor();
    asio::co_spawn(
        executor,
        [self = shared_from_this(), acceptor = std::move(opened_)] { return self->accept_all(acceptor); },
        asio::detached);
}

FANFARE_DECL void http_listener::stop()
{
    if (!stopped_.exchange(true))
        hub_->shards.first().post([acceptor = acceptor_](shard&) {
            error_code ignored; // closing an acceptor loses nothing that was accepted
            if (const auto alive = acceptor.lock())
                alive->close(ignored);
        });
}

FANFARE_DECL asio::awaitable<void> http_listener::accept_all(std::shared_ptr<asio::ip::tcp::acceptor> acceptor)
{
    asio::steady_timer pause{acceptor->get_executor()};
    while (acceptor->is_open() && !stopped_) {
        auto& home = hub_->shards.least_loaded();
        auto [ec, accepted] = co_await acceptor->async_accept(home.executor(), no_throw);
        if (ec == asio::error::operation_aborted || stopped_)
            break;
        if (ec) {
            // Out of descriptors, say: the connections that end meanwhile make room.
            pause.expires_after(std::chrono::milliseconds{50});
            co_await pause.async_wait(no_throw);
            continue;
        }
        const auto visit = visits_.enter(home);
        asio::co_spawn(
            home.executor(),
            [self = shared_from_this(), &home, visit,
             socket = asio::ip::tcp::socket{std::move(accepted)}]() mutable {
                return self->serve(std::move(socket), home, visit);
            },
            [self = shared_from_this(), &home, visit](std::exception_ptr error) {
                self->visits_.leave(visit);
                if (error)
                    home.post([self, error](shard& s) { self->hub_->handlers.failed(s, error); });
            });
    }
}

FANFARE_DECL asio::awaitable<void> http_listener::serve(asio::ip::tcp::socket socket, shard& home,
                                                        std::shared_ptr<pending_connection> visit)
{
    const auto caller = peer_address(socket);
    boost::beast::tcp_stream stream{std::move(socket)};
    shown_visit shown{*visit, stream};
    boost::beast::flat_buffer buffer{options_.max_header + 8192};
    for (;;) {
        parser reader;
        reader.header_limit(options_.max_header);
        reader.body_limit(options_.max_body);
        if (!co_await read(stream, buffer, reader))
            break;
        const auto request = reader.release();
        const http_api::request_type& view = request;
        if (const auto which = door_of(view); which != door::none) {
            shown.hide();
            co_await let_in(std::move(stream), buffer, view, home, which);
            co_return;
        }
        auto answer = co_await respond(view, caller);
        const bool more = answer.keep_alive() && !stopped_;
        if (!co_await write(stream, std::move(answer), view.method() == http::verb::head) || !more)
            break;
    }
    co_await linger(stream);
}

// Ends the stream so that the peer can still read the last answer: what it sends on is taken and dropped, or TCP
// would reset the connection (RFC 9112 section 9.6).
FANFARE_DECL asio::awaitable<void> http_listener::linger(boost::beast::tcp_stream& stream)
{
    error_code ignored; // the peer may be gone already
    stream.socket().shutdown(asio::socket_base::shutdown_send, ignored);
    stream.expires_after(std::chrono::seconds{2});
    std::array<char, 16 * 1024> dropped;
    for (std::size_t left = 4 * 1024 * 1024; left != 0;) {
        const auto [ec, n] = co_await stream.async_read_some(asio::buffer(dropped), no_throw);
        if (ec)
            break;
        left -= std::min(left, n);
    }
}

// Whether the client sends the body only when it is told to, or after a while (RFC 9110 section 10.1.1).
inline bool waits_to_go_on(const http_api::request_type& request)
{
    return request.version() >= 11 && boost::beast::iequals(request[http::field::expect], "100-continue");
}

inline asio::awaitable<error_code> tell_to_go_on(boost::beast::tcp_stream& stream)
{
    http::response<http::empty_body> answer{http::status::continue_, 11};
    const auto [ec, n] = co_await http::async_write(stream, answer, no_throw);
    co_return ec;
}

FANFARE_DECL asio::awaitable<bool> http_listener::read(boost::beast::tcp_stream& stream,
                                                       boost::beast::flat_buffer& buffer, parser& request)
{
    stream.expires_after(options_.handshake_timeout);
    auto ec = std::get<0>(co_await http::async_read_header(stream, buffer, request, no_throw));
    if (!ec && !request.is_done()) {
        if (buffer.size() == 0 && waits_to_go_on(request.get()))
            ec = co_await tell_to_go_on(stream);
        if (!ec)
            ec = std::get<0>(co_await http::async_read(stream, buffer, request, no_throw));
    }
    if (!ec)
        co_return true;
    if (ec == http::error::end_of_stream ||
        ec.category() != http::make_error_code(http::error::end_of_stream).category())
        co_return false;
    int status = 400;
    if (ec == http::error::body_limit)
        status = 413;
    else if (ec == http::error::header_limit || ec == http::error::buffer_overflow)
        status = 431;
    auto answer = error_response(status, error::invalid_message, "malformed HTTP: " + ec.message(), 11);
    answer.keep_alive(false);
    co_await write(stream, std::move(answer));
    co_return false;
}

FANFARE_DECL http_listener::door http_listener::door_of(const http_api::request_type& request) const
{
    const auto path = path_of({request.target().data(), request.target().size()});
    if (path == options_.path && boost::beast::websocket::is_upgrade(request))
        return door::websocket;
    return options_.events && path == event_path && request.method() == http::verb::get ? door::events
                                                                                        : door::none;
}

FANFARE_DECL std::string http_listener::page_of(const handshake_request& request) const
{
    const auto origin = request.header("Origin");
    return !origin.empty() && options_.origins.allows(request) ? std::string{origin} : std::string{};
}

FANFARE_DECL asio::awaitable<void> http_listener::let_in(boost::beast::tcp_stream stream,
                                                         boost::beast::flat_buffer& buffer,
                                                         const http_api::request_type& request, shard& home,
                                                         door which)
{
    const auto caller = peer_address(stream.socket());
    const auto view = describe(request, caller);
    const auto page = which == door::events ? page_of(view) : std::string{};
    std::optional<auth_result> result;
    if (const auto refused = options_.origins.check(view))
        result.emplace(*refused);
    else
        result.emplace(co_await authenticate(request, caller));
    if (!*result) {
        hub_->admitted.count_refusal();
        auto answer = refusal_response(result->why(), request.version());
        allow_page(answer, page);
        answer.keep_alive(false);
        co_await write(stream, std::move(answer));
        co_await linger(stream);
        co_return;
    }
    stream.expires_never();
    if (which == door::events) {
        event_options options;
        options.allow_origin = page;
        open_events(hub_, &home, stream.release_socket(), view, request.version(), std::move(result->who()),
                    std::move(options));
        co_return;
    }
    const auto early = buffer.data();
    accept_options options{std::string{chosen_subprotocol(view, *result)},
                           std::string{static_cast<const char*>(early.data()), early.size()},
                           options_.handshake_timeout};
    upgrade(hub_, &home, stream.release_socket(), request, std::move(result->who()), std::move(options));
}

FANFARE_DECL asio::awaitable<auth_result> http_listener::authenticate(const http_api::request_type& request,
                                                                      const asio::ip::address& caller)
{
    if (!options_.authenticate)
        co_return auth_result{identity{}};
    const auto view = std::make_shared<const handshake_request>(describe(request, caller));
    std::function<void(auth_done)> start = [this, view](auth_done done) {
        options_.authenticate(view, std::move(done));
    };
    auto answer = co_await wait_for_answer<auth_result>(options_.handshake_timeout, std::move(start));
    if (!answer)
        co_return auth_result{make_refusal(error::timed_out, 503)};
    if (!*answer && answer->why().cause && hub_->handlers.on_exception)
        hub_->handlers.on_exception(answer->why().cause);
    co_return std::move(*answer);
}

FANFARE_DECL asio::awaitable<http_api::response_type> http_listener::respond(const http_api::request_type& request,
                                                                             const asio::ip::address& caller)
{
    const std::string_view target{request.target().data(), request.target().size()};
    const bool events = options_.events && path_of(target) == event_path;
    const auto page = events ? page_of(describe(request, caller)) : std::string{};
    if (events && request.method() == http::verb::options)
        co_return preflight(request, page);
    if (http_api::handles(target)) {
        std::function<void(http_api::done_type)> start = [this, &request, &caller](http_api::done_type done) {
            try {
                api_.async_handle(request, caller, done);
            } catch (...) { // the application's `issue_ticket`
                done(thrown_response(*hub_, request.version()));
            }
        };
        auto answer =
            co_await wait_for_answer<http_api::response_type>(options_.handshake_timeout, std::move(start));
        if (!answer)
            co_return error_response(504, error::timed_out, "no answer in time", request.version());
        allow_page(*answer, page);
        co_return std::move(*answer);
    }
    co_return own_response(*hub_, options_, request);
}

FANFARE_DECL asio::awaitable<bool> http_listener::write(boost::beast::tcp_stream& stream,
                                                        http_api::response_type answer, bool head_only)
{
    stream.expires_after(options_.handshake_timeout);
    http::response_serializer<http::string_body> serializer{answer};
    if (head_only) {
        const auto [ec, n] = co_await http::async_write_header(stream, serializer, no_throw);
        co_return !ec;
    }
    const auto [ec, n] = co_await http::async_write(stream, serializer, no_throw);
    co_return !ec;
}

} // namespace detail
} // namespace fanfare

#endif

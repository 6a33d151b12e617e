// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "mqtt_link.hpp"
#include "mqtt_tls.hpp"

#include <mosquitto.h>

#include <boost/asio/post.hpp>

#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <iterator>
#include <new>
#include <stdexcept>
#include <utility>

namespace asio = boost::asio;
using boost::system::error_code;

namespace demo {

namespace {

constexpr int packets_a_turn = 256; // then others on the executor have their turn

// Once in the process, before the first client.
void init_library()
{
    static const int code = mosquitto_lib_init();
    if (code != MOSQ_ERR_SUCCESS)
        throw std::runtime_error{std::string{"mosquitto: "} + mosquitto_strerror(code)};
}

mosquitto* new_client(const mqtt_settings& settings, void* owner)
{
    init_library();
    auto* client = mosquitto_new(settings.client_id.c_str(), settings.clean_session, owner);
    if (!client && errno == ENOMEM)
        throw std::bad_alloc{};
    if (!client)
        throw std::invalid_argument{"the MQTT client id is not valid"};
    return client;
}

// What libmosquitto keeps to itself while TLS' handshake is under way: it would say that all is well, for ever.
std::string socket_problem(int socket)
{
    char byte = 0;
    const auto count = ::recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (count > 0 || (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)))
        return {};
    return count == 0 ? "the connection was refused, or closed in the TLS handshake" : std::strerror(errno);
}

} // namespace

mqtt_link::mqtt_link(const asio::any_io_executor& executor, mqtt_settings settings, handlers then)
    : settings_{std::move(settings)}, then_{std::move(then)}, client_{new_client(settings_, this),
                                                                      mosquitto_destroy},
      resolver_{executor}, clock_{executor}, socket_{executor}
{
    // "The application drives the library itself": then packets are queued, and leave with mosquitto_loop_write only.
    mosquitto_threaded_set(client_.get(), true);
    mosquitto_connect_with_flags_callback_set(client_.get(), connected);
    mosquitto_message_callback_set(client_.get(), got_message);
    mosquitto_subscribe_callback_set(client_.get(), subscribed);
    mosquitto_log_callback_set(client_.get(), logged);
    int code = MOSQ_ERR_SUCCESS;
    if (settings_.tls && (code = settings_.tls->apply(client_.get())) != MOSQ_ERR_SUCCESS)
        throw std::runtime_error{std::string{"libmosquitto and TLS: "} + mosquitto_strerror(code)};
    if (!settings_.user.empty())
        code = mosquitto_username_pw_set(client_.get(), settings_.user.c_str(), settings_.password.c_str());
    if (const auto& will = settings_.will; code == MOSQ_ERR_SUCCESS && !will.topic.empty())
        code = mosquitto_will_set(client_.get(), will.topic.c_str(), static_cast<int>(will.payload.size()),
                                  will.payload.data(), 1, true);
    if (code != MOSQ_ERR_SUCCESS)
        throw std::invalid_argument{std::string{"MQTT user or will: "} + mosquitto_strerror(code)};
}

mqtt_link::~mqtt_link() = default;

void mqtt_link::start()
{
    give_up_ = std::chrono::steady_clock::now() + settings_.connect_timeout;
    // mosquitto would look the name up itself, and block.
    resolver_.async_resolve(settings_.host, std::to_string(settings_.port),
                            [self = shared_from_this()](error_code ec, const auto& found) {
                                if (self->ended_)
                                    return;
                                if (ec)
                                    return self->fail("no address: " + ec.message());
                                const auto which = self->settings_.attempt % found.size();
                                const auto at = std::next(found.begin(), static_cast<std::ptrdiff_t>(which));
                                self->connect_to(at->endpoint().address().to_string());
                            });
    tick();
}

void mqtt_link::connect_to(const std::string& address)
{
    const auto seconds = static_cast<int>(settings_.keep_alive.count());
    const int code = mosquitto_connect_async(client_.get(), address.c_str(), settings_.port, seconds);
    if (code != MOSQ_ERR_SUCCESS)
        return check(code);
    if (settings_.tls && !mqtt_tls::spoken(client_.get()))
        return fail("libmosquitto does not speak TLS");
    watch();
}

void mqtt_link::watch()
{
    error_code ec;
    const int copy = ::dup(mosquitto_socket(client_.get()));
    if (copy < 0)
        return fail(std::string{"no descriptor: "} + std::strerror(errno));
    if (socket_.assign(copy, ec); ec) {
        ::close(copy);
        return fail("not watched: " + ec.message());
    }
    wait_read();
    wait_write(); // writable: TCP is connected, and CONNECT may leave
}

void mqtt_link::wait_read()
{
    if (reading_ || paused_ || ended_)
        return;
    reading_ = true;
    auto then = [self = shared_from_this()](error_code ec) {
        self->reading_ = false;
        if (self->ended_ || self->paused_)
            return;
        if (ec)
            return self->fail(ec.message());
        self->read();
    };
    if (mqtt_tls::bytes_wait(client_.get())) // of these the socket knows nothing
        asio::post(clock_.get_executor(), [then = std::move(then)] { then({}); });
    else
        socket_.async_wait(asio::posix::stream_descriptor::wait_read, std::move(then));
}

void mqtt_link::wait_write()
{
    if (writing_ || ended_)
        return;
    writing_ = true;
    socket_.async_wait(asio::posix::stream_descriptor::wait_write, [self = shared_from_this()](error_code ec) {
        self->writing_ = false;
        if (self->ended_)
            return;
        if (ec)
            return self->fail(ec.message());
        self->write();
    });
}

bool mqtt_link::bytes_wait()
{
    int count = 0;
    return mqtt_tls::bytes_wait(client_.get()) ||
           (::ioctl(socket_.native_handle(), FIONREAD, &count) == 0 && count > 0);
}

// Whatever the socket is ready for, its reading function drives it.
void mqtt_link::handshake()
{
    if (const auto why = socket_problem(socket_.native_handle()); !why.empty())
        return fail(why);
    check(mosquitto_loop_read(client_.get(), 1));
    if (ended_)
        return;
    if (!mqtt_tls::handshaking(client_.get()))
        write(); // CONNECT
    else if (mqtt_tls::wants_write(client_.get()))
        wait_write();
}

void mqtt_link::read()
{
    const auto keep = shared_from_this();
    if (mqtt_tls::handshaking(client_.get())) {
        handshake();
        return wait_read();
    }
    int left = packets_a_turn;
    // One packet, or a part of one, a call; since libmosquitto 2.1 all of those in its buffer. The first call without
    // bytes finds the end of the stream.
    do
        check(mosquitto_loop_read(client_.get(), 1));
    while (!ended_ && !paused_ && --left > 0 && bytes_wait());
    if (!ended_ && then_.on_batch)
        then_.on_batch();
    write();
    wait_read();
}

void mqtt_link::flush()
{
    held_ = false;
    write();
}

void mqtt_link::write()
{
    if (ended_ || held_ || !socket_.is_open())
        return;
    if (mqtt_tls::handshaking(client_.get()))
        return handshake();
    check(mosquitto_loop_write(client_.get(), 1));
    if (!ended_ && mosquitto_want_write(client_.get()))
        wait_write();
}

void mqtt_link::tick()
{
    clock_.expires_after(std::chrono::seconds{1});
    clock_.async_wait([self = shared_from_this()](error_code ec) {
        if (ec || self->ended_)
            return;
        if (!self->established_ && std::chrono::steady_clock::now() >= self->give_up_)
            return self->fail("no answer from the broker");
        if (self->established_)
            self->check(mosquitto_loop_misc(self->client_.get())); // keeps the link alive
        self->write();
        if (!self->ended_)
            self->tick();
    });
}

bool mqtt_link::subscribe(const std::string& filter, int qos)
{
    if (ended_ || !established_)
        return false;
    const int code = mosquitto_subscribe(client_.get(), nullptr, filter.c_str(), qos);
    wait_write();
    return code == MOSQ_ERR_SUCCESS;
}

bool mqtt_link::publish(const std::string& topic, std::string_view payload, int qos, bool retain)
{
    if (ended_ || !established_)
        return false;
    const int code = mosquitto_publish(client_.get(), nullptr, topic.c_str(), static_cast<int>(payload.size()),
                                       payload.data(), qos, retain);
    wait_write();
    return code == MOSQ_ERR_SUCCESS;
}

void mqtt_link::pause()
{
    paused_ = true;
}

void mqtt_link::resume()
{
    if (std::exchange(paused_, false))
        wait_read();
}

void mqtt_link::abandon()
{
    if (std::exchange(ended_, true))
        return;
    resolver_.cancel();
    clock_.cancel();
    error_code ignored; // it ends, whatever it says
    socket_.close(ignored);
    // The client itself, and with it the connection, goes now or when mosquitto has returned from the callback.
    asio::post(clock_.get_executor(), [self = shared_from_this()] { self->client_.reset(); });
}

void mqtt_link::disconnect()
{
    if (!ended_ && established_ && mosquitto_disconnect(client_.get()) == MOSQ_ERR_SUCCESS)
        mosquitto_loop_write(client_.get(), 1); // as far as the socket takes it
    abandon();
}

void mqtt_link::fail(std::string_view why)
{
    if (ended_)
        return;
    abandon();
    then_.on_closed(why);
}

void mqtt_link::check(int code)
{
    if (ended_)
        return;
    if (thrown_)
        std::rethrow_exception(std::exchange(thrown_, nullptr));
    if (!problem_.empty())
        return fail(problem_);
    if (code == MOSQ_ERR_SUCCESS)
        return;
    fail(reason(code));
}

std::string mqtt_link::reason(int code) const
{
    const int system = errno;
    if (const auto why = mqtt_tls::take_refusal(); !why.empty())
        return "the broker's certificate is not believed: " + why;
    if (!tls_error_.empty())
        return "TLS: " + tls_error_;
    return code == MOSQ_ERR_ERRNO ? std::strerror(system) : mosquitto_strerror(code);
}

template <class F>
void mqtt_link::guarded(F f) noexcept
{
    try {
        f();
    } catch (...) {
        thrown_ = std::current_exception();
    }
}

void mqtt_link::connected(mosquitto*, void* self, int code, int flags)
{
    auto& link = *static_cast<mqtt_link*>(self);
    if (code != 0) {
        link.problem_ = mosquitto_connack_string(code);
        return;
    }
    link.established_ = true;
    link.guarded([&] { link.then_.on_connected((flags & 1) != 0); });
}

void mqtt_link::got_message(mosquitto*, void* self, const mosquitto_message* message)
{
    auto& link = *static_cast<mqtt_link*>(self);
    if (link.ended_ || !link.then_.on_message)
        return;
    link.held_ = link.held_ || (link.settings_.hold_acknowledgements && message->qos > 0);
    link.guarded([&] { link.then_.on_message(*message); });
}

// OpenSSL's errors are told here only: "OpenSSL Error[0]: error:NUMBER:LIBRARY:FUNCTION:REASON".
void mqtt_link::logged(mosquitto*, void* self, int level, const char* text)
{
    auto& link = *static_cast<mqtt_link*>(self);
    const std::string_view line{text};
    if (level == MOSQ_LOG_ERR && link.settings_.tls && line.starts_with("OpenSSL Error"))
        link.guarded([&] { link.tls_error_ = line.substr(line.rfind(':') + 1); });
}

void mqtt_link::subscribed(mosquitto*, void* self, int, int count, const int* granted)
{
    auto& link = *static_cast<mqtt_link*>(self);
    for (int i = 0; i != count && !link.ended_ && link.then_.on_subscribed; ++i)
        link.guarded([&] { link.then_.on_subscribed(granted[i]); });
}

} // namespace demo

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_EXAMPLES_MQTT_LINK_HPP
#define FANFARE_EXAMPLES_MQTT_LINK_HPP

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

struct mosquitto;
struct mosquitto_message;

namespace demo {

class mqtt_tls;

struct mqtt_will {
    std::string topic;
    std::string payload;
};

struct mqtt_settings {
    std::string host = "127.0.0.1";
    std::uint16_t port = 1883;
    /// Which of the host's addresses: the first for 0, and so on, round and round.
    std::size_t attempt = 0;
    /// How TLS is spoken with it; none: in plain text.
    std::shared_ptr<mqtt_tls> tls{};
    std::string client_id;
    std::string user{};
    std::string password{};
    bool clean_session = true;
    /// Acknowledgements of what came with QoS 1 wait for `flush`.
    bool hold_acknowledgements = false;
    std::chrono::seconds keep_alive{30};
    /// Name lookup, TCP, TLS and MQTT handshake together.
    std::chrono::seconds connect_timeout{10};
    /// Published by the broker, retained, QoS 1, when the link breaks without a DISCONNECT. None without a topic.
    mqtt_will will{};
};

/// One connection to an MQTT broker, from connecting to its end, with libmosquitto on an Asio executor: Asio watches
/// the socket, and mosquitto's loop functions are called from there. No thread, no reconnecting: whoever wants another
/// connection makes another link.
///
/// With `hold_acknowledgements`, nothing is written from the arrival of a QoS 1 message until `flush`; after `abandon`
/// its acknowledgement (PUBACK) is never sent. See the README. All functions, and the handlers, on the executor, which
/// is serial.
class mqtt_link : public std::enable_shared_from_this<mqtt_link> {
public:
    struct handlers {
        /// The broker has let us in; whether it has kept our session.
        std::function<void(bool session_present)> on_connected;
        std::function<void(const mosquitto_message&)> on_message = nullptr;
        /// What has arrived so far was read.
        std::function<void()> on_batch = nullptr;
        /// With the QoS that was granted; 128: the broker refuses.
        std::function<void(int granted)> on_subscribed = nullptr;
        /// The link has ended, and why. The last call; none after `abandon`.
        std::function<void(std::string_view why)> on_closed;
    };

    mqtt_link(const boost::asio::any_io_executor& executor, mqtt_settings settings, handlers then);
    ~mqtt_link();
    mqtt_link(const mqtt_link&) = delete;
    mqtt_link& operator=(const mqtt_link&) = delete;

    void start();

    /// Each answers whether mosquitto took it; then it is sent as soon as the socket and `flush` let it.
    bool subscribe(const std::string& filter, int qos);
    bool publish(const std::string& topic, std::string_view payload, int qos, bool retain);

    /// Sends what waits, held acknowledgements included.
    void flush();
    /// While paused nothing is read: the broker's messages wait in its own queue. Those that libmosquitto has read
    /// already, up to 4 KiB, still come; over TLS those of one record, up to 16 KiB.
    void pause();
    void resume();

    /// Cuts the connection as it is. What was not acknowledged the broker sends again, to the next link of the session.
    void abandon();
    /// Says DISCONNECT, so that the broker does not publish the will; then cuts.
    void disconnect();

private:
    void connect_to(const std::string& address);
    void watch();
    void wait_read();
    void wait_write();
    bool bytes_wait();
    void read();
    void handshake();
    void write();
    void tick();
    void fail(std::string_view why);
    void check(int code);
    std::string reason(int code) const;
    template <class F>
    void guarded(F f) noexcept;

    static void connected(mosquitto*, void* self, int code, int flags);
    static void got_message(mosquitto*, void* self, const mosquitto_message* message);
    static void logged(mosquitto*, void* self, int level, const char* text);
    static void subscribed(mosquitto*, void* self, int id, int count, const int* granted);

    mqtt_settings settings_;
    handlers then_;
    std::unique_ptr<mosquitto, void (*)(mosquitto*)> client_;
    boost::asio::ip::tcp::resolver resolver_;
    boost::asio::steady_timer clock_;
    boost::asio::posix::stream_descriptor socket_; // a duplicate: mosquitto closes its own
    std::chrono::steady_clock::time_point give_up_;
    // Noted in a callback of mosquitto, where the link cannot be ended and nothing may be thrown.
    std::string problem_, tls_error_;
    std::exception_ptr thrown_;
    bool established_ = false;
    bool ended_ = false;
    bool held_ = false;
    bool paused_ = false;
    bool reading_ = false;
    bool writing_ = false;
};

} // namespace demo

#endif

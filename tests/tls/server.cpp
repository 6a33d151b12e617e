// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// A server that speaks TLS, as its clients see it.
#include "support/world.hpp"
#include "tls/tls_client.hpp"

#include <fanfare/ssl.hpp>

#include <boost/asio/write.hpp>
#include <boost/system/system_error.hpp>

#include <array>

using namespace fanfare;
using namespace fanfare::test;

namespace {

struct tls_world {
    explicit tls_world(hub_options options = {}, std::size_t shards = 1) : w{options, shards}
    {
        w.hub().configure("chat:", {});
    }

    void serve(server_options options = {})
    {
        options.tls = tls;
        w.serve(std::move(options));
    }

    test_authority authority;
    test_authority::files files = authority.issue("server", "localhost", {"localhost"});
    tls_context tls{tls_options{.certificates = {{files.chain, files.key}}}};
    world w;
};

std::string failure_of(const std::function<void()>& f)
{
    try {
        f();
    } catch (const boost::system::system_error& e) {
        return e.what();
    }
    return {};
}

} // namespace

TEST_CASE("a WebSocket over TLS gets what is published, in order, one at a time and in bursts")
{
    tls_world t{{}, GENERATE(1U, 2U)};
    t.serve();
    client_tls careful{.ca_file = t.authority.ca_file()};
    wss_client alice{t.w.port(), {.target = "/api/v1/ws?user=alice"}, careful};
    REQUIRE(alice.open());
    wss_client bob{t.w.port(), {}, careful};
    alice.subscribe({"chat:1"});
    bob.subscribe({"chat:1"});
    for (int i = 0; i != 20; ++i) {
        t.w.hub().publish("chat:1", "n", i);
        CHECK(alice.next("n") == i);
        CHECK(bob.next("n") == i);
    }
    const std::string filling(300, 'x');
    for (int i = 0; i != 2000; ++i)
        t.w.hub().publish("chat:1", "burst", {{"i", i}, {"filling", filling}});
    for (int i = 0; i != 2000; ++i) {
        CHECK(alice.next("burst").at("i") == i);
        CHECK(bob.next("burst").at("i") == i);
    }
    // From the client, too, and a message of many records.
    alice.send({{"type", "ping"}, {"request_id", "r"}});
    CHECK(alice.next().at("request_id") == "r");
    const std::string large(200'000, 'y');
    t.w.hub().publish("chat:1", "large", large);
    CHECK(alice.next("large").as_string() == large);
    CHECK(bob.next("large").as_string() == large);
    alice.close();
    CHECK(eventually([&] { return t.w.hub().stats().connections == 1; }));
    const auto stats = t.w.hub().stats();
    CHECK(stats.tls_handshakes == 2);
    CHECK(stats.tls_failed == 0);
}

TEST_CASE("a slow receiver over TLS has its messages, or is told what it lacks")
{
    tls_world t{{.outbox_bytes = 1024 * 1024, .outbox_messages = 16}};
    t.w.hub().configure("drop:", {.overflow = overflow_policy::drop_oldest});
    t.serve();
    wss_client slow{t.w.port(), {.receive_buffer = 4096}};
    slow.subscribe({"drop:1"});
    const std::string filling(20'000, 'x');
    constexpr int count = 1000;
    for (int i = 0; i != count; ++i)
        t.w.hub().publish("drop:1", "n", {{"i", i}, {"filling", filling}});
    REQUIRE(eventually([&] { return t.w.hub().stats().dropped != 0; }));
    int next = 0;
    int gaps = 0;
    while (next != count) {
        const auto message = slow.next();
        const auto& payload = message.at("payload");
        if (message.at("type") == "gap") {
            ++gaps;
            next += static_cast<int>(payload.at("dropped").to_number<int>());
            continue;
        }
        REQUIRE(payload.at("i") == next);
        CHECK(payload.at("filling").as_string() == filling);
        ++next;
    }
    CHECK(gaps != 0);
}

TEST_CASE("HTTP and event streams over TLS")
{
    tls_world t;
    t.serve();
    tls_connection c{t.w.port(), {.ca_file = t.authority.ca_file(), .alpn = "http/1.1"}};
    CHECK(c.alpn() == "http/1.1");
    CHECK(c.get("/healthz").result_int() == 200);
    CHECK(c.get("https://localhost/healthz").result_int() == 200);
    // RFC 9110 section 7.4: not what this connection is for.
    CHECK(tls_connection{t.w.port(), {}}.get("http://localhost/healthz").result_int() == 421);

    tls_connection events{t.w.port(), {}};
    asio::write(events.channel,
                asio::buffer(std::string{"GET /api/v1/sse?rooms=chat:1 HTTP/1.1\r\nHost: localhost\r\n\r\n"}));
    std::string got;
    const auto read_until = [&](std::string_view what) {
        std::array<char, 4096> bytes;
        while (got.find(what) == std::string::npos)
            got.append(bytes.data(), events.channel.read_some(asio::buffer(bytes)));
    };
    read_until("\"subscribed\"");
    CHECK(got.starts_with("HTTP/1.1 200"));
    t.w.hub().publish("chat:1", "n", 42);
    read_until("\"payload\":42");
}

TEST_CASE("plain HTTP on a port that speaks TLS is answered so that a person understands it")
{
    tls_world t;
    t.serve();
    const auto answer = http_get(t.w.port(), "/healthz");
    CHECK(answer.result_int() == 400);
    CHECK(answer.body().find("TLS") != std::string::npos);
    CHECK(eventually([&] { return t.w.hub().stats().tls_failed == 1; }));
}

TEST_CASE("who says nothing, or no TLS, is let go at the handshake's deadline")
{
    tls_world t;
    t.serve({.handshake_timeout = 50ms});
    for (const auto* bytes : {"", "\x16\x03\x01", "\x16\x03\x01\x40\x00\x01"}) {
        asio::io_context context;
        tcp::socket socket{context};
        socket.connect({asio::ip::address_v4::loopback(), t.w.port()});
        asio::write(socket, asio::buffer(bytes, std::string_view{bytes}.size()));
        std::array<char, 64> rest;
        error_code ec;
        while (!ec)
            socket.read_some(asio::buffer(rest), ec);
        CHECK((ec == asio::error::eof || ec == asio::error::connection_reset));
    }
    CHECK(eventually([&] { return t.w.hub().stats().tls_failed == 3; }));
}

TEST_CASE("a handshake, and what follows it, may come a byte at a time")
{
    tls_world t;
    t.serve();
    // Between them: forwards the client's bytes one by one.
    asio::io_context context;
    tcp::acceptor acceptor{context, {asio::ip::address_v4::loopback(), 0}};
    const auto port = acceptor.local_endpoint().port();
    std::thread relay{[&] {
        tcp::socket client{context};
        acceptor.accept(client);
        tcp::socket server{context};
        server.connect({asio::ip::address_v4::loopback(), t.w.port()});
        server.set_option(tcp::no_delay{true});
        std::thread back{[&] {
            std::array<char, 4096> bytes;
            error_code ec;
            while (!ec) {
                const auto n = server.read_some(asio::buffer(bytes), ec);
                if (!ec)
                    asio::write(client, asio::buffer(bytes, n), ec);
            }
            client.shutdown(tcp::socket::shutdown_both, ec);
        }};
        std::array<char, 4096> bytes;
        error_code ec;
        while (!ec) {
            const auto n = client.read_some(asio::buffer(bytes), ec);
            for (std::size_t i = 0; i != n && !ec; ++i)
                asio::write(server, asio::buffer(bytes.data() + i, 1), ec);
        }
        server.shutdown(tcp::socket::shutdown_both, ec);
        back.join();
    }};
    {
        wss_client c{port};
        CHECK(c.open());
        c.subscribe({"chat:1"});
        t.w.hub().publish("chat:1", "n", 1);
        CHECK(c.next("n") == 1);
        c.close();
    }
    relay.join();
}

TEST_CASE("a certificate is changed while clients are connected, and none is lost")
{
    tls_world t;
    t.serve();
    wss_client before{t.w.port()};
    CHECK(before.server_names() == "localhost");
    before.subscribe({"chat:1"});
    CHECK_FALSE(t.tls.files_changed());
    t.authority.issue("server", "localhost", {"renewed.example"});
    CHECK(t.tls.files_changed());
    t.tls.reload();
    CHECK_FALSE(t.tls.files_changed());
    wss_client after{t.w.port()};
    CHECK(after.server_names() == "renewed.example");
    t.w.hub().publish("chat:1", "n", 1);
    CHECK(before.next("n") == 1);

    SECTION("a file that cannot be used changes nothing")
    {
        const auto other = t.authority.issue("other", "other", {"other"});
        std::filesystem::copy_file(other.key, t.files.key, std::filesystem::copy_options::overwrite_existing);
        const auto why = failure_of([&] { t.tls.reload(); });
        CHECK(why.find(t.files.key) != std::string::npos);
        std::filesystem::remove(t.files.chain);
        CHECK(failure_of([&] { t.tls.reload(); }).find(t.files.chain) != std::string::npos);
        CHECK(wss_client{t.w.port()}.server_names() == "renewed.example");
    }
}

TEST_CASE("a session is resumed by its ticket, also after the certificate was changed")
{
    tls_world t;
    t.serve();
    const auto version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
    const client_tls how{.max_version = version};
    SSL_SESSION* session = nullptr;
    {
        tls_connection first{t.w.port(), how};
        first.get("/healthz"); // the tickets of TLS 1.3 come behind the handshake
        session = SSL_get1_session(first.ssl());
    }
    CHECK(tls_connection{t.w.port(), how, session}.resumed());
    t.tls.reload();
    CHECK(tls_connection{t.w.port(), how, session}.resumed());
    SSL_SESSION_free(session);
    CHECK(eventually([&] { return t.w.hub().stats().tls_resumed == 2; }));
}

TEST_CASE("the certificate is the one for the name that the client asks for")
{
    test_authority authority;
    const auto first = authority.issue("first", "one", {"one.example"});
    const auto second = authority.issue("second", "two", {"two.example", "*.wild.example"});
    world w;
    w.serve({.tls = tls_context{{.certificates = {{first.chain, first.key}, {second.chain, second.key}}}}});
    const auto names_for = [&](const std::string& name) {
        return tls_connection{w.port(), {.server_name = name}}.server_names();
    };
    CHECK(names_for("one.example") == "one.example");
    CHECK(names_for("TWO.example") == "two.example,*.wild.example");
    CHECK(names_for("a.wild.example") == "two.example,*.wild.example");
    CHECK(names_for("a.b.wild.example") == "one.example");
    CHECK(names_for("nobody.example") == "one.example");
    CHECK(names_for("") == "one.example");
}

TEST_CASE("old versions, weak ciphers and other protocols are refused")
{
    tls_world t;
    t.serve();
    CHECK(tls_connection{t.w.port(), {.max_version = TLS1_2_VERSION}}.get("/healthz").result_int() == 200);
    CHECK_THROWS(tls_connection(t.w.port(), {.max_version = TLS1_1_VERSION}));
    CHECK_THROWS(tls_connection(t.w.port(), {.max_version = TLS1_2_VERSION, .ciphers = "ECDHE-ECDSA-AES128-SHA"}));
    CHECK(failure_of([&] { tls_connection(t.w.port(), {.alpn = "h2"}); }).find("application protocol") !=
          std::string::npos);
    CHECK(eventually([&] { return t.w.hub().stats().tls_failed == 3; }));
}

TEST_CASE("a client's certificate is verified, and the authenticator sees it")
{
    test_authority authority;
    test_authority stranger;
    const auto server = authority.issue("server", "localhost", {"localhost"});
    const auto device = authority.issue("device", "device-17", {"device-17.example"});
    const auto foreign = stranger.issue("foreign", "device-17", {"device-17.example"});
    const auto clients = GENERATE(client_certificates::required, client_certificates::optional);
    world w;
    w.serve({.tls = tls_context{{.certificates = {{server.chain, server.key}},
                                 .clients = clients,
                                 .client_ca_file = authority.ca_file()}},
             .authenticate = [](const handshake_request& r) {
                 if (!r.tls() || !r.tls()->certificate)
                     return auth_result{refusal{.status = 403, .code = error::forbidden}};
                 const auto& c = *r.tls()->certificate;
                 CHECK(c.subject == "CN=device-17");
                 CHECK(c.dns_names == std::vector<std::string>{"device-17.example"});
                 CHECK(c.fingerprint.size() == 64);
                 CHECK(c.pem.starts_with("-----BEGIN CERTIFICATE-----"));
                 CHECK(r.tls()->server_name == "localhost");
                 CHECK(r.tls()->version.starts_with("TLSv1."));
                 return auth_result{identity{.user_id = c.common_name}};
             }});
    wss_client good{w.port(), {}, {.certificate = device}};
    CHECK(good.hello.at("user_id") == "device-17");
    SSL_SESSION* session = nullptr;
    {
        tls_connection first{w.port(), {.certificate = device}};
        CHECK(first.get("/healthz").result_int() == 200);
        session = SSL_get1_session(first.ssl());
    }
    CHECK_FALSE(tls_connection(w.port(), {.certificate = device}, session).resumed()); // it is verified each time
    SSL_SESSION_free(session);
    // In TLS 1.3 the client is done before the server refuses: it hears of it when it reads.
    CHECK_THROWS(tls_connection{w.port(), {.certificate = foreign}}.get("/healthz"));
    if (clients == client_certificates::required) {
        CHECK_THROWS(tls_connection{w.port(), {}}.get("/healthz"));
    } else {
        CHECK(tls_connection{w.port(), {}}.get("/healthz").result_int() == 200);
        CHECK(wss_client{w.port()}.status() == 403);
    }
}

TEST_CASE("a context that cannot be made says which file is wrong, and how")
{
    test_authority authority;
    const auto good = authority.issue("good", "good", {"good"});
    const auto other = authority.issue("other", "other", {"other"});
    const auto why = [](tls_options o) { return failure_of([&] { tls_context{std::move(o)}; }); };
    CHECK(why({}).find("no certificate") != std::string::npos);
    CHECK(why({.certificates = {{good.chain, ""}}}).find("key_file") != std::string::npos);
    CHECK(why({.certificates = {{"/nowhere.pem", good.key}}}).find("/nowhere.pem") != std::string::npos);
    CHECK(why({.certificates = {{good.chain, good.chain}}}).find(good.chain) != std::string::npos);
    CHECK(why({.certificates = {{good.chain, other.key}}}).find(other.key) != std::string::npos);
    CHECK(why({.certificates = {{good.chain, good.key}}, .clients = client_certificates::required})
              .find("client_ca_file") != std::string::npos);
    CHECK(why({.certificates = {{good.chain, good.key}},
               .clients = client_certificates::required,
               .client_ca_file = "/nowhere.pem"})
              .find("/nowhere.pem") != std::string::npos);
    CHECK(why({.certificates = {{good.chain, good.key}}, .ciphers = "NONSENSE"}).find("NONSENSE") !=
          std::string::npos);
    CHECK(why({.certificates = {{good.chain, good.key}}}).empty());
    CHECK_THROWS(tls_context{static_cast<SSL_CTX*>(nullptr)});
}

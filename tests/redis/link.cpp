// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "redis/client_support.hpp"
#include "support/catch.hpp"

#include <fanfare/detail/redis/link.hpp>
#include <fanfare/detail/redis/login.hpp>

#include <boost/system/system_error.hpp>

#include <cstdio>

using namespace fanfare;
using namespace fanfare::test;

TEST_CASE("a wrong password is told without showing it, and the link goes on trying until it is right")
{
    redis_server server{{"--requirepass", "right-one"}};
    running_context io;
    auto options = quick(server.url());
    options.password = "wrong-one";
    redis_client client{io.get(), options};
    journal notes;
    watch(client, notes);
    REQUIRE(notes.wait_for_line("down: redis://127.0.0.1:" + std::to_string(server.port()) + "/0: WRONGPASS"));
    CHECK_FALSE(client.up());
    CHECK(server.command({"CONFIG", "SET", "requirepass", "wrong-one"}, "right-one") == "+OK\r\n");
    REQUIRE(notes.wait_for_line("up"));
    CHECK(ask(client, {"PING"}) == "PONG");
    CHECK(notes.text().find("wrong-one") == std::string::npos);
    CHECK(notes.text().find("right-one") == std::string::npos);
}

TEST_CASE("a Redis that wants a password is told apart from one that is away")
{
    redis_server server{{"--requirepass", "secret"}};
    running_context io;
    redis_client client{io.get(), quick(server.url())};
    journal notes;
    watch(client, notes);
    CHECK(notes.wait_for_line("NOAUTH"));
}

TEST_CASE("an ACL user logs in by name, and needs no more rights than its commands")
{
    redis_server server;
    CHECK(server.command({"ACL", "SETUSER", "clerk", "on", ">p@ss:word/", "~allowed:*", "&*", "+get", "+set"}) ==
          "+OK\r\n");
    running_context io;
    redis_client client{io.get(),
                        quick("redis://clerk:p%40ss%3Aword%2F@127.0.0.1:" + std::to_string(server.port()))};
    CHECK(ask(client, {"SET", "allowed:a", "1"}) == "OK");
    CHECK(ask(client, {"GET", "allowed:a"}) == "1");
    CHECK(ask(client, {"GET", "other"}).starts_with("Redis answered with an error: NOPERM"));
}

TEST_CASE("the database of the URL is the one that commands go to")
{
    redis_server server;
    running_context io;
    redis_client third{io.get(), quick(server.url() + "/3")};
    redis_client first{io.get(), quick(server.url())};
    CHECK(ask(third, {"SET", "here", "yes"}) == "OK");
    CHECK(ask(first, {"GET", "here"}) == "(nil)");
    CHECK(ask(third, {"CLIENT", "GETNAME"}) == "fanfare");

    redis_client none{io.get(), quick(server.url() + "/4711")};
    journal notes;
    watch(none, notes);
    CHECK(notes.wait_for_line("DB index is out of range"));
}

TEST_CASE("a Unix socket works like TCP")
{
    const temporary_folder folder;
    redis_server server{{"--unixsocket", folder / "redis.sock"}};
    running_context io;
    redis_client client{io.get(), quick("unix://" + (folder / "redis.sock") + "?db=2")};
    CHECK(ask(client, {"SET", "a", "b"}) == "OK");
    CHECK(server.command({"GET", "a"}) == "$-1\r\n"); // that is database 0

    redis_client nobody{io.get(), quick("unix://" + (folder / "none.sock"))};
    journal notes;
    watch(nobody, notes);
    CHECK(notes.wait_for_line("none.sock: no such file or directory"));
}

TEST_CASE("a replica is refused until it is promoted")
{
    redis_server master;
    redis_server replica{{"--replicaof", "127.0.0.1 " + std::to_string(master.port())}};
    running_context io;
    redis_client client{io.get(), quick(replica.url())};
    journal notes;
    watch(client, notes);
    REQUIRE(notes.wait_for_line("is a replica"));
    CHECK(replica.command({"REPLICAOF", "NO", "ONE"}) == "+OK\r\n");
    REQUIRE(notes.wait_for_line("up"));
    CHECK(ask(client, {"SET", "a", "b"}) == "OK");
}

TEST_CASE("where nobody listens the connection is refused, in words")
{
    running_context io;
    const reserved_port reserved;
    const auto port = std::to_string(reserved.number());
    redis_client client{io.get(), quick("redis://127.0.0.1:" + port)};
    journal notes;
    watch(client, notes);
    REQUIRE(notes.wait_for_count(4)); // goes on trying
    CHECK(notes.lines()[1] == "down: redis://127.0.0.1:" + port + "/0: connection refused");
}

TEST_CASE("a name that does not exist is a problem in words, and ends with the context")
{
    running_context io;
    auto options = quick("redis://host.invalid");
    options.connect_timeout = 2s;
    redis_client client{io.get(), options};
    journal notes;
    watch(client, notes);
    CHECK(notes.wait_for_line("down: redis://host.invalid:6379/0: "));
}

TEST_CASE("a name is resolved, and each of its addresses tried")
{
    redis_server server; // listens on 127.0.0.1, not on ::1
    running_context io;
    redis_client client{io.get(), quick("redis://localhost:" + std::to_string(server.port()))};
    CHECK(ask(client, {"PING"}) == "PONG");
}

TEST_CASE("a web server is told apart from Redis, and not asked in a hurry")
{
    stranger web{[](int s) {
        hear(s);
        say(s, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
    }};
    running_context io;
    redis_client client{io.get(), quick(web.url())};
    journal notes;
    watch(client, notes);
    REQUIRE(notes.wait_for_line("does not speak Redis' protocol"));
    const auto before = web.visits();
    REQUIRE(notes.wait_for_count(6));
    CHECK(web.visits() > before); // it tries again
}

TEST_CASE("a peer that closes at once is tried again, with pauses")
{
    stranger closing{[](int) {}};
    running_context io;
    auto options = quick(closing.url());
    options.first_backoff = options.max_backoff = 200ms;
    const auto begin = std::chrono::steady_clock::now();
    redis_client client{io.get(), options};
    journal notes;
    watch(client, notes);
    REQUIRE(notes.wait_for_count(11));
    // Ten pauses of 100 ms on average; the odds against a tenth of that are astronomical.
    CHECK(std::chrono::steady_clock::now() - begin > 100ms);
    CHECK((notes.lines().back().ends_with("closed the connection") ||
           notes.lines().back().ends_with("reset by peer") || notes.lines().back().ends_with("broken pipe")));
}

TEST_CASE("a peer that takes connections and says nothing is given up in time")
{
    stranger silent{[](int s) {
        while (!hear(s).empty()) {
        }
    }};
    running_context io;
    auto options = quick(silent.url());
    options.connect_timeout = 100ms;
    redis_client client{io.get(), options};
    journal notes;
    watch(client, notes);
    CHECK(notes.wait_for_line("does not answer (100 ms)"));
}

TEST_CASE("a reply without a question ends the connection")
{
    std::atomic<bool> honest = false;
    stranger liar{[&honest](int s) {
        hear(s);
        say(s, "+PONG\r\n+OK\r\n*1\r\n$6\r\nmaster\r\n");
        if (!honest)
            say(s, "+surprise\r\n");
        hear(s);
    }};
    running_context io;
    redis_client client{io.get(), quick(liar.url())};
    journal notes;
    watch(client, notes);
    CHECK(notes.wait_for_line("a reply that nobody asked for"));
    honest = true;
    CHECK(eventually([&] { return client.up(); }));
}

TEST_CASE("a peer that echoes the password does not bring it into a log")
{
    stranger parrot{[](int s) {
        hear(s);
        say(s, "-NOPERM you said hunter2, not hunter2\r\n");
        hear(s);
    }};
    running_context io;
    auto options = quick(parrot.url());
    options.password = "hunter2";
    redis_client client{io.get(), options};
    journal notes;
    watch(client, notes);
    REQUIRE(notes.wait_for_line("you said ***, not ***"));
    CHECK(notes.text().find("hunter2") == std::string::npos);
}

TEST_CASE("a server that quotes the beginning of a long password does not bring it into a log")
{
    redis_server server{{"--rename-command", "AUTH", "LOGIN"}};
    running_context io;
    auto options = quick(server.url());
    options.password = "hunter2" + std::string(149, 'x'); // Redis quotes 128 bytes
    redis_client client{io.get(), options};
    journal notes;
    watch(client, notes);
    REQUIRE(notes.wait_for_line("refused the login"));
    CHECK(notes.text().find("hunter2") == std::string::npos);
}

TEST_CASE("what a server says is cut and made printable")
{
    using detail::tidy_redis_text;
    CHECK(tidy_redis_text("ERR no", "") == "ERR no");
    CHECK(tidy_redis_text("a\r\n\x1b[31m\x7f\xff", "") == "a   [31m??");
    CHECK(tidy_redis_text(std::string(100'000, 'x'), "").size() == 200);
    const std::string secret(150, 's');
    CHECK(tidy_redis_text(secret + std::string(100, '.') + secret + '!', secret) ==
          "***" + std::string(100, '.') + "***!");
    CHECK(tidy_redis_text(std::string(198, '.') + "secret", "secret").find('s') == std::string::npos);
}

#if defined(FANFARE_WITH_SSL)
namespace {

// A CA and a certificate for localhost and 127.0.0.1, made by openssl.
class certificates {
public:
    certificates()
    {
        run("req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=test-ca -keyout ca.key -out ca.pem");
        run("req -newkey rsa:2048 -nodes -subj /CN=redis -keyout redis.key -out redis.csr");
        std::ofstream{folder_ / "names"} << "subjectAltName=DNS:localhost,IP:127.0.0.1\n";
        run("x509 -req -days 2 -in redis.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile names -out "
            "redis.pem");
    }
    std::string ca() const { return folder_ / "ca.pem"; }
    std::vector<std::string> server_arguments(std::uint16_t tls_port) const
    {
        return {"--tls-port",         std::to_string(tls_port),
                "--tls-cert-file",    folder_ / "redis.pem",
                "--tls-key-file",     folder_ / "redis.key",
                "--tls-ca-cert-file", ca(),
                "--tls-auth-clients", "no"};
    }

private:
    void run(const std::string& arguments) const
    {
        const auto line = "cd " + folder_.path() + " && openssl " + arguments + " 2>openssl.log";
        if (std::system(line.c_str()) != 0)
            throw std::runtime_error("failed: " + line);
    }

    temporary_folder folder_;
};

} // namespace

TEST_CASE("TLS checks the certificate and the host's name before anything is said")
{
    const certificates made;
    const reserved_port reserved, reserved_elsewhere;
    const auto port = reserved.number();
    redis_server server{made.server_arguments(port)};
    running_context io;
    const auto url = [port](const char* host) { return "rediss://" + (host + (":" + std::to_string(port))); };

    auto trusting = quick(url("127.0.0.1"));
    trusting.tls_ca_file = made.ca();
    redis_client by_address{io.get(), trusting};
    CHECK(ask(by_address, {"SET", "a", std::string(100'000, 'x')}) == "OK");
    CHECK(ask(by_address, {"GET", "a"}) == std::string(100'000, 'x'));

    auto named = trusting;
    named.host = "localhost";
    redis_client by_name{io.get(), named};
    CHECK(ask(by_name, {"PING"}) == "PONG");

    auto unverified = quick(url("127.0.0.1"));
    unverified.tls_verify = false;
    redis_client careless{io.get(), unverified};
    CHECK(ask(careless, {"PING"}) == "PONG");

    redis_client suspicious{io.get(), quick(url("127.0.0.1"))}; // the system does not know this CA
    journal notes;
    watch(suspicious, notes);
    CHECK(notes.wait_for_line("certificate verify failed"));

    auto other = trusting;
    other.host = "127.0.0.2"; // not in the certificate
    redis_server elsewhere{[&] {
        auto arguments = made.server_arguments(other.port = reserved_elsewhere.number());
        arguments.insert(arguments.end(), {"--bind", "127.0.0.1 127.0.0.2"});
        return arguments;
    }()};
    redis_client misled{io.get(), other};
    journal wrong_name;
    watch(misled, wrong_name);
    CHECK(wrong_name.wait_for_line("certificate verify failed"));

    auto missing = trusting;
    missing.tls_ca_file = "/no/such/file.pem";
    CHECK_THROWS_AS(redis_client(io.get(), missing), boost::system::system_error);
}

TEST_CASE("a plain Redis on a TLS URL is a problem in words")
{
    redis_server server;
    running_context io;
    auto options = quick("rediss://127.0.0.1:" + std::to_string(server.port()));
    options.connect_timeout = 1s;
    redis_client client{io.get(), options};
    journal notes;
    watch(client, notes);
    CHECK(notes.wait_for_line("down: rediss://127.0.0.1"));
}
#endif

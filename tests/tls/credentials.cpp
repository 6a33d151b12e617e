// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// A server's certificates, clients' certificates, and the tickets that spare them.
#include "tls/tls_world.hpp"

#include <string>
#include <sys/stat.h>
#include <utility>
#include <vector>

using namespace fanfare;
using namespace fanfare::test;

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

TEST_CASE(
    "a certificate, key or authority that is no regular file is refused at once, with the file and the reason")
{
    test_authority authority;
    const auto good = authority.issue("good", "good", {"good"});
    const auto folder = authority.directory().string();
    const auto nowhere = folder + "/nowhere.pem";
    const auto beyond = good.chain + "/within";
    const auto pipe = folder + "/pipe.pem"; // that nobody writes to: to open it would wait for ever
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    const std::vector<std::pair<std::string, std::string>> bad{
        {nowhere, "there is no such file"},
        {beyond, "there is no such file"},
        {folder, "it is a directory"},
        {pipe, "it is a pipe, and must be a regular file"},
        {"/dev/null", "it is not a regular file"},
        {folder + "/" + std::string(300, 'x'), "File name too long"},
    };
    for (const auto& one : bad) {
        const auto& file = one.first;
        INFO(file);
        const auto refused = [&](tls_options options, const std::string& what) {
            const auto why = failure_of([&] { tls_context{std::move(options)}; });
            return why.find("TLS: cannot use the " + what + " of " + file + ": " + one.second) !=
                   std::string::npos;
        };
        CHECK(refused({.certificates = {{file, good.key}}}, "certificates"));
        CHECK(refused({.certificates = {{good.chain, file}}}, "private key"));
        CHECK(refused({.certificates = {{good.chain, good.key}},
                       .clients = client_certificates::optional,
                       .client_ca_file = file},
                      "authorities"));
    }
}

TEST_CASE("a pipe in the place of a file is no reason for a reload to wait, and the certificate before stays")
{
    tls_world t;
    t.serve();
    std::filesystem::remove(t.files.key);
    REQUIRE(::mkfifo(t.files.key.c_str(), 0600) == 0);
    CHECK(failure_of([&] { t.tls.reload(); }).find(t.files.key + ": it is a pipe") != std::string::npos);
    CHECK(wss_client{t.w.port()}.server_names() == "localhost");
}

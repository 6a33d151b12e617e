// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// The TLS of one connection, without sockets: the test is the network.
#include "support/catch.hpp"
#include "tls/certificates.hpp"

#include <fanfare/detail/tls/openssl_engine.hpp>
#include <fanfare/detail/tls/tls_state.hpp>

#include <boost/asio/error.hpp>

#include <string>
#include <utility>
#include <vector>

using namespace fanfare;
using namespace fanfare::detail;
using fanfare::test::test_authority;

namespace {

// Takes so many bytes at most.
struct narrow_wire final : tls_engine::wire {
    std::size_t send(std::string_view bytes, error_code&) override
    {
        ++calls;
        const auto n = std::min(bytes.size(), room);
        sent.append(bytes.substr(0, n));
        room -= n;
        return n;
    }
    std::string sent;
    std::size_t room = SIZE_MAX;
    int calls = 0;
};

// A client of OpenSSL's own on two memory BIOs, and the engine, with a handshake behind them.
struct pair {
    explicit pair(int version = TLS1_3_VERSION)
    {
        context.reset(SSL_CTX_new(TLS_client_method()));
        SSL_CTX_set_max_proto_version(context.get(), version);
        client.reset(SSL_new(context.get()));
        SSL_set_bio(client.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
        SSL_set_connect_state(client.get());
        for (bool done = false; !done;) {
            error_code ec;
            const bool client_done = SSL_do_handshake(client.get()) == 1;
            const auto bytes = from_client();
            engine->feed(bytes);
            done = engine->handshake(out, ec) && client_done;
            REQUIRE_FALSE(ec);
            to_client();
        }
    }
    std::string from_client()
    {
        char* data = nullptr;
        auto* bio = SSL_get_wbio(client.get());
        const auto n = BIO_get_mem_data(bio, &data);
        std::string bytes{data, static_cast<std::size_t>(n)};
        static_cast<void>(BIO_reset(bio));
        return bytes;
    }
    void to_client()
    {
        if (!out.sent.empty())
            BIO_write(SSL_get_rbio(client.get()), out.sent.data(), static_cast<int>(out.sent.size()));
        out.sent.clear();
    }
    // What the client decrypts.
    std::string client_reads()
    {
        to_client();
        std::string all;
        char bytes[4096];
        for (std::size_t n = 0; SSL_read_ex(client.get(), bytes, sizeof bytes, &n) == 1;)
            all.append(bytes, n);
        return all;
    }
    std::string engine_reads()
    {
        std::string all;
        char bytes[1000];
        error_code ec;
        for (std::size_t n = 1; n != 0;) {
            n = engine->read(out, bytes, ec);
            all.append(bytes, n);
        }
        CHECK_FALSE(ec);
        CHECK(engine->wants_input());
        return all;
    }
    std::size_t write(std::vector<std::string_view> parts)
    {
        error_code ec;
        const auto n = engine->write(out, parts, ec);
        CHECK_FALSE(ec);
        return n;
    }

    test_authority authority;
    test_authority::files files = authority.issue("server", "localhost", {"localhost"});
    tls_state state{tls_options{.certificates = {{files.chain, files.key}}}};
    std::unique_ptr<tls_engine> engine = state.make_engine();
    ssl_ctx_ptr context;
    ssl_ptr client;
    narrow_wire out;
};

std::string numbered(std::size_t size)
{
    std::string text;
    while (text.size() < size)
        text += std::to_string(text.size()) + " ";
    text.resize(size);
    return text;
}

} // namespace

TEST_CASE("short buffers are one record, long ones are full records")
{
    pair p{GENERATE(TLS1_2_VERSION, TLS1_3_VERSION)};
    p.client_reads();
    p.out.calls = 0;
    CHECK(p.write({"one ", "", "two ", "three"}) == 13);
    CHECK(p.out.calls == 1);
    CHECK(p.client_reads() == "one two three");

    const auto text = numbered(100'000);
    p.out.calls = 0;
    CHECK(p.write({text}) == text.size());
    CHECK(p.out.calls == 7); // 100,000 / 16,384
    CHECK(p.client_reads() == text);

    std::vector<std::string_view> pieces;
    for (std::size_t at = 0; at < text.size(); at += 999)
        pieces.push_back(std::string_view{text}.substr(at, 999));
    p.out.calls = 0;
    CHECK(p.write(pieces) == text.size());
    CHECK(p.out.calls == 7);
    CHECK(p.client_reads() == text);
    CHECK(p.write({}) == 0);
    CHECK(p.write({"", ""}) == 0);
}

TEST_CASE("what the socket does not take is kept, and nothing is encrypted behind it")
{
    pair p;
    const auto text = numbered(100'000);
    std::size_t written = 0;
    std::string got;
    int rounds = 0;
    for (; written != text.size() || p.engine->unsent(); ++rounds) {
        p.out.room = 5'000;
        error_code ec;
        if (!p.engine->flush(p.out, ec))
            CHECK(p.write({"not now"}) == 0);
        else if (written != text.size())
            written += p.write({std::string_view{text}.substr(written)});
        CHECK_FALSE(ec);
        got += p.client_reads();
    }
    CHECK(rounds > 10);
    CHECK(got == text);
}

TEST_CASE("input may come in pieces of any size")
{
    pair p{GENERATE(TLS1_2_VERSION, TLS1_3_VERSION)};
    const auto text = numbered(70'000);
    REQUIRE(SSL_write(p.client.get(), text.data(), static_cast<int>(text.size())) > 0);
    const auto bytes = p.from_client();
    const auto step = GENERATE(1U, 7U, 16'384U, 1'000'000U);
    std::string got;
    for (std::size_t at = 0; at < bytes.size(); at += step) {
        auto piece = bytes.substr(at, step); // gone when the next comes
        p.engine->feed(piece);
        got += p.engine_reads();
        std::fill(piece.begin(), piece.end(), 'x');
    }
    CHECK(got == text);
}

TEST_CASE("the peer's orderly end is the end of the stream, and ours is seen by it")
{
    pair p{GENERATE(TLS1_2_VERSION, TLS1_3_VERSION)};
    SSL_shutdown(p.client.get());
    const auto bytes = p.from_client();
    p.engine->feed(bytes);
    error_code ec;
    char byte = 0;
    CHECK(p.engine->read(p.out, {&byte, 1}, ec) == 0);
    CHECK(ec == asio::error::eof);
    p.engine->shutdown(p.out);
    p.client_reads();
    CHECK((SSL_get_shutdown(p.client.get()) & SSL_RECEIVED_SHUTDOWN) != 0);
}

TEST_CASE("bytes that are no TLS are an error, with OpenSSL's reason")
{
    pair p;
    const std::string nonsense(100, 'x');
    p.engine->feed(nonsense);
    error_code ec;
    char byte = 0;
    CHECK(p.engine->read(p.out, {&byte, 1}, ec) == 0);
    CHECK(ec.category() == asio::error::get_ssl_category());
}

TEST_CASE("a peer that changes keys without end is given up, whether answers are wanted or not")
{
    pair p;
    p.client_reads();
    const auto [how, room] = GENERATE(std::pair<int, std::size_t>{SSL_KEY_UPDATE_REQUESTED, 0},
                                      std::pair<int, std::size_t>{SSL_KEY_UPDATE_NOT_REQUESTED, SIZE_MAX});
    p.out.room = room;
    error_code ec;
    int asked = 0;
    for (; !ec && asked != 100'000; ++asked) {
        SSL_key_update(p.client.get(), how);
        REQUIRE(SSL_do_handshake(p.client.get()) == 1);
        const auto bytes = p.from_client();
        p.engine->feed(bytes);
        char byte = 0;
        p.engine->read(p.out, {&byte, 1}, ec);
    }
    CHECK(ec);
    CHECK(asked < 10'000);
}

TEST_CASE("new keys now and then, with messages between them, are what the protocol is for")
{
    pair p;
    p.client_reads();
    std::string got;
    for (int i = 0; i != 5'000; ++i) {
        SSL_key_update(p.client.get(), SSL_KEY_UPDATE_REQUESTED);
        REQUIRE(SSL_write(p.client.get(), "x", 1) == 1);
        const auto bytes = p.from_client();
        p.engine->feed(bytes);
        got += p.engine_reads();
        p.client_reads();
    }
    CHECK(got == std::string(5'000, 'x'));
}

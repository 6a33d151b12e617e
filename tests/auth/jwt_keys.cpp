// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include <fanfare/auth/jwt_keys.hpp>
#include <fanfare/auth/jwt_keys_watcher.hpp>
#include <fanfare/auth/jwt_verifier.hpp>
#include <fanfare/detail/jwt/der.hpp>
#include <fanfare/detail/jwt/public_key.hpp>
#include <fanfare/error.hpp>

#include "jwt/key_files.hpp"
#include "jwt/test_tokens.hpp"
#include "support/catch.hpp"
#include "support/eventually.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>

#include <atomic>
#include <cstddef>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdexcept>
#include <string>
#include <sys/stat.h>
#include <thread>
#include <vector>

using namespace fanfare;
using namespace fanfare::test;
using namespace std::chrono_literals;

namespace {

const std::string alice = R"({"sub":"alice","exp":4000000000})";

bool takes(const jwt_keys& keys, const std::string& text)
{
    return jwt_verifier{keys}.verify(text).has_value();
}

template <class F>
std::string failure_of(F call)
{
    try {
        call();
        return {};
    } catch (const boost::system::system_error& failure) {
        CHECK(failure.code() == error::invalid_config);
        return failure.what();
    }
}

bool has(const std::string& text, std::string_view part)
{
    return text.find(part) != std::string::npos;
}

std::string pem_of(const std::string& label, const std::string& der)
{
    std::string text((der.size() + 2) / 3 * 4 + 1, '\0');
    text.resize(static_cast<std::size_t>(EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                                         reinterpret_cast<const unsigned char*>(der.data()),
                                                         static_cast<int>(der.size()))));
    std::string out = "-----BEGIN " + label + "-----\n";
    for (std::size_t at = 0; at < text.size(); at += 64)
        out += text.substr(at, 64) + '\n';
    return out + "-----END " + label + "-----\n";
}

// Why this PEM is refused; whatever it is, OpenSSL's queue of errors stays empty.
std::string refusal_of_pem(const std::string& pem)
{
    const auto why = failure_of([&] { jwt_keys::pem(pem); });
    CHECK(ERR_peek_error() == 0); // a TLS connection in this thread would find it
    return why;
}

std::string of_rsa(const test_key& key)
{
    return token(key, "RS256", alice);
}

} // namespace

TEST_CASE("a secret is as long as its hash", "[jwt]")
{
    using enum jwt_algorithm;
    CHECK(takes(jwt_keys::secret(std::string(32, 's')), token(std::string(32, 's'), "HS256", alice)));
    CHECK(takes(jwt_keys::secret(hmac_secret, {hs384, hs512}), token(hmac_secret, "HS384", alice)));
    CHECK_FALSE(takes(jwt_keys::secret(hmac_secret), token(hmac_secret, "HS512", alice)));
    CHECK(has(failure_of([] { jwt_keys::secret(std::string(31, 's')); }),
              "the secret has 31 bytes, HS256 needs 32"));
    CHECK(has(failure_of([] { jwt_keys::secret(""); }), "the secret has 0 bytes"));
    CHECK(has(failure_of([] { jwt_keys::secret(std::string(47, 's'), {hs384}); }), "cannot be used with HS384"));
    CHECK(has(failure_of([] { jwt_keys::secret(std::string(63, 's'), {hs512}); }), "cannot be used with HS512"));
    CHECK(has(failure_of([] { jwt_keys::secret(hmac_secret, {rs256}); }), "cannot be used with RS256"));
    CHECK(has(failure_of([] { jwt_keys::secret(hmac_secret, {}); }), "a secret needs an algorithm"));
    // Bytes are bytes.
    const std::string odd = std::string(16, '\0') + std::string(16, '\xff');
    CHECK(takes(jwt_keys::secret(odd), token(odd, "HS256", alice)));
}

TEST_CASE("a public key is read from PEM, and from a certificate", "[jwt]")
{
    for (const auto& pem :
         {rsa_key.public_pem, rsa_public_key_pkcs1, rsa_certificate, "a comment\n" + rsa_key.public_pem}) {
        const auto keys = jwt_keys::pem(pem);
        CHECK(keys.size() == 1);
        CHECK(takes(keys, token(rsa_key, "RS256", alice)));
        CHECK(takes(keys, token(rsa_key, "PS512", alice)));
        CHECK_FALSE(takes(keys, token(other_rsa_key, "RS256", alice)));
    }
    CHECK(takes(jwt_keys::pem(p256_key.public_pem), token(p256_key, "ES256", alice)));
    CHECK(takes(jwt_keys::pem(p384_key.public_pem), token(p384_key, "ES384", alice)));
    CHECK(takes(jwt_keys::pem(p521_key.public_pem), token(p521_key, "ES512", alice)));
    CHECK(takes(jwt_keys::pem(ed25519_key.public_pem), token(ed25519_key, "EdDSA", alice)));
    CHECK(takes(jwt_keys::pem(ed448_key.public_pem), token(ed448_key, "EdDSA", alice)));
}

TEST_CASE("PEM that is no public key that can be used is refused, with a reason", "[jwt]")
{
    const auto why = [](const std::string& pem, std::vector<jwt_algorithm> only = {}) {
        return failure_of([&] { jwt_keys::pem(pem, only); });
    };
    CHECK(has(why(rsa_key.private_pem), "this is a private key"));
    CHECK(has(why(ed25519_key.private_pem), "this is a private key"));
    CHECK(has(why(short_rsa_key.public_pem), "the RSA key has 1024 bits"));
    CHECK(has(why(secp256k1_public_key), "the curve of the EC key is not known"));
    CHECK(has(why(""), "there is no PEM"));
    CHECK(has(why("hello"), "there is no PEM"));
    CHECK(has(why(rsa_key.jwk), "there is no PEM"));
    CHECK(has(why(std::string(70'000, 'x')), "longer than 64 KiB"));
    CHECK(has(why("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"), "OpenSSL cannot read the key"));
    CHECK(
        has(why("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), "cannot read the certificate"));
    CHECK(has(why("-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n"),
              "neither a public key nor a certificate"));
    CHECK(has(why(rsa_key.public_pem, {jwt_algorithm::es256}), "cannot be used with ES256"));
    CHECK(has(why(p256_key.public_pem, {jwt_algorithm::es384}), "cannot be used with ES384"));
    CHECK(has(why(rsa_key.public_pem, {jwt_algorithm::hs256}), "cannot be used with HS256"));
}

TEST_CASE("what is asked of a key is asked of PEM too: exponents, points", "[jwt]")
{
    using namespace fanfare::detail;
    const std::string n(256, '\xff');
    const auto numbers = [](std::string_view modulus, std::string_view exponent) {
        return der_sequence(der_integer(modulus) + der_integer(exponent));
    };
    CHECK(refusal_of_pem(pem_of("RSA PUBLIC KEY", numbers(n, "\x03"))).empty());
    const std::string_view exponents[] = {"\x01", {"\x01\x00\x00", 3}, "", "\x01\x01\x01\x01\x01\x01\x01\x01\x01"};
    for (const auto e : exponents) {
        CHECK(has(refusal_of_pem(pem_of("RSA PUBLIC KEY", numbers(n, e))), "exponent"));
        CHECK(
            has(refusal_of_pem(pem_of("PUBLIC KEY", der_public_key(rsa_identifier, numbers(n, e)))), "exponent"));
    }
    CHECK(has(refusal_of_pem(pem_of("RSA PUBLIC KEY", numbers(n.substr(1) + '\xfe', "\x03"))), "modulus"));
    for (const auto& curve : jwt_curves) {
        const auto infinity = der_public_key(curve.identifier, std::string(1, '\0'));
        CHECK_FALSE(refusal_of_pem(pem_of("PUBLIC KEY", infinity)).empty());
    }
    // 1.3.101.112 (RFC 8410 section 3), and the neutral point.
    const auto neutral = der_public_key("\x30\x05\x06\x03\x2b\x65\x70", '\x01' + std::string(31, '\0'));
    CHECK(has(refusal_of_pem(pem_of("PUBLIC KEY", neutral)), "small order"));
}

TEST_CASE("PEM is one block: behind a public key no private one hides, and no second key", "[jwt]")
{
    const std::string more_than_one = "the PEM text has more than one block";
    CHECK(has(refusal_of_pem(rsa_key.public_pem + rsa_key.private_pem), more_than_one));
    CHECK(has(refusal_of_pem(rsa_key.private_pem + rsa_key.public_pem), more_than_one));
    CHECK(has(refusal_of_pem(rsa_key.public_pem + other_rsa_key.public_pem), more_than_one));
    CHECK(has(refusal_of_pem(rsa_certificate + rsa_certificate), more_than_one));
    CHECK(has(failure_of([] { jwt_keys::pem(std::string_view{}); }), "there is no PEM"));
    CHECK(ERR_peek_error() == 0);
}

TEST_CASE("another key set takes the place of the one before, for all copies, and a bad one does not", "[jwt]")
{
    auto keys = jwt_keys::jwks(jwks(jwk(rsa_key, "a"), R"({"kty":"x"})"));
    const auto copy = keys;
    CHECK(copy.skipped().size() == 1);
    CHECK(takes(copy, of_rsa(rsa_key)));
    keys.replace(jwks(jwk(other_rsa_key, "b")));
    CHECK(takes(copy, of_rsa(other_rsa_key)));
    CHECK_FALSE(takes(copy, of_rsa(rsa_key)));
    CHECK(copy.skipped().empty());
    for (const auto* bad : {"", "{}", R"({"keys":[]})", R"({"keys":[{"kty":"oct","k":"AAAA"}]})"})
        CHECK_FALSE(failure_of([&] { keys.replace(bad); }).empty());
    CHECK(takes(copy, of_rsa(other_rsa_key)));
    CHECK_FALSE(keys.has_file());
    CHECK_FALSE(keys.file_changed());
    CHECK(has(failure_of([&] { keys.reload(); }), "not read from a file"));
    jwt_keys later;
    CHECK(later.size() == 0);
    later.replace(jwks(rsa_key.jwk));
    CHECK(takes(later, of_rsa(rsa_key)));
}

TEST_CASE("keys may be replaced while tokens are checked", "[jwt]")
{
    auto keys = jwt_keys::jwks(jwks(jwk(p256_key, "a")));
    const auto text = token(p256_key, "ES256", alice);
    std::atomic<bool> stop{false};
    std::atomic<int> refused{0}, checked{0};
    std::vector<std::thread> threads;
    for (int i = 0; i != 2; ++i)
        threads.emplace_back([&] {
            const jwt_verifier verifier{keys};
            while (!stop) {
                refused += verifier.verify(text) ? 0 : 1;
                ++checked;
            }
        });
    for (int i = 0; i < 500 || (checked < 100 && i < 1'000'000); ++i)
        keys.replace(jwks(jwk(p256_key, i % 2 ? "a" : "b"), jwk(p384_key, "c")));
    stop = true;
    for (auto& thread : threads)
        thread.join();
    CHECK(refused == 0);
    CHECK(checked >= 100);
}

TEST_CASE("a key set is read from a file, and a failure names the file", "[jwt]")
{
    const key_file file;
    CHECK(has(failure_of([&] { jwt_keys::file(file.path()); }), "cannot read " + file.path()));
    CHECK(has(failure_of([&] { jwt_keys::file(file.directory()); }), "cannot read " + file.directory()));
    REQUIRE(::mkfifo(file.path().c_str(), 0600) == 0);
    CHECK(has(failure_of([&] { jwt_keys::file(file.path()); }), "cannot read " + file.path() + ": it is a pipe"));
    file.write("{");
    CHECK(has(failure_of([&] { jwt_keys::file(file.path()); }), file.path() + ": the key set cannot be read"));
    file.write(jwks(jwk(rsa_key, "a")));
    auto keys = jwt_keys::file(file.path());
    CHECK(keys.has_file());
    CHECK_FALSE(keys.file_changed());
    CHECK(takes(keys, of_rsa(rsa_key)));

    file.write(jwks(jwk(other_rsa_key, "another")));
    CHECK(keys.file_changed());
    CHECK(takes(keys, of_rsa(rsa_key)));
    keys.reload();
    CHECK_FALSE(keys.file_changed());
    CHECK(takes(keys, of_rsa(other_rsa_key)));

    file.write(jwks());
    CHECK(has(failure_of([&] { keys.reload(); }), file.path() + ": no key of the set can be used"));
    file.write(jwks(jwk(rsa_key, "a")) + std::string(jwt_keys::max_text, ' '));
    CHECK(has(failure_of([&] { keys.reload(); }), "longer than 256 KiB"));
    CHECK(keys.file_changed());
    CHECK(takes(keys, of_rsa(other_rsa_key)));
}

TEST_CASE("a key set that another program has written is used, and one that cannot be is told", "[jwt]")
{
    const key_file file;
    file.write(jwks(jwk(rsa_key, "a")));
    const auto keys = jwt_keys::file(file.path());
    asio::io_context context{1};
    std::string told;
    const jwt_keys_watcher watcher{
        context.get_executor(), keys, {.interval = 1ms, .on_reload = [&](std::exception_ptr failed) {
                                           told = failed ? failure_of([&] { std::rethrow_exception(failed); })
                                                         : "good";
                                       }}};
    for (int looks = 0; looks != 5; ++looks)
        context.run_one_for(patience);
    CHECK(told.empty());
    const auto until_told = [&] {
        for (told.clear(); told.empty();)
            REQUIRE(context.run_one_for(patience) == 1);
    };
    file.write("half of a s");
    until_told();
    CHECK(has(told, file.path()));
    until_told(); // again, though it is as it was
    CHECK(takes(keys, of_rsa(rsa_key)));
    file.write(jwks(jwk(other_rsa_key, "b")));
    while (told != "good")
        until_told();
    CHECK(takes(keys, of_rsa(other_rsa_key)));
}

TEST_CASE(
    "a watcher of keys needs an interval, a file, and somebody to tell, and stopped, it lets its context end",
    "[jwt]")
{
    const key_file file;
    file.write(jwks(jwk(rsa_key, "a")));
    asio::io_context context{1};
    const auto make = [&](const jwt_keys& keys, jwt_keys_watch_options options) {
        const jwt_keys_watcher made{context.get_executor(), keys, std::move(options)};
    };
    const auto keys = jwt_keys::file(file.path());
    const auto tell = [](std::exception_ptr) {};
    CHECK_THROWS_AS(make(keys, {.interval = 0ms, .on_reload = tell}), std::invalid_argument);
    CHECK_THROWS_AS(make(keys, {}), std::invalid_argument);
    CHECK_THROWS_AS(make(jwt_keys::jwks(jwks(rsa_key.jwk)), {.on_reload = tell}), std::invalid_argument);
    jwt_keys_watcher watcher{context.get_executor(), keys, {.on_reload = tell}};
    asio::post(context, [&] { watcher.stop(); });
    CHECK(context.run_for(patience) != 0);
    CHECK(context.stopped());
}

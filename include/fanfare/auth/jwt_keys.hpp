// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_AUTH_JWT_KEYS_HPP
#define FANFARE_AUTH_JWT_KEYS_HPP

#include <fanfare/auth/jwt_algorithm.hpp>
#include <fanfare/config.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace fanfare {
namespace detail {
class jwt_key_ring;
}

/// The keys that tokens may be signed with, each bound to its algorithms. Needs OpenSSL (`FANFARE_WITH_SSL`).
///
/// A key serves the algorithms of its kind only, and of these only what `alg` of a JWK, or the list that it was made
/// with, leaves: a public RSA key never checks an HMAC. RSA keys have 2048 to 8192 bits (RFC 7518 section 3.3), a
/// shared secret as many as the hash (section 3.2), and an EC key the curve of its algorithm.
///
/// A token with a `kid` is checked with the keys that have it; if there is none, with those that have none at all. A
/// token without one is checked with all keys for its `alg`. At most 8 are tried.
///
/// A handle: copies share the keys, and see what `replace` and `reload` bring. Every function may be called from any
/// thread.
class jwt_keys {
public:
    /// The most that a JWKS may have: bytes of text, and keys.
    static constexpr std::size_t max_text = 256 * 1024, max_keys = 100;

    /// No key yet: for a `jwt_keys_source`, or `replace`. Until then every token is `jwt_error::unknown_key`.
    jwt_keys();

    /// A secret that is shared with the issuer, for HMAC.
    ///
    /// @param secret The bytes themselves, as they come from a random generator: at least 32 for HS256, 48 for HS384,
    /// 64 for HS512. A secret in base64 is decoded before.
    /// @param algorithms Of these, one or more.
    /// Throws `boost::system::system_error` (`error::invalid_config`) if the secret is too short, or an algorithm is
    /// none of HMAC.
    static jwt_keys secret(std::string_view secret,
                           std::vector<jwt_algorithm> algorithms = {jwt_algorithm::hs256});

    /// One public key.
    ///
    /// @param text PEM (RFC 7468), one block: `PUBLIC KEY`, `RSA PUBLIC KEY` or `CERTIFICATE`. Of a certificate the key
    /// is taken and nothing else looked at, neither its dates nor who has signed it.
    /// @param algorithms What it may be used with; empty: all that its kind can do.
    /// Throws `boost::system::system_error` (`error::invalid_config`) for anything else, a private key or a second
    /// block among it.
    static jwt_keys pem(std::string_view text, std::vector<jwt_algorithm> algorithms = {});

    /// A key set (RFC 7517 section 5), as identity providers publish it: kinds `RSA`, `EC`, `OKP` and `oct`. A set with
    /// `oct` keys is a secret itself, never one that others can fetch: whoever has it can sign.
    ///
    /// Keys that cannot be used are left out (`skipped`): those for encryption (`use`, `key_ops`), of unknown kinds,
    /// curves or algorithms, too short ones, and one with the `kid` and the kind of another before it that shares an
    /// algorithm. Private members are ignored and not kept.
    /// Throws `boost::system::system_error` (`error::invalid_config`) for what is not a key set, has too many bytes or
    /// keys, or a name twice in one object; and if no key can be used: it says why for each.
    static jwt_keys jwks(std::string_view text);

    /// The key set in a file, which `reload` reads again, and a `jwt_keys_watcher` does by itself. Throws as `jwks`
    /// does, with the file's name, and if it cannot be read or is no regular file: a pipe, say.
    static jwt_keys file(std::string path);

    // Copying on purpose: a moved-from handle would be an empty one.
    jwt_keys(const jwt_keys&) = default;
    jwt_keys& operator=(const jwt_keys&) = default;

    /// Takes another key set in place of what was there, for tokens that are checked from now on. Connections that have
    /// been let in stay. Throws as `jwks` does: then everything stays as it is. Thread-safe.
    void replace(std::string_view jwks);

    /// Reads the file again. Throws as `file` does: then everything stays as it is. Also throws if this was not made of
    /// a file. Blocks while it reads. Thread-safe.
    void reload();

    /// Whether it was made of a file. Thread-safe.
    bool has_file() const noexcept;

    /// Whether the file has another time of change, or another size, than when it was read. Thread-safe.
    bool file_changed() const;

    /// How many keys can be used. Thread-safe.
    std::size_t size() const;

    /// Why the other keys of the set are not used, a sentence for each. Thread-safe.
    std::vector<std::string> skipped() const;

    /// For the library.
    const std::shared_ptr<detail::jwt_key_ring>& ring() const noexcept { return ring_; }

private:
    explicit jwt_keys(std::shared_ptr<detail::jwt_key_ring> ring);

    std::shared_ptr<detail::jwt_key_ring> ring_;
};

} // namespace fanfare

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/auth/jwt_keys.ipp>
#endif

#endif

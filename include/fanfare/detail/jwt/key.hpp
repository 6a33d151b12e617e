// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_JWT_KEY_HPP
#define FANFARE_DETAIL_JWT_KEY_HPP

#include <fanfare/auth/jwt_algorithm.hpp>
#include <fanfare/config.hpp>
#include <fanfare/detail/jwt/public_key.hpp>

#include <initializer_list>
#include <openssl/crypto.h>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fanfare::detail {

/// A set of algorithms.
class jwt_algorithms {
public:
    constexpr jwt_algorithms() = default;
    constexpr jwt_algorithms(std::initializer_list<jwt_algorithm> list) noexcept
    {
        for (const auto one : list)
            add(one);
    }
    constexpr void add(jwt_algorithm a) noexcept { bits_ |= bit(a); }
    constexpr bool has(jwt_algorithm a) const noexcept { return (bits_ & bit(a)) != 0; }
    constexpr bool empty() const noexcept { return bits_ == 0; }
    constexpr jwt_algorithms operator&(jwt_algorithms other) const noexcept
    {
        other.bits_ &= bits_;
        return other;
    }

private:
    static constexpr unsigned bit(jwt_algorithm a) noexcept { return 1U << static_cast<unsigned>(a); }

    unsigned bits_ = 0;
};

/// The bytes of a shared secret. These are wiped when they go; the text that they were read from, and what was made of
/// it on the way, such as the JSON of a key set, is not.
class secret_bytes {
public:
    secret_bytes() = default;
    explicit secret_bytes(std::string_view text) : bytes_(text.begin(), text.end()) {}
    secret_bytes(secret_bytes&&) = default;
    secret_bytes& operator=(secret_bytes&&) = delete;
    ~secret_bytes() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

    std::string_view view() const noexcept { return {bytes_.data(), bytes_.size()}; }

private:
    std::vector<char> bytes_;
};

/// A key that signatures are checked with. It has a `secret` or a `public_key`.
struct jwt_key {
    std::optional<std::string> id{}; // `kid`
    jwt_algorithms algorithms{};     // never empty, and only what the key can do
    std::string kind{};              // `kty`
    secret_bytes secret{};
    evp_key public_key{};
};

// The following throw `std::runtime_error` that says in words why there is no such key. What a key can do, and no more,
// stands in `algorithms`.

/// A shared secret: HS256 from 32 bytes on, HS384 from 48, HS512 from 64 (RFC 7518 section 3.2).
jwt_key make_secret_key(std::string_view secret);
/// From the modulus and the exponent, the most significant byte first (RFC 7518 section 6.3.1).
jwt_key make_rsa_key(std::string_view modulus, std::string_view exponent);
/// From the name of the curve and the coordinates, which are as long as the curve's field (RFC 7518 section 6.2.1).
jwt_key make_ec_key(std::string_view curve, std::string_view x, std::string_view y);
/// Ed25519 or Ed448 (RFC 8037 section 2).
jwt_key make_edwards_key(std::string_view curve, std::string_view x);

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/jwt/key.ipp>
#endif

#endif

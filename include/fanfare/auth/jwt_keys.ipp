// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_AUTH_JWT_KEYS_IPP
#define FANFARE_AUTH_JWT_KEYS_IPP

#include <fanfare/auth/jwt_keys.hpp>
#include <fanfare/detail/jwt/key_ring.hpp>
#include <fanfare/detail/jwt/pem_key.hpp>

#include <stdexcept>
#include <utility>

namespace fanfare {
namespace detail {

static_assert(jwt_keys::max_text == max_jwks_size && jwt_keys::max_keys == max_jwks_keys);

// Leaves a key the algorithms of the list.
inline void restrict_key(jwt_key& key, const std::vector<jwt_algorithm>& algorithms)
{
    jwt_algorithms only;
    for (const auto one : algorithms) {
        if (!key.algorithms.has(one))
            throw std::runtime_error{"the key cannot be used with " + std::string{to_string(one)}};
        only.add(one);
    }
    key.algorithms = only;
}

template <class Make>
std::shared_ptr<jwt_key_ring> ring_of(Make make)
{
    auto keys = std::make_shared<jwt_key_set>();
    try {
        keys->keys.push_back(make());
    } catch (const std::runtime_error& why) {
        fail_jwt_config(why.what());
    }
    return std::make_shared<jwt_key_ring>(std::move(keys));
}

} // namespace detail

FANFARE_DECL jwt_keys::jwt_keys(std::shared_ptr<detail::jwt_key_ring> ring) : ring_{std::move(ring)} {}

FANFARE_DECL jwt_keys::jwt_keys()
    : jwt_keys{std::make_shared<detail::jwt_key_ring>(std::make_shared<detail::jwt_key_set>())}
{}

FANFARE_DECL jwt_keys jwt_keys::secret(std::string_view secret, std::vector<jwt_algorithm> algorithms)
{
    return jwt_keys{detail::ring_of([&] {
        auto key = detail::make_secret_key(secret);
        if (algorithms.empty())
            throw std::runtime_error{"a secret needs an algorithm"};
        detail::restrict_key(key, algorithms);
        return key;
    })};
}

FANFARE_DECL jwt_keys jwt_keys::pem(std::string_view text, std::vector<jwt_algorithm> algorithms)
{
    return jwt_keys{detail::ring_of([&] {
        auto key = detail::make_pem_key(text);
        if (!algorithms.empty())
            detail::restrict_key(key, algorithms);
        return key;
    })};
}

FANFARE_DECL jwt_keys jwt_keys::jwks(std::string_view text)
{
    return jwt_keys{std::make_shared<detail::jwt_key_ring>(detail::parse_jwks(text))};
}

FANFARE_DECL jwt_keys jwt_keys::file(std::string path)
{
    return jwt_keys{std::make_shared<detail::jwt_key_ring>(std::move(path))};
}

FANFARE_DECL void jwt_keys::replace(std::string_view jwks)
{
    ring_->set(detail::parse_jwks(jwks));
}

FANFARE_DECL void jwt_keys::reload()
{
    ring_->reload();
}

FANFARE_DECL bool jwt_keys::has_file() const noexcept
{
    return ring_->has_file();
}

FANFARE_DECL bool jwt_keys::file_changed() const
{
    return ring_->file_changed();
}

FANFARE_DECL std::size_t jwt_keys::size() const
{
    return ring_->keys()->keys.size();
}

FANFARE_DECL std::vector<std::string> jwt_keys::skipped() const
{
    return ring_->keys()->skipped;
}

} // namespace fanfare

#endif

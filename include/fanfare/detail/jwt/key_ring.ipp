// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_JWT_KEY_RING_IPP
#define FANFARE_DETAIL_JWT_KEY_RING_IPP

#include <fanfare/detail/base/regular_file.hpp>
#include <fanfare/detail/jwt/key_ring.hpp>

#include <cstddef>
#include <fstream>
#include <ios>
#include <utility>

namespace fanfare::detail {

FANFARE_DECL jwt_key_ring::jwt_key_ring(std::string path)
    : path_{std::move(path)}, stamp_{stamp_of(path_)}, keys_{read_file()}
{}

FANFARE_DECL std::shared_ptr<const jwt_key_set> jwt_key_ring::keys() const
{
    const std::lock_guard lock{mutex_};
    return keys_;
}

FANFARE_DECL void jwt_key_ring::set(std::shared_ptr<const jwt_key_set> keys)
{
    const std::lock_guard lock{mutex_};
    keys_.swap(keys); // the old ones go when the lock has gone
}

FANFARE_DECL std::shared_ptr<const jwt_key_set> jwt_key_ring::read_file() const
{
    if (const auto fault = fault_of_file(path_); !fault.empty())
        fail_jwt_config("cannot read " + path_ + ": " + fault);
    std::ifstream file{path_, std::ios::binary};
    std::string text(max_jwks_size + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (file.bad() || file.gcount() == 0)
        fail_jwt_config("cannot read " + path_);
    text.resize(static_cast<std::size_t>(file.gcount()));
    return parse_jwks(text, path_);
}

FANFARE_DECL void jwt_key_ring::reload()
{
    if (!has_file())
        fail_jwt_config("these keys are not read from a file");
    const std::lock_guard one_at_a_time{reloading_};
    const auto before = stamp_of(path_); // a change while it is read is seen as one afterwards
    auto keys = read_file();
    const std::lock_guard lock{mutex_};
    keys_.swap(keys);
    stamp_ = before;
}

FANFARE_DECL bool jwt_key_ring::file_changed() const
{
    if (!has_file())
        return false;
    const auto now = stamp_of(path_);
    const std::lock_guard lock{mutex_};
    return now != stamp_;
}

FANFARE_DECL std::shared_ptr<jwt_key_refresher> jwt_key_ring::refresher() const
{
    const std::lock_guard lock{mutex_};
    return refresher_.lock();
}

FANFARE_DECL void jwt_key_ring::set_refresher(std::weak_ptr<jwt_key_refresher> refresher)
{
    const std::lock_guard lock{mutex_};
    refresher_ = std::move(refresher);
}

} // namespace fanfare::detail

#endif

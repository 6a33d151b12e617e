// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_JWT_KEY_RING_HPP
#define FANFARE_DETAIL_JWT_KEY_RING_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/base/file_stamp.hpp>
#include <fanfare/detail/jwt/key_set.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <string>

namespace fanfare::detail {

/// Where more keys come from while tokens wait.
class jwt_key_refresher {
public:
    enum class wait {
        queued,       ///< The function will be called once: the keys have been asked for.
        asked_lately, ///< The keys are as new as they may be.
        unavailable,  ///< They could not be asked for, or too many wait.
    };

    /// Asks for the keys, unless that was done lately. `done` is taken with `queued` only, and told whether there are
    /// new keys now. Thread-safe.
    virtual wait await_keys(std::function<void(bool)>& done) = 0;

protected:
    ~jwt_key_refresher() = default;
};

/// What a `jwt_keys` is a handle of. Thread-safe.
class jwt_key_ring {
public:
    explicit jwt_key_ring(std::shared_ptr<const jwt_key_set> keys) : keys_{std::move(keys)} {}
    /// Of a file.
    explicit jwt_key_ring(std::string path);

    std::shared_ptr<const jwt_key_set> keys() const;
    void set(std::shared_ptr<const jwt_key_set> keys);

    bool has_file() const noexcept { return !path_.empty(); }
    void reload();
    bool file_changed() const;

    /// Null: there is none.
    std::shared_ptr<jwt_key_refresher> refresher() const;
    void set_refresher(std::weak_ptr<jwt_key_refresher> refresher);

private:
    std::shared_ptr<const jwt_key_set> read_file() const;

    const std::string path_{};
    std::mutex reloading_{}; // one after the other, so that the last one has the last word
    mutable std::mutex mutex_{};
    file_stamp stamp_{}; // guarded by `mutex_`, as is what follows; made before the file is read
    std::shared_ptr<const jwt_key_set> keys_;
    std::weak_ptr<jwt_key_refresher> refresher_{};
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/jwt/key_ring.ipp>
#endif

#endif

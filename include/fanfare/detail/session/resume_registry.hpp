// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SESSION_RESUME_REGISTRY_HPP
#define FANFARE_DETAIL_SESSION_RESUME_REGISTRY_HPP

#include <fanfare/config.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace fanfare::detail {

/// What a client shows to get the rooms of its last connection back: the connection's id, and a secret that only its
/// `connected` told. As text, 32 hexadecimal digits of each.
struct resume_token {
    std::string connection_id;
    std::string secret;
};
std::optional<resume_token> read_resume_token(std::string_view text);

/// The rooms of connections that have ended, for a while. Thread-safe. The times are the caller's.
class resume_registry {
public:
    using time_point = std::chrono::steady_clock::time_point;

    resume_registry(std::chrono::milliseconds window, std::size_t most) : window_{window}, most_{most} {}

    bool enabled() const noexcept { return window_.count() > 0 && most_ != 0; }
    /// Keeps what a connection had. Beyond the limit the oldest goes.
    void keep(std::uint64_t connection, std::string secret, std::string user, std::vector<std::string> rooms,
              time_point now);
    /// Takes it out, if the secret and the user are right.
    std::optional<std::vector<std::string>> take(std::uint64_t connection, std::string_view secret,
                                                 std::string_view user, time_point now);

private:
    struct ended {
        std::string secret;
        std::string user;
        std::vector<std::string> rooms;
        time_point until;
    };
    void forget(time_point now);

    std::chrono::milliseconds window_;
    std::size_t most_;
    std::mutex mutex_;
    std::unordered_map<std::uint64_t, ended> ended_;
    std::deque<std::uint64_t> oldest_first_;
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/session/resume_registry.ipp>
#endif

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REDIS_REPLY_HPP
#define FANFARE_DETAIL_REDIS_REPLY_HPP

#include <fanfare/config.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

// hiredis, which only the bodies include.
struct redisReader;
struct redisReply;

namespace fanfare::detail {

enum class redis_kind : std::uint8_t { nil, text, status, integer, array, error, other };

/// A view of a reply, or of a part of one; a null one is nil. Lives as long as the reply.
class redis_value {
public:
    redis_value() = default;
    explicit redis_value(const redisReply* reply) noexcept : reply_{reply} {}

    redis_kind kind() const noexcept;
    bool is_nil() const noexcept { return kind() == redis_kind::nil; }
    bool is_error() const noexcept { return kind() == redis_kind::error; }
    bool is_array() const noexcept { return kind() == redis_kind::array; }
    /// The text of a string, a status or an error; else empty.
    std::string_view text() const noexcept;
    /// The number; else 0.
    std::int64_t integer() const noexcept;
    /// Parts of an array; else 0.
    std::size_t size() const noexcept;
    /// A part of an array; nil where there is none.
    redis_value operator[](std::size_t i) const noexcept;

private:
    const redisReply* reply_ = nullptr;
};

/// Owns a reply.
class redis_reply {
public:
    redis_reply() = default;
    explicit redis_reply(redisReply* reply) noexcept : reply_{reply} {}
    redis_value value() const noexcept { return redis_value{reply_.get()}; }

private:
    struct deleter {
        void operator()(redisReply* reply) const noexcept;
    };
    std::unique_ptr<redisReply, deleter> reply_;
};

/// What one reply may take: a peer that sends more is not a Redis that we can use.
struct redis_limits {
    std::size_t bytes = 64 * 1024 * 1024;
    std::size_t elements = 1024 * 1024; // of all arrays in it together
    std::size_t depth = 7;              // arrays in arrays; hiredis itself takes a few, or any number
};

/// Makes replies of bytes as they arrive, by hiredis' parser.
class redis_reader {
public:
    enum class outcome : std::uint8_t { none, one, broken };

    explicit redis_reader(redis_limits limits = {});
    ~redis_reader();
    redis_reader(const redis_reader&) = delete;
    redis_reader& operator=(const redis_reader&) = delete;

    void feed(std::string_view bytes);
    /// The next whole reply, if there is one. Once broken, always broken: see `problem`.
    outcome next(redis_reply& out);
    const std::string& problem() const noexcept { return problem_; }

private:
    outcome fail(std::string problem)
    {
        problem_ = std::move(problem);
        return outcome::broken;
    }

    friend struct redis_builders;

    const redis_limits limits_;
    std::size_t unanswered_ = 0; // bytes since the last whole reply
    std::size_t elements_left_;
    bool too_deep_ = false;
    redisReader* reader_;
    std::string problem_;
};

/// Appends a command in Redis' protocol. Written out here, since hiredis' formatter allocates anew for each command.
void append_command(std::string& out, std::span<const std::string_view> args);

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/redis/reply.ipp>
#endif

#endif

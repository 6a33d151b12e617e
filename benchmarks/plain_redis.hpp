// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_BENCHMARKS_PLAIN_REDIS_HPP
#define FANFARE_BENCHMARKS_PLAIN_REDIS_HPP

// Redis by hiredis alone, one command after the other.

#include <fanfare/bus/redis.hpp>

#include <hiredis/hiredis.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace bench {

/// A connection as one opens it by hand. Every command waits for its reply.
class plain_redis {
public:
    explicit plain_redis(const std::string& url)
    {
        const auto where = fanfare::parse_redis_url(url);
        context_.reset(::redisConnect(where.host.c_str(), where.port));
        if (!context_ || context_->err)
            throw std::runtime_error{"cannot connect to Redis"};
    }

    void publish(const std::string& channel, const std::string& body)
    {
        take(::redisCommand(context_.get(), "PUBLISH %s %b", channel.c_str(), body.data(), body.size()));
    }

    /// The number behind `name` in INFO's `section`; 0 if it is not there.
    std::uint64_t info(const char* section, std::string_view name)
    {
        const auto reply = take(::redisCommand(context_.get(), "INFO %s", section));
        const std::string_view text{reply->str, static_cast<std::size_t>(reply->len)};
        const auto at = text.find(name);
        return at == text.npos ? 0 : std::strtoull(text.data() + at + name.size(), nullptr, 10);
    }

    void drop_subscribers() { take(::redisCommand(context_.get(), "CLIENT KILL TYPE pubsub")); }

private:
    struct deleter {
        void operator()(redisContext* c) const { ::redisFree(c); }
        void operator()(redisReply* r) const { ::freeReplyObject(r); }
    };
    using reply_ptr = std::unique_ptr<redisReply, deleter>;

    static reply_ptr take(void* reply)
    {
        reply_ptr owned{static_cast<redisReply*>(reply)};
        if (!owned || owned->type == REDIS_REPLY_ERROR)
            throw std::runtime_error{owned ? std::string{owned->str} : "Redis does not answer"};
        return owned;
    }

    std::unique_ptr<redisContext, deleter> context_;
};

} // namespace bench

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_STORE_REDIS_IPP
#define FANFARE_STORE_REDIS_IPP

#include <fanfare/detail/base/random.hpp>
#include <fanfare/detail/redis/bus_core.hpp>
#include <fanfare/detail/redis/message.hpp>
#include <fanfare/detail/redis/script.hpp>
#include <fanfare/detail/redis/store_scripts.hpp>
#include <fanfare/detail/wire/envelope.hpp>
#include <fanfare/error.hpp>
#include <fanfare/store/redis.hpp>

#include <boost/system/system_error.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <system_error>
#include <utility>
#include <vector>

namespace fanfare {
namespace detail {

inline constexpr std::size_t max_store_page = 10'000;
// `,"offset":9007199254740991,"epoch":"0123456789abcdef"`
inline constexpr std::size_t max_position_text = 64;

// In milliseconds, no more than a hundred years: Redis refuses times beyond its clock's range, after the message is in.
inline std::int64_t redis_span(std::chrono::milliseconds span, std::int64_t least) noexcept
{
    return std::clamp<std::int64_t>(span.count(), least, 3'200'000'000'000);
}

inline std::uint64_t new_epoch()
{
    std::array<unsigned char, sizeof(std::uint64_t)> bytes;
    std::uint64_t epoch = 0;
    while (epoch == 0) {
        random_bytes(bytes);
        std::memcpy(&epoch, bytes.data(), bytes.size());
    }
    return epoch;
}

inline bool parse_offset(std::string_view text, std::uint64_t& out) noexcept
{
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), out);
    return ec == std::errc{} && end == text.data() + text.size();
}

inline std::string hex_text(std::uint64_t n)
{
    std::array<char, 16> digits;
    const auto* const end = std::to_chars(digits.data(), digits.data() + digits.size(), n, 16).ptr;
    return {digits.data(), static_cast<std::size_t>(end - digits.data())};
}

inline history_page store_page(const redis_value& reply, bool newest_first, error_code& ec)
{
    history_page page;
    std::uint64_t offset = 0;
    const bool good = reply.size() >= 5 && reply.size() % 3 == 2 && parse_epoch(reply[0].text(), page.top.epoch) &&
                      parse_offset(reply[1].text(), page.top.offset) &&
                      parse_offset(reply[2].text(), page.oldest) && parse_offset(reply[3].text(), offset) &&
                      parse_offset(reply[4].text(), page.began);
    if (!good) {
        ec = error::redis_failed;
        return {};
    }
    page.messages.reserve(reply.size() / 3 - 1);
    for (std::size_t i = 5; i + 2 < reply.size(); i += 3) {
        stored_message m{
            .offset = offset, .body = std::string{reply[i].text()}, .key = std::string{reply[i + 1].text()}};
        const auto except = reply[i + 2].text();
        if (std::from_chars(except.data(), except.data() + except.size(), m.except, 16).ec != std::errc{}) {
            ec = error::redis_failed;
            return {};
        }
        page.messages.push_back(std::move(m));
        newest_first ? --offset : ++offset;
    }
    return page;
}

inline redis_store_options checked(redis_store_options o)
{
    using std::chrono::hours;
    const auto require = [](bool good, const char* what) {
        if (!good)
            throw boost::system::system_error{error::invalid_config,
                                              std::string{"fanfare::redis_store_options: "} + what};
    };
    require(was_room_name(o.prefix, 64), // an old one stays
            "prefix must be 1 to 64 bytes, without the characters that room names may not have");
    require(o.lifetime >= std::chrono::seconds{1} && o.lifetime <= 366 * hours{24},
            "lifetime must be from a second to 366 days");
    return o;
}

} // namespace detail

struct redis_store::state {
    state(redis_client c, std::shared_ptr<detail::redis_bus_core> b, redis_store_options o)
        : client{std::move(c)}, bus{std::move(b)}, options{detail::checked(std::move(o))},
          append{client, source(detail::store_append)}, read{client, source(detail::store_read)}
    {}

    static std::string source(const char* rest) { return std::string{detail::store_prologue} + rest; }

    // The keys, and what every script takes.
    std::shared_ptr<detail::redis_script::arguments>
    arguments(std::string_view room, std::string_view idempotency_key, const history_limits& limits) const
    {
        const auto base = options.prefix + "history:{" + std::string{room} + "}:";
        const auto all = std::make_shared<detail::redis_script::arguments>();
        all->reserve(14);
        all->push_back(idempotency_key.empty() ? "2" : "3");
        all->push_back(base + "log");
        all->push_back(base + "meta");
        if (!idempotency_key.empty())
            all->push_back(base + "key:" + std::string{idempotency_key});
        const auto age = detail::redis_span(limits.age, 0);
        all->push_back(detail::epoch_text(detail::new_epoch()));
        all->push_back(std::to_string(std::max<std::int64_t>(options.lifetime.count(), age)));
        all->push_back(std::to_string(age));
        all->push_back(std::to_string(std::max<std::size_t>(limits.messages, 1)));
        all->push_back(options.durable ? "1" : "0");
        return all;
    }

    bool too_large(const stored_message& m) const
    {
        const auto added = detail::max_redis_header_line + detail::max_position_text;
        return bus && (m.key.size() > detail::max_redis_key_size ||
                       m.body.size() + m.key.size() + added > bus->options.max_message_size);
    }

    append_answer answer(const std::string& room, error_code ec, const detail::redis_value& reply) const
    {
        append_answer out;
        if (!ec && !(reply.size() == 4 && detail::parse_epoch(reply[0].text(), out.at.epoch) &&
                     detail::parse_offset(reply[1].text(), out.at.offset)))
            ec = error::redis_failed;
        if (ec)
            return {.error = ec};
        out.duplicate = reply[2].integer() == 1;
        out.published = reply[3].integer() >= 0;
        if (out.published && bus)
            out.nodes = bus->published_by_store(reply[3].integer(), room);
        return out;
    }

    const redis_client client;
    const std::shared_ptr<detail::redis_bus_core> bus; // may be null
    const redis_store_options options;
    const detail::redis_script append, read;
};

FANFARE_DECL redis_store::redis_store(redis_client client, redis_store_options options)
    : state_{std::make_shared<state>(std::move(client), nullptr, std::move(options))}
{}

FANFARE_DECL redis_store::redis_store(redis_client client, const redis_bus& bus, redis_store_options options)
    : state_{std::make_shared<state>(std::move(client), bus.core_, std::move(options))}
{}

FANFARE_DECL void redis_store::async_append(history_append message, append_done done)
{
    const auto& s = state_;
    auto& m = message.message;
    if (s->too_large(m))
        return done({.error = error::message_too_large});
    const auto window = detail::redis_span(message.limits.idempotency_window, 1);
    const auto args = s->arguments(message.room, message.idempotency_key, message.limits);
    const auto at = args->size(); // of the body and what follows
    args->push_back(std::move(m.body));
    args->push_back(std::move(m.key));
    args->push_back(detail::hex_text(m.except));
    args->push_back(std::to_string(window));
    args->push_back(s->bus ? s->bus->names.of({.channel = message.room}) : std::string{});
    s->append.run(args, [s, args, at, except = m.except, room = std::string{message.room},
                         done = std::move(done)](error_code ec, const detail::redis_value& reply) {
        auto answer = s->answer(room, ec, reply);
        stored_message stored{.offset = answer.at.offset, .body = {}, .key = {}, .except = except};
        if (!answer.error && !answer.duplicate && !answer.published) {
            stored.body = std::move((*args)[at]);
            stored.key = std::move((*args)[at + 1]);
            answer.message = &stored;
        }
        done(answer);
    });
}

FANFARE_DECL void redis_store::async_read(std::string_view room, const history_query& query, history_done done)
{
    const auto& s = state_;
    const auto args = s->arguments(room, {}, query.limits);
    args->push_back(std::to_string(query.from));
    args->push_back(std::to_string(std::min(query.limit, detail::max_store_page)));
    args->push_back(query.newest_first ? "1" : "0");
    args->push_back(std::to_string(std::min(query.bytes, max_history_page_bytes)));
    const auto answered = [newest = query.newest_first, done = std::move(done)](error_code ec,
                                                                                const detail::redis_value& reply) {
        history_page page;
        if (!ec)
            page = detail::store_page(reply, newest, ec);
        done(ec, std::move(page));
    };
    s->read.run_now(args, answered);
}

FANFARE_DECL void redis_store::rest() const
{
    state_->client.rest();
}

FANFARE_DECL link_status redis_store::status() const
{
    return state_->client.status();
}

} // namespace fanfare

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_STORE_REDIS_IPP
#define FANFARE_STORE_REDIS_IPP

#include <fanfare/detail/base/random.hpp>
#include <fanfare/detail/redis/bus_core.hpp>
#include <fanfare/detail/redis/message.hpp>
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
#include <functional>
#include <mutex>
#include <system_error>
#include <utility>
#include <vector>

namespace fanfare {
namespace detail {

inline constexpr std::size_t max_store_page = 10'000;
inline constexpr std::size_t max_store_page_bytes = 8 * 1024 * 1024;
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

// The words of a script's call after its name and text. Kept until the answer: Redis may have forgotten the script.
using store_words = std::vector<std::string>;
using store_reply = std::function<void(error_code, const redis_value&)>;

// A script, and its name in Redis' cache once Redis has told it.
class store_script {
public:
    explicit store_script(std::string text) : text_{std::move(text)} {}

    // Has Redis keep it, ahead of all that waits: whoever is called by name later on the same connection is known.
    template <class Owner>
    void load(const std::shared_ptr<Owner>& owner, redis_client& client)
    {
        const std::array<std::string_view, 3> line{"SCRIPT", "LOAD", text_};
        client.command_first(line, [owner, this](error_code ec, const redis_value& reply) {
            const std::lock_guard lock{mutex_};
            if (!ec)
                sha_ = reply.text();
        });
    }
    // By its name, or by its text where Redis may not know it.
    template <class Owner>
    void run(const std::shared_ptr<Owner>& owner, redis_client& client, std::shared_ptr<store_words> words,
             store_reply done)
    {
        const auto sha = name();
        if (sha.empty())
            return send(client, "EVAL", text_, *words, std::move(done));
        // Others' commands may be answered before the second attempt: that can change the order in which this process'
        // messages get their offsets, but not that the answers come in the order of the offsets.
        send(client, "EVALSHA", sha, *words,
             [owner, this, &client, words, done = std::move(done)](error_code ec, const redis_value& reply) {
                 if (ec != error::redis_failed || !reply.text().starts_with("NOSCRIPT"))
                     return done(ec, reply);
                 send(client, "EVAL", text_, *words, done);
             });
    }

private:
    static void send(redis_client& client, std::string_view command, std::string_view script,
                     const store_words& words, store_reply done)
    {
        std::vector<std::string_view> line{command, script};
        line.insert(line.end(), words.begin(), words.end());
        client.command(line, std::move(done));
    }
    std::string name()
    {
        const std::lock_guard lock{mutex_};
        return sha_;
    }

    const std::string text_;
    std::mutex mutex_;
    std::string sha_;
};

inline history_page store_page(const redis_value& reply, bool newest_first, error_code& ec)
{
    history_page page;
    std::uint64_t offset = 0;
    const bool good = reply.size() >= 4 && reply.size() % 3 == 1 && parse_epoch(reply[0].text(), page.top.epoch) &&
                      parse_offset(reply[1].text(), page.top.offset) &&
                      parse_offset(reply[2].text(), page.oldest) && parse_offset(reply[3].text(), offset);
    if (!good) {
        ec = error::redis_failed;
        return {};
    }
    page.messages.reserve(reply.size() / 3 - 1);
    for (std::size_t i = 4; i + 2 < reply.size(); i += 3) {
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
    require(is_room_name(o.prefix, 64),
            "prefix must be 1 to 64 bytes, without the characters that room names may not have");
    require(o.lifetime >= std::chrono::seconds{1} && o.lifetime <= 366 * hours{24},
            "lifetime must be from a second to 366 days");
    return o;
}

} // namespace detail

struct redis_store::state : std::enable_shared_from_this<state> {
    state(redis_client c, std::shared_ptr<detail::redis_bus_core> b, redis_store_options o)
        : client{std::move(c)}, bus{std::move(b)}, options{detail::checked(std::move(o))}
    {}

    // What restarts Redis, or takes it from a replica, forgets the scripts.
    void watch()
    {
        client.on_state([weak = weak_from_this()](bool up, const std::string&) {
            const auto self = weak.lock();
            if (!self || !up)
                return;
            self->append.load(self, self->client);
            self->read.load(self, self->client);
        });
    }

    // The keys, and what every script takes.
    std::shared_ptr<detail::store_words> words(std::string_view room, std::string_view idempotency_key,
                                               const history_limits& limits) const
    {
        const auto base = options.prefix + "history:{" + std::string{room} + "}:";
        const auto all = std::make_shared<detail::store_words>();
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

    redis_client client;
    const std::shared_ptr<detail::redis_bus_core> bus; // may be null
    const redis_store_options options;
    detail::store_script append{std::string{detail::store_prologue} + detail::store_append};
    detail::store_script read{std::string{detail::store_prologue} + detail::store_read};
};

FANFARE_DECL redis_store::redis_store(redis_client client, redis_store_options options)
    : state_{std::make_shared<state>(std::move(client), nullptr, std::move(options))}
{
    state_->watch();
}

FANFARE_DECL redis_store::redis_store(redis_client client, const redis_bus& bus, redis_store_options options)
    : state_{std::make_shared<state>(std::move(client), bus.core_, std::move(options))}
{
    state_->watch();
}

FANFARE_DECL void redis_store::async_append(history_append message, append_done done)
{
    const auto& s = state_;
    auto& m = message.message;
    if (s->too_large(m))
        return done({.error = error::message_too_large});
    const auto window = detail::redis_span(message.limits.idempotency_window, 1);
    const auto words = s->words(message.room, message.idempotency_key, message.limits);
    const auto at = words->size(); // of the body and what follows
    words->push_back(std::move(m.body));
    words->push_back(std::move(m.key));
    words->push_back(detail::hex_text(m.except));
    words->push_back(std::to_string(window));
    words->push_back(s->bus ? s->bus->names.of({.channel = message.room}) : std::string{});
    s->append.run(s, s->client, words,
                  [s, words, at, except = m.except, room = std::string{message.room},
                   done = std::move(done)](error_code ec, const detail::redis_value& reply) {
                      auto answer = s->answer(room, ec, reply);
                      stored_message stored{.offset = answer.at.offset, .body = {}, .key = {}, .except = except};
                      if (!answer.error && !answer.duplicate && !answer.published) {
                          stored.body = std::move((*words)[at]);
                          stored.key = std::move((*words)[at + 1]);
                          answer.message = &stored;
                      }
                      done(answer);
                  });
}

FANFARE_DECL void redis_store::async_read(std::string_view room, const history_query& query, history_done done)
{
    const auto& s = state_;
    const auto words = s->words(room, {}, query.limits);
    words->push_back(std::to_string(query.from));
    words->push_back(std::to_string(std::min(query.limit, detail::max_store_page)));
    words->push_back(query.newest_first ? "1" : "0");
    words->push_back(std::to_string(detail::max_store_page_bytes));
    s->read.run(
        s, s->client, words,
        [newest = query.newest_first, done = std::move(done)](error_code ec, const detail::redis_value& reply) {
            history_page page;
            if (!ec)
                page = detail::store_page(reply, newest, ec);
            done(ec, std::move(page));
        });
}

} // namespace fanfare

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_AUTH_REDIS_TICKET_IPP
#define FANFARE_AUTH_REDIS_TICKET_IPP

#include <fanfare/auth/redis_ticket.hpp>
#include <fanfare/detail/base/random.hpp>
#include <fanfare/detail/wire/envelope.hpp>
#include <fanfare/error.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/system/system_error.hpp>

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <system_error>
#include <vector>

namespace fanfare {
namespace detail {

// One block of SHA-256 (FIPS 180-4, section 6.2.2). Its own, since a build without TLS has no OpenSSL.
inline void sha256_block(std::array<std::uint32_t, 8>& state, std::span<const unsigned char, 64> block) noexcept
{
    static constexpr std::array<std::uint32_t, 64> k{
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};
    std::array<std::uint32_t, 64> w{};
    for (std::size_t i = 0; i != 16; ++i)
        for (std::size_t byte = 0; byte != 4; ++byte)
            w[i] = (w[i] << 8) | block[4 * i + byte];
    for (std::size_t i = 16; i != 64; ++i) {
        const auto s0 = std::rotr(w[i - 15], 7) ^ std::rotr(w[i - 15], 18) ^ (w[i - 15] >> 3);
        const auto s1 = std::rotr(w[i - 2], 17) ^ std::rotr(w[i - 2], 19) ^ (w[i - 2] >> 10);
        w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    auto [a, b, c, d, e, f, g, h] = state;
    for (std::size_t i = 0; i != 64; ++i) {
        const auto s1 = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
        const auto t1 = h + s1 + ((e & f) ^ (~e & g)) + k[i] + w[i];
        const auto s0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
        const auto t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
        h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
    }
    const std::array<std::uint32_t, 8> sums{a, b, c, d, e, f, g, h};
    for (std::size_t i = 0; i != 8; ++i)
        state[i] += sums[i];
}

FANFARE_DECL std::string sha256_hex(std::string_view text)
{
    std::vector<unsigned char> padded(text.begin(), text.end());
    padded.push_back(0x80);
    padded.resize((padded.size() + 8 + 63) / 64 * 64);
    for (std::size_t i = 0; i != 8; ++i)
        padded[padded.size() - 1 - i] = static_cast<unsigned char>((std::uint64_t{text.size()} * 8) >> (8 * i));
    std::array<std::uint32_t, 8> state{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                       0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    for (std::size_t at = 0; at != padded.size(); at += 64)
        sha256_block(state, std::span{padded}.subspan(at).first<64>());
    std::string out;
    for (const auto word : state)
        for (int shift = 28; shift >= 0; shift -= 4)
            out += "0123456789abcdef"[(word >> shift) & 15U];
    return out;
}

// What Redis keeps of a ticket.
struct kept_ticket {
    identity who;
    std::string origin; // normalized; empty for any
};

inline std::string write_ticket(const kept_ticket& ticket)
{
    using namespace std::chrono;
    json::object all{{"user_id", ticket.who.user_id}, {"claims", ticket.who.claims}};
    all["rooms"] = json::array(ticket.who.rooms.begin(), ticket.who.rooms.end());
    if (ticket.who.expires_at)
        all["expires_at_ms"] = floor<milliseconds>(ticket.who.expires_at->time_since_epoch()).count();
    if (!ticket.origin.empty())
        all["origin"] = ticket.origin;
    std::string out;
    append_json(out, json::value(std::move(all)));
    return out;
}

// Nothing unless it is exactly what `write_ticket` writes: an identity must not be guessed.
inline std::optional<kept_ticket> read_ticket(std::string_view text)
{
    using namespace std::chrono;
    constexpr std::size_t max_depth = 34; // claims of 32
    constexpr auto latest = duration_cast<milliseconds>(system_clock::duration::max()).count();
    std::string why;
    const auto root = parse_json(text, max_depth, {}, why);
    const auto* all = root.if_object();
    const auto field = [all](std::string_view name) { return all ? all->if_contains(name) : nullptr; };
    const auto *user = field("user_id"), *claims = field("claims"), *rooms = field("rooms");
    const auto *expires = field("expires_at_ms"), *origin = field("origin");
    if (!user || !user->is_string() || !claims || !claims->is_object() || !rooms || !rooms->is_array())
        return std::nullopt;
    if ((expires && !expires->is_int64()) || (origin && !origin->is_string()))
        return std::nullopt;
    if (all->size() != 3U + (expires ? 1U : 0U) + (origin ? 1U : 0U))
        return std::nullopt;
    kept_ticket out{{.user_id = std::string{user->get_string()}, .claims = claims->get_object()}, {}};
    for (const auto& room : rooms->get_array()) {
        if (!room.is_string())
            return std::nullopt;
        out.who.rooms.emplace_back(room.get_string());
    }
    if (expires) {
        const auto at = expires->get_int64();
        if (at > latest || at < -latest)
            return std::nullopt;
        out.who.expires_at.emplace(milliseconds{at});
    }
    if (origin)
        out.origin = origin->get_string();
    return out;
}

} // namespace detail

struct redis_ticket_store::state : std::enable_shared_from_this<state> {
    state(redis_client c, redis_ticket_options o) : client{std::move(c)}, options{std::move(o)} {}

    std::string key(std::string_view ticket) const
    {
        return options.prefix + "ticket:{" + detail::sha256_hex(ticket) + '}';
    }

    // Gets and deletes in one step.
    void take(const std::string& name, redis_client::handler handler)
    {
        if (by_script)
            return take_by_script(name, std::move(handler));
        client.command({"GETDEL", name}, [self = shared_from_this(), name, handler = std::move(handler)](
                                             error_code ec, const detail::redis_value& reply) {
            if (ec != error::redis_failed || !reply.text().starts_with("ERR unknown command"))
                return handler(ec, reply);
            self->by_script = true; // Redis before 6.2
            self->take_by_script(name, handler);
        });
    }

    void take_by_script(const std::string& name, redis_client::handler handler)
    {
        constexpr std::string_view script = "local v = redis.call('GET', KEYS[1])\n"
                                            "if v then redis.call('DEL', KEYS[1]) end\n"
                                            "return v";
        client.command({"EVAL", script, "1", name}, std::move(handler));
    }

    redis_client client;
    const redis_ticket_options options;
    std::atomic<bool> by_script = false;
};

FANFARE_DECL redis_ticket_store::redis_ticket_store(redis_client client, redis_ticket_options options)
{
    using namespace std::chrono_literals;
    if (options.max_lifetime < 1s || options.max_lifetime > 300s)
        throw boost::system::system_error{error::invalid_config, "redis_ticket_options::max_lifetime"};
    state_ = std::make_shared<state>(std::move(client), std::move(options));
}

FANFARE_DECL void redis_ticket_store::async_issue(identity who, std::chrono::seconds lifetime, std::string origin,
                                                  ticket_issued handler)
{
    if (lifetime < std::chrono::seconds{1} || lifetime > state_->options.max_lifetime)
        return handler(error::invalid_config, {});
    const auto bound = origin.empty() ? std::optional<std::string>{""} : normalized_origin(origin);
    if (!bound)
        return handler(error::origin_not_allowed, {});
    const auto value = detail::write_ticket({std::move(who), *bound});
    if (!detail::read_ticket(value))
        return handler(error::invalid_json, {});
    std::string ticket;
    try {
        ticket = detail::random_token(detail::ticket_bytes);
    } catch (const std::system_error& failure) {
        return handler(error_code{failure.code()}, {});
    }
    const auto name = state_->key(ticket);
    const auto life = std::to_string(std::chrono::milliseconds{lifetime}.count());
    state_->client.command({"SET", name, value, "PX", life, "NX"},
                           [ticket = std::move(ticket),
                            handler = std::move(handler)](error_code ec, const detail::redis_value& reply) {
                               if (!ec && reply.text() != "OK") // the key was there, which no chance brings about
                                   ec = error::redis_failed;
                               handler(ec, ec ? std::string{} : ticket);
                           });
}

FANFARE_DECL void redis_ticket_store::async_redeem(std::string_view ticket, std::string_view origin,
                                                   ticket_redeemed handler)
{
    if (!detail::is_ticket_shaped(ticket))
        return handler(error::ticket_invalid, {});
    state_->take(state_->key(ticket), [origin = std::string{origin}, handler = std::move(handler)](
                                          error_code ec, const detail::redis_value& reply) {
        if (ec)
            return handler(ec, {});
        auto found = detail::read_ticket(reply.text()); // nothing of no ticket, too
        if (!found || (!found->origin.empty() && normalized_origin(origin) != found->origin))
            return handler(error::ticket_invalid, {});
        handler({}, std::move(found->who));
    });
}

} // namespace fanfare

#endif

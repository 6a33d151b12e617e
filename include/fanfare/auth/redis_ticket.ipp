// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_AUTH_REDIS_TICKET_IPP
#define FANFARE_AUTH_REDIS_TICKET_IPP

#include <fanfare/auth/redis_ticket.hpp>
#include <fanfare/detail/base/identity_fields.hpp>
#include <fanfare/detail/base/json_fields.hpp>
#include <fanfare/detail/base/random.hpp>
#include <fanfare/detail/base/sha256.hpp>
#include <fanfare/detail/redis/login.hpp>
#include <fanfare/detail/wire/envelope.hpp>
#include <fanfare/error.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/system/system_error.hpp>

#include <atomic>
#include <cstddef>
#include <optional>
#include <system_error>
#include <vector>

namespace fanfare {
namespace detail {

// What Redis keeps of a ticket.
struct kept_ticket {
    identity who;
    std::string origin; // normalized; empty for any
};

inline std::string write_ticket(const kept_ticket& ticket)
{
    auto all = identity_fields(ticket.who);
    if (!ticket.origin.empty())
        all["origin"] = ticket.origin;
    std::string out;
    append_json(out, json::value(std::move(all)));
    return out;
}

// Nothing unless it is exactly what `write_ticket` writes: an identity must not be guessed.
inline std::optional<kept_ticket> read_ticket(std::string_view text)
{
    constexpr std::size_t max_depth = 34; // claims of 32
    std::string why;
    auto root = parse_json(text, max_depth, {}, why);
    auto* all = root.if_object();
    if (!all)
        return std::nullopt;
    kept_ticket out;
    if (const auto origin =
            string_field(*all, "origin")) { // of another type it is an unknown field of the identity
        out.origin = *origin;
        all->erase("origin");
    }
    auto who = read_identity(*all);
    if (!who)
        return std::nullopt;
    out.who = std::move(*who);
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
        send({"GETDEL", name}, true,
             [self = shared_from_this(), name, handler = std::move(handler)](error_code ec,
                                                                             const detail::redis_value& reply) {
                 if (ec != error::redis_failed || !reply.text().starts_with("ERR unknown command"))
                     return handler(ec, reply);
                 self->by_script = true; // Redis before 6.2
                 self->take_by_script(name, handler);
             });
    }

    void take_by_script(const std::string& name, redis_client::handler handler)
    {
        constexpr const char* script = "local v = redis.call('GET', KEYS[1])\n"
                                       "if v then redis.call('DEL', KEYS[1]) end\n"
                                       "return v";
        send({"EVAL", script, "1", name}, true, std::move(handler));
    }

    // What a server refuses because it is no primary any more is sent again, once, to the one that the client then
    // connects to. `prompt`: not while Redis is away.
    void send(std::vector<std::string> words, bool prompt, redis_client::handler handler, bool again = false)
    {
        const std::vector<std::string_view> line{words.begin(), words.end()};
        const auto answered = [self = shared_from_this(), words, prompt, handler = std::move(handler),
                               again](error_code ec, const detail::redis_value& reply) {
            if (again || ec != error::redis_failed || !detail::is_no_primary(reply.text()))
                return handler(ec, reply);
            self->send(words, prompt, handler, true);
        };
        prompt ? client.command_now(line, answered) : client.command(line, answered);
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
    if (detail::names_room_of_another(who))
        return handler(error::invalid_room, {});
    const auto bound = origin.empty() ? std::optional<std::string>{""} : normalized_origin(origin);
    if (!bound)
        return handler(error::origin_not_allowed, {});
    if (!who.issued_at)
        who.issued_at = std::chrono::system_clock::now();
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
    state_->send({"SET", name, value, "PX", life, "NX"}, false,
                 [ticket = std::move(ticket), handler = std::move(handler)](error_code ec,
                                                                            const detail::redis_value& reply) {
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

FANFARE_DECL void redis_ticket_store::rest() const
{
    state_->client.rest();
}

FANFARE_DECL link_status redis_ticket_store::status() const
{
    return state_->client.status();
}

} // namespace fanfare

#endif

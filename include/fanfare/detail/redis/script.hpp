// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REDIS_SCRIPT_HPP
#define FANFARE_DETAIL_REDIS_SCRIPT_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/redis/reply.hpp>
#include <fanfare/error.hpp>
#include <fanfare/redis/client.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fanfare::detail {

/// A Lua script, run with the fewest bytes that Redis' script cache allows.
///
/// Each time the client's connection comes up, SCRIPT LOAD is sent ahead of all commands that wait: a restarted Redis,
/// or another one in its place, has an empty cache. `run` sends EVALSHA once the SHA-1 is known, else EVAL. Where Redis
/// answers NOSCRIPT (somebody flushed the cache) the call is sent again, once, as EVAL, which fills the cache too.
/// Where Redis does not permit SCRIPT LOAD, every call is an EVAL.
///
/// Thread-safe. A call in flight keeps the script and the client alive; the client's observer does not. `Client` is
/// `redis_client`; tests put another in its place.
template <class Client>
class basic_redis_script {
public:
    using handler = typename Client::handler;
    /// What EVAL takes after the script: the number of keys, the keys, the arguments.
    using arguments = std::vector<std::string>;

    basic_redis_script(Client client, std::string source)
        : state_{std::make_shared<state>(std::move(client), std::move(source))}
    {
        state_->client.on_state([weak = std::weak_ptr{state_}](bool up, const std::string&) {
            if (const auto self = weak.lock(); self && up)
                load(self);
        });
    }

    /// Runs the script. `done` is called as that of `redis_client::command`. `args` are shared, since a second attempt
    /// needs them again; they are not looked at any more once `done` is called.
    ///
    /// Between a NOSCRIPT and the second attempt Redis may answer other calls: then these come first.
    void run(std::shared_ptr<const arguments> args, handler done) const
    {
        sha1 digest;
        if (!known(*state_, digest))
            return evaluate(state_, *args, std::move(done));
        const auto& line = *args;
        send(*state_, "EVALSHA", {digest.data(), digest.size()}, line,
             [self = state_, args = std::move(args), done = std::move(done)](error_code ec,
                                                                             const redis_value& reply) {
                 if (ec != error::redis_failed || !reply.text().starts_with("NOSCRIPT"))
                     return done(ec, reply);
                 evaluate(self, *args, done);
             });
    }

private:
    using sha1 = std::array<char, 40>; // in hexadecimal, as Redis writes it

    struct state {
        state(Client c, std::string s) : client{std::move(c)}, source{std::move(s)} {}

        Client client;
        const std::string source;
        std::mutex mutex;
        sha1 digest{};
        bool loaded = false; // `digest` is known
    };

    static void load(const std::shared_ptr<state>& self)
    {
        const std::array<std::string_view, 3> line{"SCRIPT", "LOAD", self->source};
        self->client.command_first(line, [self](error_code ec, const redis_value& reply) {
            const auto digest = reply.text();
            const std::lock_guard lock{self->mutex};
            if (ec || digest.size() != self->digest.size()) // EVAL does what EVALSHA would
                return;
            std::copy(digest.begin(), digest.end(), self->digest.begin());
            self->loaded = true;
        });
    }

    static void evaluate(const std::shared_ptr<state>& self, const arguments& args, handler done)
    {
        send(*self, "EVAL", self->source, args,
             [self, done = std::move(done)](error_code ec, const redis_value& reply) { done(ec, reply); });
    }

    static bool known(state& self, sha1& digest)
    {
        const std::lock_guard lock{self.mutex};
        digest = self.digest;
        return self.loaded;
    }

    static void send(state& self, std::string_view command, std::string_view script, const arguments& args,
                     handler done)
    {
        std::vector<std::string_view> line;
        line.reserve(2 + args.size());
        line.push_back(command);
        line.push_back(script);
        line.insert(line.end(), args.begin(), args.end());
        self.client.command(line, std::move(done));
    }

    std::shared_ptr<state> state_;
};

using redis_script = basic_redis_script<redis_client>;

} // namespace fanfare::detail

#endif

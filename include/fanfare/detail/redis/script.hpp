// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REDIS_SCRIPT_HPP
#define FANFARE_DETAIL_REDIS_SCRIPT_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/redis/login.hpp>
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
/// Where Redis does not permit SCRIPT LOAD, every call is an EVAL; where it was refused for a reason that passes (BUSY),
/// the next call tries it again.
///
/// A call that a server refuses because it is no primary any more took no effect there: it is sent again, once, to the
/// server that the client then connects to.
///
/// Thread-safe. A call in flight keeps the script and the client alive; the client's observer does not, and goes with
/// the script. `Client` is
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
        const std::weak_ptr weak{state_};
        state_->client.on_state(weak, [weak](bool up, const std::string&) {
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
        start(state_, {std::move(args), std::move(done), false, true});
    }
    /// The same for what must not wait while Redis is away: see `redis_client::command_now`.
    void run_now(std::shared_ptr<const arguments> args, handler done) const
    {
        start(state_, {std::move(args), std::move(done), true, true});
    }

private:
    using sha1 = std::array<char, 40>; // in hexadecimal, as Redis writes it
    struct call {
        std::shared_ptr<const arguments> args;
        handler done;
        bool prompt;
        bool may_move; // to another server
    };

    struct state {
        state(Client c, std::string s) : client{std::move(c)}, source{std::move(s)} {}

        Client client;
        const std::string source;
        std::mutex mutex;
        sha1 digest{};
        bool loaded = false;  // `digest` is known
        bool refused = false; // SCRIPT LOAD was, for a reason that passes
    };

    static void load(const std::shared_ptr<state>& self)
    {
        const std::array<std::string_view, 3> line{"SCRIPT", "LOAD", self->source};
        self->client.command_first(line, [self](error_code ec, const redis_value& reply) {
            const auto text = reply.text();
            const std::lock_guard lock{self->mutex};
            self->refused = ec == error::redis_failed && !text.starts_with("NOPERM") &&
                            !text.starts_with("ERR unknown") && !is_no_primary(text);
            if (ec || text.size() != self->digest.size()) // EVAL does what EVALSHA would
                return;
            std::copy(text.begin(), text.end(), self->digest.begin());
            self->loaded = true;
        });
    }

    static void start(const std::shared_ptr<state>& self, call one)
    {
        bool loaded = false, try_again = false;
        sha1 digest;
        {
            const std::lock_guard lock{self->mutex};
            try_again = std::exchange(self->refused, false);
            loaded = self->loaded;
            digest = self->digest;
        }
        if (try_again)
            load(self);
        if (!loaded)
            return evaluate(self, std::move(one));
        const auto kept = std::make_shared<call>(std::move(one));
        send(*self, "EVALSHA", {digest.data(), digest.size()}, *kept,
             [self, kept](error_code ec, const redis_value& reply) {
                 if (ec == error::redis_failed && reply.text().starts_with("NOSCRIPT"))
                     return evaluate(self, std::move(*kept));
                 complete(self, *kept, ec, reply);
             });
    }

    static void evaluate(const std::shared_ptr<state>& self, call one)
    {
        const auto kept = std::make_shared<call>(std::move(one));
        send(*self, "EVAL", self->source, *kept,
             [self, kept](error_code ec, const redis_value& reply) { complete(self, *kept, ec, reply); });
    }

    static void complete(const std::shared_ptr<state>& self, call& one, error_code ec, const redis_value& reply)
    {
        if (ec != error::redis_failed || !one.may_move || !is_no_primary(reply.text()))
            return one.done(ec, reply);
        one.may_move = false;
        start(self, std::move(one));
    }

    static void send(state& self, std::string_view command, std::string_view script, const call& one, handler done)
    {
        std::vector<std::string_view> line;
        line.reserve(2 + one.args->size());
        line.push_back(command);
        line.push_back(script);
        line.insert(line.end(), one.args->begin(), one.args->end());
        one.prompt ? self.client.command_now(line, std::move(done)) : self.client.command(line, std::move(done));
    }

    std::shared_ptr<state> state_;
};

using redis_script = basic_redis_script<redis_client>;

} // namespace fanfare::detail

#endif

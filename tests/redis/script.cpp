// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "support/catch.hpp"

#include <fanfare/detail/redis/reply.hpp>
#include <fanfare/detail/redis/script.hpp>

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace fanfare;
using detail::redis_value;

namespace {

// A client that records what is sent, and answers what the test says.
class recording_client {
public:
    using handler = redis_client::handler;
    struct sent {
        std::vector<std::string> line;
        handler done;
        bool urgent;
        bool prompt = false;
    };

    void command(std::span<const std::string_view> args, handler done) { record(args, std::move(done), false); }
    void command_first(std::span<const std::string_view> args, handler done)
    {
        record(args, std::move(done), true);
    }
    void command_now(std::span<const std::string_view> args, handler done)
    {
        record(args, std::move(done), false);
        state_->commands.back().prompt = true;
    }
    void on_state(const std::weak_ptr<const void>&, redis_client::state_handler observer)
    {
        state_->observer = std::move(observer);
    }

    void connect() { state_->observer(true, {}); }
    void disconnect() { state_->observer(false, "gone"); }
    std::size_t pending() const { return state_->commands.size(); }
    long owners() const { return state_.use_count(); }
    sent next()
    {
        REQUIRE_FALSE(state_->commands.empty());
        auto first = std::move(state_->commands.front());
        state_->commands.erase(state_->commands.begin());
        return first;
    }

private:
    struct state {
        redis_client::state_handler observer;
        std::vector<sent> commands;
    };
    void record(std::span<const std::string_view> args, handler done, bool urgent)
    {
        state_->commands.push_back({{args.begin(), args.end()}, std::move(done), urgent, false});
    }

    std::shared_ptr<state> state_ = std::make_shared<state>();
};

using script = detail::basic_redis_script<recording_client>;
using line = std::vector<std::string>;

const std::string source = "return 1";
const std::string digest = "e0e1f9fabfc9d4800c877a703b823ac0578ff8db";
const std::string not_known = "-NOSCRIPT No matching script. Please use EVAL.\r\n";

void answer(const recording_client::sent& command, std::string_view bytes)
{
    detail::redis_reader reader;
    reader.feed(bytes);
    detail::redis_reply reply;
    REQUIRE(reader.next(reply) == detail::redis_reader::outcome::one);
    command.done(reply.value().is_error() ? error_code{error::redis_failed} : error_code{}, reply.value());
}

struct outcome {
    int calls = 0;
    error_code ec;
    std::int64_t number = 0;
    std::string text;
};

std::shared_ptr<outcome> run(const script& s, line args)
{
    auto out = std::make_shared<outcome>();
    s.run(std::make_shared<const line>(std::move(args)), [out](error_code ec, const redis_value& reply) {
        ++out->calls;
        out->ec = ec;
        out->number = reply.integer();
        out->text = reply.text();
    });
    return out;
}

// Connects, and lets Redis take the script.
void load(recording_client& client)
{
    client.connect();
    answer(client.next(), "$40\r\n" + digest + "\r\n");
}

} // namespace

TEST_CASE("a script is loaded ahead of what waits, each time the connection comes up")
{
    recording_client client;
    const script s{client, source};
    CHECK(client.pending() == 0);
    for (int i = 0; i != 2; ++i) {
        client.connect();
        const auto command = client.next();
        CHECK(command.line == line{"SCRIPT", "LOAD", source});
        CHECK(command.urgent);
        client.disconnect();
        CHECK(client.pending() == 0);
    }
}

TEST_CASE("a script whose digest is not known yet runs by its source")
{
    recording_client client;
    const script s{client, source};
    const auto out = run(s, {"1", "key", "value"});
    const auto command = client.next();
    CHECK(command.line == line{"EVAL", source, "1", "key", "value"});
    CHECK_FALSE(command.urgent);
    answer(command, ":1\r\n");
    CHECK(out->calls == 1);
    CHECK_FALSE(out->ec);
    CHECK(out->number == 1);
    CHECK(client.pending() == 0);
}

TEST_CASE("a script that was loaded runs by its digest")
{
    recording_client client;
    const script s{client, source};
    load(client);
    const auto out = run(s, {"0"});
    const auto command = client.next();
    CHECK(command.line == line{"EVALSHA", digest, "0"});
    answer(command, ":1\r\n");
    CHECK(out->calls == 1);
    CHECK(out->number == 1);
    CHECK(client.pending() == 0);
}

TEST_CASE("a script that Redis has forgotten runs once more, by its source")
{
    recording_client client;
    const script s{client, source};
    load(client);
    const auto out = run(s, {"1", "key"});
    answer(client.next(), not_known);
    CHECK(out->calls == 0);
    const auto again = client.next();
    CHECK(again.line == line{"EVAL", source, "1", "key"});
    answer(again, not_known);
    CHECK(out->calls == 1);
    CHECK(out->ec == error::redis_failed);
    CHECK(client.pending() == 0);
}

TEST_CASE("a script's own error is not taken for a forgotten script")
{
    recording_client client;
    const script s{client, source};
    load(client);
    const auto out = run(s, {"0"});
    answer(client.next(), "-OOM command not allowed\r\n");
    CHECK(out->calls == 1);
    CHECK(out->ec == error::redis_failed);
    CHECK(out->text == "OOM command not allowed");
    CHECK(client.pending() == 0);
}

TEST_CASE("a lost connection is not taken for a forgotten script")
{
    recording_client client;
    const script s{client, source};
    load(client);
    const auto out = run(s, {"0"});
    client.next().done(error::delivery_unknown, {});
    CHECK(out->calls == 1);
    CHECK(out->ec == error::delivery_unknown);
    CHECK(client.pending() == 0);
}

TEST_CASE("a script that may not be loaded runs by its source")
{
    recording_client client;
    const script s{client, source};
    client.connect();
    const std::string refusal =
        GENERATE("-NOPERM this user has no permissions\r\n", "$5\r\nshort\r\n", "$-1\r\n", ":1\r\n");
    answer(client.next(), refusal);
    run(s, {"0"});
    CHECK(client.next().line == line{"EVAL", source, "0"});
}

TEST_CASE("a script that could not be loaded because Redis was busy is loaded with the next call")
{
    const std::string busy = "-BUSY Redis is busy running a script.\r\n";
    recording_client client;
    const script s{client, source};
    client.connect();
    answer(client.next(), busy);
    for (const auto& reply : {busy, "$40\r\n" + digest + "\r\n"}) {
        run(s, {"0"});
        const auto loading = client.next();
        CHECK(loading.line == line{"SCRIPT", "LOAD", source});
        CHECK(loading.urgent);
        CHECK(client.next().line == line{"EVAL", source, "0"});
        run(s, {"0"}); // one is under way
        CHECK(client.next().line == line{"EVAL", source, "0"});
        answer(loading, reply);
    }
    run(s, {"0"});
    CHECK(client.next().line == line{"EVALSHA", digest, "0"});
    CHECK(client.pending() == 0);
}

TEST_CASE("a call that a replica refuses is sent again, once")
{
    const std::string refusal = GENERATE(
        "-READONLY You can't write against a read only replica.\r\n",
        "-ERR Error running script (call to f_x): @user_script:1: @user_script: 1: -READONLY You can't write "
        "against a read only replica.\r\n",
        "-LOADING Redis is loading the dataset in memory\r\n",
        "-MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.\r\n");
    recording_client client;
    const script s{client, source};
    load(client);
    const auto out = run(s, {"1", "key"});
    answer(client.next(), refusal);
    CHECK(out->calls == 0);
    const auto again = client.next();
    CHECK(again.line == line{"EVALSHA", digest, "1", "key"});
    answer(again, not_known); // the new server has not loaded it yet
    const auto third = client.next();
    CHECK(third.line == line{"EVAL", source, "1", "key"});
    answer(third, refusal);
    CHECK(out->calls == 1);
    CHECK(out->ec == error::redis_failed);
    CHECK(client.pending() == 0);
}

TEST_CASE("a script that must not wait says so to the client, also the second time")
{
    recording_client client;
    const script s{client, source};
    load(client);
    s.run_now(std::make_shared<const line>(line{"0"}), [](error_code, const redis_value&) {});
    const auto first = client.next();
    CHECK(first.prompt);
    answer(first, not_known);
    CHECK(client.next().prompt);
}

TEST_CASE("a digest that is known stays known while the connection is down")
{
    recording_client client;
    const script s{client, source};
    load(client);
    client.disconnect();
    run(s, {"0"});
    CHECK(client.next().line == line{"EVALSHA", digest, "0"});
}

TEST_CASE("a script's calls keep the client, and its observer does not")
{
    recording_client client;
    const auto before = client.owners();
    {
        auto s = std::make_unique<const script>(client, source);
        CHECK(client.owners() > before);
        run(*s, {"0"});
        s.reset();
        CHECK(client.owners() > before);
        answer(client.next(), ":1\r\n");
    }
    CHECK(client.owners() == before);
    client.connect();
    CHECK(client.pending() == 0);
}

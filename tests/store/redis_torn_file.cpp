// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// History in a durable Redis whose append-only file ends in the middle of an append, as a kill or a power cut leaves it.
// Redis leaves the beginning of that append in the file, and runs it at the start after the next one.
#include "redis/client_support.hpp"
#include "store/conformance.hpp"

#include <fanfare/error.hpp>
#include <fanfare/store/redis.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

using namespace fanfare;
using namespace fanfare::test;
using store_promises::bodies;
using store_promises::body;

namespace {

constexpr history_limits twenty{.messages = 20};

// A server, and a process with a store on it, that can be started again with what is left of the file.
class durable_server {
public:
    durable_server() { begin(); }

    blocking_store<redis_store>& store() { return *store_; }
    // Kills the server, and starts it again with the first `size` bytes of its file, if there are more.
    void begin_again(std::size_t size = std::string::npos)
    {
        end();
        if (size < std::filesystem::file_size(file()))
            std::filesystem::resize_file(file(), size);
        server_.start();
        begin();
    }
    // The same with other content.
    void begin_with(const std::string& content)
    {
        end();
        std::ofstream{file(), std::ios::binary | std::ios::trunc} << content;
        server_.start();
        begin();
    }
    std::string content() const
    {
        std::ifstream in{file(), std::ios::binary};
        return {std::istreambuf_iterator<char>{in}, {}};
    }

private:
    struct process {
        explicit process(const redis_server& server) : client{context.executor(), options(server)} {}
        static redis_options options(const redis_server& server)
        {
            auto out = parse_redis_url(server.url());
            out.first_backoff = out.max_backoff = 10ms;
            return out;
        }
        running_context context;
        redis_client client;
        redis_store store{client, {.durable = true}};
    };

    void begin()
    {
        process_.emplace(server_);
        store_.emplace(process_->store);
        REQUIRE(eventually([&] { return process_->client.up(); }));
    }
    void end()
    {
        store_.reset();
        process_.reset();
        server_.kill_hard();
    }
    // Redis 7 has a folder for it.
    std::string file() const
    {
        const auto folder = server_.folder() / "appendonlydir";
        if (!std::filesystem::exists(folder))
            return server_.folder() / "appendonly.aof";
        for (const auto& entry : std::filesystem::directory_iterator{folder})
            if (entry.path().string().ends_with(".incr.aof"))
                return entry.path().string();
        throw std::runtime_error("no append-only file in " + folder);
    }

    redis_server server_{{"--appendonly", "yes", "--appendfsync", "always"}};
    std::optional<process> process_;
    std::optional<blocking_store<redis_store>> store_;
};

// Where the file may end within the last script's effects: in the middle of each command, and between them.
std::vector<std::size_t> ends_within_the_last_append(const std::string& file)
{
    std::vector<std::size_t> out;
    auto at = file.rfind("*1\r\n$5\r\nMULTI\r\n");
    REQUIRE(at != std::string::npos);
    for (; at != std::string::npos; at = file.find("\r\n*", at + 1)) {
        const auto command = file[at] == '*' ? at : at + 2;
        out.push_back(command);
        out.push_back(command + 6);
    }
    return out;
}

} // namespace

TEST_CASE("what is confirmed after a torn append stays, in its place, over the next restart", "[redis][store]")
{
    const std::string first_key = GENERATE(as<std::string>{}, "", "torn"); // of the append that is torn
    const auto limits = GENERATE(history_limits{.messages = 20}, history_limits{.messages = 5});
    durable_server server;
    store_promises::fill(server.store(), "r", 5, limits);
    REQUIRE_FALSE(server.store().append("r", body(6), limits, first_key).error);
    const auto whole = server.content();
    for (const auto end : ends_within_the_last_append(whole)) {
        CAPTURE(end, whole.size(), first_key, limits.messages);
        server.begin_with(whole);
        server.begin_again(end);
        const auto before = server.store().read("r", {.limit = 20, .limits = limits});
        CHECK(bodies(before).back() == body(5));
        std::vector<std::string> expected = bodies(before);
        for (int n = 7; n != 10; ++n) {
            const auto answer =
                server.store().append("r", body(static_cast<std::uint64_t>(n)), limits, std::to_string(n));
            REQUIRE_FALSE(answer.error);
            CHECK(answer.at == position{before.top.epoch, static_cast<std::uint64_t>(n - 1)});
            expected.push_back(body(static_cast<std::uint64_t>(n)));
        }
        if (expected.size() > limits.messages)
            expected.erase(expected.begin(), expected.end() - static_cast<std::ptrdiff_t>(limits.messages));
        for (int restart = 0; restart != 2; ++restart) {
            server.begin_again();
            const auto after = server.store().read("r", {.limit = 20, .limits = limits});
            CHECK(after.top == position{before.top.epoch, 8});
            CHECK(bodies(after) == expected);
        }
        CHECK(server.store().append("r", body(9), limits, "9").duplicate);
        if (!first_key.empty()) { // whoever tries the torn one again has it, once
            CHECK(server.store().append("r", body(6), limits, first_key).at == position{before.top.epoch, 9});
            CHECK(bodies(server.store().read("r", {.limit = 20, .limits = limits})).back() == body(6));
        }
    }
}

TEST_CASE("a room that nobody asks for between a torn append and the next restart is whole", "[redis][store]")
{
    durable_server server;
    store_promises::fill(server.store(), "r", 5, twenty);
    const auto epoch = server.store().append("r", body(6), twenty, "torn").at.epoch;
    const auto whole = server.content();
    for (const auto end : ends_within_the_last_append(whole)) {
        CAPTURE(end, whole.size());
        server.begin_with(whole);
        server.begin_again(end);
        REQUIRE_FALSE(server.store().append("another", "{}", twenty, "1").error);
        server.begin_again();
        const auto after = server.store().read("r", {.limit = 20, .limits = twenty});
        CHECK(after.top.epoch == epoch);
        auto kept = bodies(after);
        if (kept.size() == 6) { // it was never confirmed, and may be there, as with any other broken link
            CHECK(kept.back() == body(6));
            kept.pop_back();
        }
        CHECK(kept == std::vector<std::string>{body(1), body(2), body(3), body(4), body(5)});
        CHECK(after.top.offset == after.messages.size());
        const auto again = server.store().append("r", body(6), twenty, "torn");
        CHECK(again.at.epoch == epoch);
        const auto all = bodies(server.store().read("r", {.limit = 20, .limits = twenty}));
        CHECK(std::count(all.begin(), all.end(), body(6)) >= 1);
    }
}

TEST_CASE("a room whose first append is torn begins once", "[redis][store]")
{
    durable_server server;
    REQUIRE_FALSE(server.store().append("another", "{}", twenty).error);
    REQUIRE_FALSE(server.store().append("r", body(1), twenty, "torn").error);
    const auto whole = server.content();
    for (const auto end : ends_within_the_last_append(whole)) {
        CAPTURE(end, whole.size());
        server.begin_with(whole);
        server.begin_again(end);
        const auto first = server.store().append("r", body(2), twenty, "2");
        REQUIRE_FALSE(first.error);
        CHECK(first.at.offset == 1);
        server.begin_again();
        const auto after = server.store().read("r", {.limit = 20, .limits = twenty});
        CHECK(after.top == first.at);
        CHECK(bodies(after) == std::vector<std::string>{body(2)});
    }
}

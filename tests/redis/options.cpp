// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "support/catch.hpp"

#include <fanfare/error.hpp>
#include <fanfare/redis/options.hpp>

#include <boost/system/system_error.hpp>

#include <string>

using namespace fanfare;

namespace {

// What is said against the URL; empty if nothing.
std::string complaint(std::string_view url)
{
    try {
        parse_redis_url(url);
        return {};
    } catch (const boost::system::system_error& e) {
        CHECK(e.code() == error::invalid_config);
        return e.what();
    }
}

bool has(const std::string& text, std::string_view part)
{
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("a Redis URL names host, port, database and login")
{
    const auto all = parse_redis_url("redis://clerk:p%40ss%3Aw%2Frd@cache.example:6380/15");
    CHECK(all.host == "cache.example");
    CHECK(all.port == 6380);
    CHECK(all.user == "clerk");
    CHECK(all.password == "p@ss:w/rd");
    CHECK(all.database == 15);
    CHECK_FALSE(all.tls);
    CHECK(describe(all) == "redis://cache.example:6380/15");

    const auto least = parse_redis_url("redis://localhost");
    CHECK(least.host == "localhost");
    CHECK(least.port == 6379);
    CHECK(least.user.empty());
    CHECK(least.password.empty());
    CHECK(least.database == 0);
    CHECK(describe(least) == "redis://localhost:6379/0");

    CHECK(parse_redis_url("redis://:secret@localhost/").password == "secret");
    CHECK(parse_redis_url("redis://:secret@localhost/").user.empty());
    CHECK(parse_redis_url("REDIS://localhost").host == "localhost");
    const auto v6 = parse_redis_url("redis://[::1]:7000/1");
    CHECK(v6.host == "::1");
    CHECK(describe(v6) == "redis://[::1]:7000/1");
    const auto tls = parse_redis_url("rediss://cache.example");
    CHECK(tls.tls);
    CHECK(describe(tls) == "rediss://cache.example:6379/0");
}

TEST_CASE("a Unix socket has a URL of its own")
{
    const auto o = parse_redis_url("unix://:secret@/run/my%20redis.sock?db=3");
    CHECK(o.unix_path == "/run/my redis.sock");
    CHECK(o.password == "secret");
    CHECK(o.database == 3);
    CHECK(describe(o) == "unix:///run/my redis.sock?db=3");
    CHECK(describe(parse_redis_url("unix:///run/redis.sock")) == "unix:///run/redis.sock");
    CHECK(has(complaint("unix://run/redis.sock"), "unix:///"));
    CHECK(has(complaint("unix:///run/redis.sock?database=3"), "\"database\""));
    CHECK(has(complaint("unix:///run/redis.sock?db=x"), "\"x\""));
    CHECK(has(complaint("unix:///" + std::string(200, 'x')), "too long"));
    CHECK(has(complaint("unix://"), "no Unix socket"));
}

TEST_CASE("what is wrong in a Redis URL is named, the password never")
{
    CHECK(has(complaint("http://localhost"), "\"http\""));
    CHECK(has(complaint("localhost:6379"), "\"localhost\""));
    CHECK(has(complaint("localhost"), "not a URL"));
    CHECK(has(complaint("redis:localhost"), "two slashes"));
    CHECK(has(complaint("redis://localhost:70000"), "\"70000\""));
    CHECK(has(complaint("redis://localhost:0"), "\"0\""));
    CHECK(has(complaint("redis://localhost/one"), "\"one\""));
    CHECK(has(complaint("redis://localhost/1/2"), "\"1/2\""));
    CHECK(has(complaint("redis://localhost/-1"), "\"-1\""));
    CHECK(has(complaint("redis://localhost/99999999999"), "\"99999999999\""));
    CHECK(has(complaint("redis://localhost/?timeout=5"), "\"timeout\""));
    CHECK(has(complaint("redis://localhost/?db=5"), "\"db\""));
    CHECK(has(complaint("redis://localhost/#x"), "#"));
    CHECK(has(complaint("redis://"), "no host"));
    CHECK(has(complaint("redis://a%00b"), "host"));
    CHECK(has(complaint("redis://secret@localhost"), "user:password@"));
    CHECK(has(complaint("redis://localhost:65536"), "\"65536\" is not a port"));
    CHECK(has(complaint("redis://localhost:99999"), "\"99999\" is not a port"));
    CHECK(has(complaint("redis://localhost:99999999999999999999"), "is not a port"));
    CHECK(parse_redis_url("redis://localhost:65535").port == 65'535);
    CHECK(parse_redis_url("unix:///run/a@b.sock").unix_path == "/run/a@b.sock");
    for (const auto* url :
         {"redis://app:se/cret@host", "redis://app:123/SECRET@host", "redis://app:12?SECRET@host",
          "redis://app:12#SECRET@host", "redis://app:12@se:cret@host", "unix://:se?cret@/run/s"}) {
        const auto text = complaint(url);
        INFO(url);
        CHECK(has(text, "percent-encoded"));
        CHECK_FALSE(has(text, "cret"));
        CHECK_FALSE(has(text, "SECRET"));
        CHECK_FALSE(has(text, "12"));
    }
    for (const auto* url :
         {"redis://secret@localhost", "redis://u:sec ret@localhost", "redis://u:secret@localhost:x",
          "redis://u:secret@localhost/x", "redis://u:secret@localhost?secretive=1#", "nope://u:secret@h"}) {
        const auto text = complaint(url);
        INFO(url);
        CHECK_FALSE(text.empty());
        CHECK_FALSE(has(text, "sec ret"));
        CHECK_FALSE(has(text, "secret@"));
        CHECK_FALSE(has(text, ":secret"));
    }
}

TEST_CASE("options that cannot work are refused by name")
{
    const auto refused = [](auto change, std::string_view part) {
        redis_options o;
        change(o);
        try {
            check(o);
            return false;
        } catch (const boost::system::system_error& e) {
            return e.code() == error::invalid_config && has(e.what(), part);
        }
    };
    using namespace std::chrono_literals;
    check(redis_options{});
    CHECK(refused([](auto& o) { o.host.clear(); }, "host"));
    CHECK(refused([](auto& o) { o.port = 0; }, "port"));
    CHECK(refused([](auto& o) { o.user = "clerk"; }, "password"));
    CHECK(refused([](auto& o) { o.connect_timeout = 0ms; }, "timeout"));
    CHECK(refused([](auto& o) { o.response_timeout = -1ms; }, "timeout"));
    CHECK(refused([](auto& o) { o.queue_time = std::chrono::milliseconds::max(); }, "timeout"));
    CHECK(refused([](auto& o) { o.first_backoff = o.max_backoff + 1ms; }, "backoff"));
    CHECK(refused([](auto& o) { o.queue_bytes = 0; }, "queue"));
    CHECK(refused([](auto& o) { o.unix_path = "/run/redis.sock", o.tls = true; }, "TLS"));
#if !defined(FANFARE_WITH_SSL)
    CHECK(refused([](auto& o) { o.tls = true; }, "FANFARE_WITH_SSL"));
#endif
}

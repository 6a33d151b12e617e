// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Which pages may connect.
#include <fanfare/auth/origin.hpp>

#include "auth/auth_requests.hpp"
#include "support/catch.hpp"

#include <boost/system/system_error.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace fanfare;
using namespace fanfare::test;

TEST_CASE("equal origins have one spelling, and malformed ones none", "[origin]")
{
    CHECK(normalized_origin("HTTPS://App.Example") == "https://app.example");
    CHECK(normalized_origin("https://app.example:443") == "https://app.example");
    CHECK(normalized_origin("http://app.example:80") == "http://app.example");
    CHECK(normalized_origin("https://app.example:80") == "https://app.example:80");
    CHECK(normalized_origin("https://app.example:0443") == "https://app.example");
    CHECK(normalized_origin("http://[::1]:8080") == "http://[::1]:8080");
    CHECK(normalized_origin("http://192.0.2.1:8080") == "http://192.0.2.1:8080");
    CHECK(normalized_origin("http://127.0.0.1.app.example") ==
          "http://127.0.0.1.app.example"); // a name, as 1.2.3.4.5
    CHECK(normalized_origin("http://1.2.3.4.5") == "http://1.2.3.4.5");
    CHECK(normalized_origin("chrome-extension://abcdef") == "chrome-extension://abcdef");
    for (const char* const bad : {"",
                                  "null",
                                  "app.example",
                                  "https://",
                                  "https:app.example",
                                  "//app.example",
                                  "https://app.example/",
                                  "https://app.example/x",
                                  "https://app.example?x",
                                  "https://app.example#x",
                                  "https://u@app.example",
                                  "https://u:p@app.example",
                                  "https://app.example:",
                                  "https://app.example:0",
                                  "https://app.example:65536",
                                  "https://app.example:99999999999",
                                  "https://a b",
                                  "https://a%2Eexample",
                                  "https://*.example",
                                  "https://a.example https://b.example",
                                  "https://a,b",
                                  " https://app.example",
                                  "https://[::1",
                                  "https://:443",
                                  "https://app.example\\@evil.example"}) {
        INFO(bad);
        CHECK_FALSE(normalized_origin(bad));
    }
    CHECK_FALSE(normalized_origin("https://" + std::string(400, 'a')));
}

TEST_CASE("listed origins may connect, all others may not", "[origin]")
{
    const origin_allow_list list{"https://app.example", "http://localhost:5173"};
    CHECK(list.allows(from_origin("https://app.example")));
    CHECK(list.allows(from_origin("https://APP.example:443")));
    CHECK(list.allows(from_origin("http://localhost:5173")));
    CHECK_FALSE(list.allows(from_origin("http://app.example")));
    CHECK_FALSE(list.allows(from_origin("https://app.example:8443")));
    CHECK_FALSE(list.allows(from_origin("http://localhost")));
    CHECK_FALSE(list.allows(from_origin("https://app.example.evil.example")));
    CHECK_FALSE(list.allows(from_origin("https://evilapp.example")));
    CHECK_FALSE(list.allows(from_origin("https://server.example")));
}

TEST_CASE("a wildcard stands for exactly one label", "[origin]")
{
    const origin_allow_list list{"https://*.Example.com", "http://*.dev.example:8080"};
    CHECK(list.allows(from_origin("https://a.example.com")));
    CHECK(list.allows(from_origin("https://a-1.EXAMPLE.com:443")));
    CHECK(list.allows(from_origin("http://x.dev.example:8080")));
    CHECK_FALSE(list.allows(from_origin("https://example.com")));
    CHECK_FALSE(list.allows(from_origin("https://.example.com")));
    CHECK_FALSE(list.allows(from_origin("https://a.b.example.com")));
    CHECK_FALSE(list.allows(from_origin("http://a.example.com")));
    CHECK_FALSE(list.allows(from_origin("https://a.example.com:8443")));
    CHECK_FALSE(list.allows(from_origin("https://a.example.com.evil.example")));
    CHECK_FALSE(list.allows(from_origin("https://evilexample.com")));
    CHECK_FALSE(list.allows(from_origin("http://x.dev.example")));
}

TEST_CASE("pages of this server may connect by default", "[origin]")
{
    const origin_allow_list list;
    CHECK(list.allows(from_origin("http://server.example:8080", "server.example:8080")));
    CHECK(list.allows(from_origin("https://server.example", "Server.Example")));
    CHECK(list.allows(from_origin("https://server.example", "server.example:443")));
    CHECK(list.allows(from_origin("http://[::1]:8080", "[::1]:8080")));
    CHECK_FALSE(list.allows(from_origin("http://server.example:8080", "server.example:9090")));
    CHECK_FALSE(list.allows(from_origin("https://evil.example", "server.example")));
    CHECK_FALSE(list.allows(from_origin("https://server.example", "")));
    CHECK_FALSE(list.allows(from_origin("https://server.example", "x@server.example")));
    CHECK_FALSE(list.allows(handshake("/", {{"Origin", "https://server.example"}})));
    CHECK_FALSE(list.allows(
        handshake("/", {{"Origin", "https://a.example"}, {"Host", "server.example"}, {"Host", "a.example"}})));
    auto combined = origin_allow_list{"https://app.example"};
    CHECK_FALSE(combined.allows(from_origin("https://server.example")));
    combined.allow_same_origin();
    CHECK(combined.allows(from_origin("https://server.example")));
    CHECK(combined.allows(from_origin("https://app.example")));
}

TEST_CASE("programs without an origin may connect unless one is required", "[origin]")
{
    origin_allow_list list{"https://app.example"};
    CHECK(list.allows(handshake("/")));
    list.require_origin();
    CHECK_FALSE(list.allows(handshake("/")));
    CHECK(list.allows(from_origin("https://app.example")));
    CHECK_FALSE(origin_allow_list::any().require_origin().allows(handshake("/")));
}

TEST_CASE("a malformed origin is refused even where all are allowed, null only unless it is listed", "[origin]")
{
    const auto any = origin_allow_list::any();
    CHECK(any.allows(from_origin("https://whatever.example")));
    CHECK(any.allows(from_origin("null")));
    CHECK_FALSE(any.allows(from_origin("")));
    CHECK_FALSE(any.allows(from_origin("https://a.example/path")));
    CHECK_FALSE(any.allows(handshake("/", {{"Origin", "https://a.example"}, {"Origin", "https://a.example"}})));
    CHECK_FALSE(origin_allow_list{}.allows(from_origin("null", "null")));
    CHECK(origin_allow_list{"null"}.allows(from_origin("null")));
}

TEST_CASE("a refused origin is told so with 403", "[origin]")
{
    const origin_allow_list list{"https://app.example"};
    CHECK_FALSE(list.check(from_origin("https://app.example")));
    const auto why = list.check(from_origin("https://evil.example"));
    REQUIRE(why);
    CHECK(why->status == 403);
    CHECK(why->code == error::origin_not_allowed);
}

TEST_CASE("a pattern that is not an origin is an error at once, not a list that allows too much", "[origin]")
{
    for (const std::string_view bad :
         {"", "*", "app.example", "https://app.example/", "https://*", "https://*.", "https://*.:443",
          "https://*..x", "https://a.*.example", "https://*.*.example", "https://*a.example",
          "https://u@*.example", "*://*.example"}) {
        INFO(bad);
        origin_allow_list list;
        CHECK_THROWS_AS(list.allow(bad), boost::system::system_error);
    }
}

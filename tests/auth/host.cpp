// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Which values of Host a list allows.
#include <fanfare/auth/host.hpp>

#include "auth/auth_requests.hpp"
#include "support/catch.hpp"

#include <boost/system/system_error.hpp>

using namespace fanfare;
using namespace fanfare::test;

namespace {

bool allows(const host_allow_list& list, std::string host)
{
    return list.allows(handshake("/", {{"Host", std::move(host)}}));
}

} // namespace

TEST_CASE("the names of the loopback interface are allowed by themselves", "[host]")
{
    const host_allow_list list;
    for (const auto* host : {"localhost", "LocalHost:80", "localhost.", "x.y.localhost", "127.0.0.1",
                             "127.255.0.1:65535", "[::1]", "[0:0:0:0:0:0:0:1]:8080"})
        CHECK(allows(list, host));
    for (const auto* host : {"", "example.com", "localhost.example", "xlocalhost", "126.0.0.1", "128.0.0.1",
                             "[::2]", "::1", "[::1", "localhost:x", "localhost:65536", "user@localhost",
                             "localhost/", " localhost", "localhost,example.com", "0.0.0.0"})
        CHECK_FALSE(allows(list, host));
    CHECK_FALSE(list.allows(handshake("/")));
    CHECK_FALSE(list.allows(handshake("/", {{"Host", "localhost"}, {"host", "localhost"}})));
}

TEST_CASE("listed hosts are allowed with any port, or with theirs", "[host]")
{
    const host_allow_list list{"App.Example", "other.example:8080", "192.0.2.1", "[2001:DB8::1]"};
    for (const auto* host : {"app.example", "APP.EXAMPLE:1", "app.example.", "other.example:8080", "192.0.2.1:80",
                             "[2001:db8::1]:80", "localhost"})
        CHECK(allows(list, host));
    for (const auto* host : {"x.app.example", "other.example", "other.example:80", "192.0.2.2"})
        CHECK_FALSE(allows(list, host));
    const auto why = list.check(handshake("/", {{"Host", "evil.example"}}));
    REQUIRE(why);
    CHECK(why->status == 403);
    CHECK(why->code == error::forbidden);
    CHECK(host_allow_list::any().allows(handshake("/")));
    CHECK_FALSE(list.check(handshake("/", {{"Host", "app.example"}})));
}

TEST_CASE("what begins like an address and is a name is a name", "[host]")
{
    CHECK(detail::is_host("127.0.0.1.evil.example"));
    CHECK_FALSE(allows({}, "127.0.0.1.evil.example"));
    CHECK(allows({"1.2.3.4.app.example"}, "1.2.3.4.App.Example:80"));
    for (const auto* host : {"a%41", "a_b", "xn--bcher-kva.example", "a!b", "a:", "1.2.3.4.5", "256.0.0.1"})
        CHECK(detail::is_host(host));
    for (const auto* host : {"", "a%4", "a%zz", "a b", "a\x80", "[::1]x", "[::1]x:80", "[::g]", "[]", "a:b:c",
                             "a:1x", ":1", "a@b", "a/b", "a\\b", "[::1%25lo]"})
        CHECK_FALSE(detail::is_host(host));
}

TEST_CASE("what is no host cannot be listed", "[host]")
{
    for (const auto* host :
         {"", "http://app.example", "a b", "app.example/", "*.example", "app.example:http", "a@b"}) {
        INFO(host);
        CHECK_THROWS_AS(host_allow_list{}.allow(host), boost::system::system_error);
    }
}

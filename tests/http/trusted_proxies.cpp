// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Whose request it is, by what proxies say in headers (RFC 7239), of which anybody can send any.
#include "support/catch.hpp"

#include <fanfare/error.hpp>
#include <fanfare/trusted_proxies.hpp>

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/system/system_error.hpp>

#include <string>
#include <utility>
#include <vector>

using namespace fanfare;
namespace http = boost::beast::http;

namespace {

using lines = std::vector<std::pair<std::string, std::string>>;

asio::ip::address at(const char* text)
{
    return asio::ip::make_address(text);
}

// As text, "(own)" behind it if no proxy forwarded the request; "(refused)" if nobody can say.
std::string client(const trusted_proxies& proxies, const char* peer, const lines& headers)
{
    http::request<http::empty_body> request;
    for (const auto& [name, value] : headers)
        request.insert(name, value);
    const auto told = proxies.client_of(at(peer), request);
    if (!told)
        return "(refused)";
    return told->address.to_string() + (told->forwarded ? "" : " (own)");
}

std::string by_list(const std::string& value)
{
    return client({"10.0.0.0/8", "2001:db8:1::/48"}, "10.0.0.1", {{"X-Forwarded-For", value}});
}

std::string by_forwarded(const std::string& value)
{
    return client({"10.0.0.0/8", "2001:db8:1::/48"}, "10.0.0.1", {{"Forwarded", value}});
}

std::string refusal_of(std::string_view proxy)
{
    trusted_proxies list;
    try {
        list.trust(proxy);
    } catch (const boost::system::system_error& e) {
        CHECK(e.code() == error::invalid_config);
        CHECK(std::string{e.what()}.find("trusted proxy " + std::string{proxy} + ":") != std::string::npos);
        CHECK(list.empty());
        return e.what();
    }
    return "taken";
}

} // namespace

TEST_CASE("proxies are trusted by address, by range, and by their Unix socket")
{
    const trusted_proxies list{"192.0.2.1", "10.0.0.0/8", "172.16.0.0/12", "2001:db8:1::/48", "::1"};
    for (const auto* in : {"192.0.2.1", "10.0.0.0", "10.255.255.255", "172.16.0.1", "172.31.255.255",
                           "2001:db8:1:ffff::1", "::1", "::ffff:10.1.2.3"})
        CHECK(list.trusts(at(in)));
    for (const auto* out : {"192.0.2.2", "11.0.0.0", "9.255.255.255", "172.15.255.255", "172.32.0.0",
                            "2001:db8:2::1", "::2", "::ffff:11.1.2.3", "0.0.0.0", "::"})
        CHECK_FALSE(list.trusts(at(out)));
    CHECK(trusted_proxies{"unix"}.trusts(asio::ip::address{}));
    CHECK_FALSE(trusted_proxies{"unix"}.trusts(at("127.0.0.1")));
    const trusted_proxies everybody{"0.0.0.0/0"};
    CHECK(everybody.trusts(at("203.0.113.7")));
    CHECK_FALSE(everybody.trusts(at("2001:db8::1")));
    CHECK_FALSE(everybody.trusts(asio::ip::address{}));
    CHECK_FALSE(everybody.empty());
    CHECK(trusted_proxies{}.empty());
    CHECK_FALSE(trusted_proxies{"unix"}.empty());
}

TEST_CASE("what is no proxy's address is refused, and said why")
{
    for (const auto* text :
         {"", "10", "10.0.0", "localhost", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8 ",
          "10.0.0.0/8/8", "0.0.0.0", "::", "2001:db8::/129", "fe80::1%eth0", "Unix", "10.0.0.0/0x8", "[::1]"})
        CHECK(refusal_of(text) != "taken");
    CHECK(refusal_of("10.0.0.1/8").find("bits behind the prefix") != std::string::npos);
    CHECK(refusal_of("2001:db8::1/64").find("bits behind the prefix") != std::string::npos);
    CHECK(refusal_of("::ffff:10.0.0.1").find("IPv4") != std::string::npos);
    CHECK_THROWS_AS(trusted_proxies{}.by_header("X Forwarded"), boost::system::system_error);
    CHECK_THROWS_AS(trusted_proxies{}.by_header(""), boost::system::system_error);
}

TEST_CASE("a header of a peer that is not trusted says nothing, and neither does a proxy without one")
{
    const lines forged{{"X-Forwarded-For", "203.0.113.7"}, {"Forwarded", "for=\""}};
    CHECK(client({}, "198.51.100.9", forged) == "198.51.100.9 (own)");
    CHECK(client({"10.0.0.0/8"}, "198.51.100.9", forged) == "198.51.100.9 (own)");
    CHECK(client({"10.0.0.0/8"}, "10.0.0.1", {}) == "10.0.0.1 (own)");
    CHECK(client({"10.0.0.0/8"}, "::ffff:198.51.100.9", {}) == "198.51.100.9 (own)");
}

TEST_CASE("the client is the last address in the list that is no trusted proxy's")
{
    CHECK(by_list("203.0.113.7") == "203.0.113.7");
    CHECK(by_list("203.0.113.7, 10.9.9.9,10.8.8.8") == "203.0.113.7");
    CHECK(by_list("127.0.0.1, 1.1.1.1, 203.0.113.7, 10.9.9.9") == "203.0.113.7"); // the rest is the client's own
    CHECK(by_list("2001:db8:2::7, 2001:db8:1::1") == "2001:db8:2::7");
    CHECK(by_list("10.7.7.7, 10.9.9.9") == "10.7.7.7"); // a proxy that asks by itself
    CHECK(by_list("garbage, 203.0.113.7") == "203.0.113.7");
    CHECK(by_list("203.0.113.7:4711") == "203.0.113.7");
    CHECK(by_list("[2001:db8:2::7]:4711") == "2001:db8:2::7");
    CHECK(by_list("[2001:db8:2::7]") == "2001:db8:2::7");
    CHECK(by_list("::ffff:203.0.113.7") == "203.0.113.7");
    // Google Cloud's balancer adds its own address behind the client's: it has to be trusted, too.
    CHECK(by_list("1.1.1.1, 203.0.113.7, 10.9.9.9") == "203.0.113.7");
    CHECK(
        client({"10.0.0.0/8"}, "10.0.0.1", {{"X-Forwarded-For", "1.1.1.1"}, {"x-forwarded-for", "203.0.113.7"}}) ==
        "203.0.113.7"); // lines are one list, in their order
}

TEST_CASE("what a proxy does not tell is nobody's address, and not the proxy's")
{
    for (const auto* hidden : {"unknown", "203.0.113.7, unknown", "_hidden", "host.example", "1.2.3", "0.0.0.0",
                               "::", "fe80::1%eth0", "[10.0.0.1]", "[::1", "[::1]x", "unix:"})
        CHECK(by_list(hidden) == "0.0.0.0");
    // One that is there and says nothing is no proxy that asks by itself.
    for (const auto* nothing : {"", " , ,"}) {
        CHECK(by_list(nothing) == "0.0.0.0");
        CHECK(by_forwarded(nothing) == "0.0.0.0");
    }
    for (const auto* hidden :
         {"for=unknown", "for=_gazonk", "for=\"_gazonk:4711\"", "proto=https", "by=10.0.0.1",
          "for=203.0.113.7, proto=https", "for=\"\"", "for=\"203.0.113.7:evil\"", "for=\"203.0.113.7:\"",
          "for=\"203.0.113.7:123456\"", "for=\"[2001:db8::1]:x y\"", "for=\"203.0.113.7:_\""})
        CHECK(by_forwarded(hidden) == "0.0.0.0");
}

TEST_CASE("Forwarded is read as RFC 7239 has it, with white space where senders put it")
{
    CHECK(by_forwarded("for=203.0.113.7") == "203.0.113.7");
    CHECK(by_forwarded("For=\"[2001:db8:2::7]:4711\"") == "2001:db8:2::7");
    CHECK(by_forwarded("for=203.0.113.7;proto=http;by=10.0.0.43") == "203.0.113.7");
    CHECK(by_forwarded("by=10.0.0.43 ; FOR=203.0.113.7;") == "203.0.113.7");
    CHECK(by_forwarded("for=192.0.2.43, for=203.0.113.7;proto=https, for=\"10.2.2.2:1\"") == "203.0.113.7");
    CHECK(by_forwarded("host=\"a,for=1.1.1.1;b\";for=203.0.113.7") == "203.0.113.7"); // in quotes
    CHECK(by_forwarded("for=\"203.0\\.113.7\"") == "203.0.113.7");
    CHECK(by_forwarded("for=\"203.0.113.7:_hidden\"") == "203.0.113.7");
    for (const auto* malformed :
         {"203.0.113.7", "for", "for=", "for=203.0.113.7;for=203.0.113.8", "for=\"203.0.113.7",
          "for=203.0.113.7 proto=http", "for=[2001:db8::1]", "=203.0.113.7", "for=1.1.1.1\"", "for=\"\\"})
        CHECK(by_forwarded(malformed) == "(refused)");
}

TEST_CASE("two headers must name one client, unless one is chosen")
{
    const lines forged{{"Forwarded", "for=1.1.1.1"}, {"X-Forwarded-For", "203.0.113.7"}};
    const lines agreed{{"Forwarded", "for=203.0.113.7;proto=https"}, {"X-Forwarded-For", "1.1.1.1, 203.0.113.7"}};
    trusted_proxies both{"10.0.0.0/8"};
    CHECK(client(both, "10.0.0.1", forged) == "(refused)");
    CHECK(client(both, "10.0.0.1", agreed) == "203.0.113.7");
    CHECK(client(both, "198.51.100.9", forged) == "198.51.100.9 (own)");
    auto by_old = both;
    by_old.by_header("x-forwarded-for");
    CHECK(client(by_old, "10.0.0.1", forged) == "203.0.113.7");
    CHECK(client(both.by_header("forwarded"), "10.0.0.1", forged) == "1.1.1.1");
    trusted_proxies by_one{"10.0.0.0/8"};
    by_one.by_header("X-Real-IP");
    CHECK(client(by_one, "10.0.0.1", {{"X-Real-IP", "203.0.113.7"}, {"X-Forwarded-For", "1.1.1.1"}}) ==
          "203.0.113.7");
    // A header that is not read tells no address, and shows all the same that the request was forwarded.
    CHECK(client(by_one, "10.0.0.1", forged) == "10.0.0.1");
    CHECK(client(by_one, "10.0.0.1", {{"Via", "1.1 proxy"}}) == "10.0.0.1");
    CHECK(client({"10.0.0.0/8"}, "10.0.0.1", {{"X-Real-IP", "203.0.113.7"}}) == "10.0.0.1");
    CHECK(client(by_one, "198.51.100.9", forged) == "198.51.100.9 (own)");
}

TEST_CASE("proxies one behind the other may speak by a Unix socket")
{
    const trusted_proxies list{"unix"};
    CHECK(client(list, "0.0.0.0", {{"X-Forwarded-For", "203.0.113.7"}}) == "203.0.113.7");
    CHECK(client(list, "0.0.0.0", {{"X-Forwarded-For", "203.0.113.7, unix:"}}) == "203.0.113.7");
    CHECK(client(list, "0.0.0.0", {{"X-Forwarded-For", "203.0.113.7, ::ffff:0.0.0.0"}}) == "0.0.0.0");
    CHECK(client({"10.0.0.0/8"}, "0.0.0.0", {{"X-Forwarded-For", "203.0.113.7"}}) == "0.0.0.0 (own)");
}

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// The PROXY protocol's headers (HAProxy, "The PROXY protocol", sections 2.1 and 2.2).
#include "support/catch.hpp"

#include <fanfare/detail/net/proxy_header.hpp>

#include <algorithm>
#include <string>
#include <string_view>

using namespace fanfare;
using detail::proxy_header;
using state = proxy_header::state;

namespace {

const std::string signature{"\r\n\r\n\0\r\nQUIT\n", 12};

// A header of version 2.
std::string v2(int command, int family, const std::string& rest)
{
    const auto n = rest.size();
    std::string out = signature;
    for (const auto byte :
         {std::size_t{0x20U + static_cast<unsigned>(command)}, static_cast<std::size_t>(family), n >> 8, n & 255})
        out += static_cast<char>(byte);
    return out + rest;
}

const std::string of_v4{"\xcb\x00\x71\x07\x0a\x00\x00\x01\xdc\x04\x01\xbb", 12}; // 203.0.113.7 and 10.0.0.1
const std::string of_v6 = std::string{"\x20\x01\x0d\xb8", 4} + std::string(11, '\0') + '\x07' +
                          std::string(16, '\x01') + std::string(4, '\0');

struct read_header {
    proxy_header header{};
    std::size_t used = 0;

    std::string source() const
    {
        return header.local() ? "local" : header.source() ? header.source()->to_string() : "(none)";
    }
};

// In pieces of so many bytes. What is taken off is what belongs to the header, whatever the pieces are.
read_header read(std::string_view bytes, std::size_t piece)
{
    read_header out;
    while (out.used != bytes.size() && out.header.now() == state::incomplete) {
        const auto given = bytes.substr(out.used, piece);
        const auto used = out.header.feed(given);
        if (out.header.now() == state::incomplete)
            REQUIRE(used == given.size());
        out.used += used;
    }
    return out;
}

std::string source_of(const std::string& header)
{
    std::string out;
    for (const std::size_t piece : {1U, 2U, 3U, 7U, 16U, 50U, 5000U}) {
        INFO(piece);
        const auto got = read(header + "GET / HTTP/1.1\r\n", piece);
        REQUIRE(got.header.now() == state::complete);
        CHECK(got.used == header.size());
        CHECK((out.empty() || out == got.source()));
        out = got.source();
    }
    return out;
}

bool is_malformed(const std::string& bytes)
{
    const auto whole = read(bytes, bytes.size());
    const auto piecewise = read(bytes, 1);
    CHECK(whole.header.now() == piecewise.header.now());
    CHECK(std::string_view{whole.header.fault()} == piecewise.header.fault());
    return whole.header.now() == state::malformed && *whole.header.fault() != '\0';
}

} // namespace

TEST_CASE("a PROXY header of version 1 tells the client's address")
{
    CHECK(source_of("PROXY TCP4 203.0.113.7 10.0.0.1 56324 443\r\n") == "203.0.113.7");
    CHECK(source_of("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n") == "255.255.255.255");
    CHECK(source_of("PROXY TCP6 2001:db8::7 2001:db8::1 0 443\r\n") == "2001:db8::7");
    CHECK(source_of("PROXY TCP6 ::ffff:203.0.113.7 ::1 1 2\r\n") == "203.0.113.7");
    const std::string longest = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
    CHECK(source_of("PROXY TCP6 " + longest + " " + longest + " 65535 65535\r\n") == longest);
    CHECK(source_of("PROXY UNKNOWN\r\n") == "(none)");
    const auto worst = "PROXY UNKNOWN " + longest + " " + longest + " 65535 65535\r\n";
    REQUIRE(worst.size() == 107);
    CHECK(source_of(worst) == "(none)");
    CHECK(source_of("PROXY TCP4 0.0.0.0 10.0.0.1 1 2\r\n") == "(none)");
    CHECK(source_of("PROXY TCP6 ::ffff:0.0.0.0 ::1 1 2\r\n") == "(none)");
}

TEST_CASE("a PROXY header of version 1 that does not match the protocol exactly is malformed")
{
    for (const std::string bytes : {"GET / HTTP/1.1\r\n\r\n",
                                    "proxy TCP4 1.2.3.4 1.2.3.4 1 2\r\n",
                                    "PROXY\r\n",
                                    "PROXY \r\n",
                                    "PROXYTCP4\r\n",
                                    "PROXY TCP4\r\n",
                                    "PROXY TCP4 1.2.3.4\r\n",
                                    "PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n",
                                    "PROXY TCP4 1.2.3.4 1.2.3.4 1 2 \r\n",
                                    "PROXY TCP4 1.2.3.4 1.2.3.4 1 2 3\r\n",
                                    "PROXY  TCP4 1.2.3.4 1.2.3.4 1 2\r\n",
                                    "PROXY TCP4  1.2.3.4 1.2.3.4 1 2\r\n",
                                    "PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n",
                                    "PROXY TCP4 1.2.3.4 1.2.3.4 1 2\rGET",
                                    "PROXY TCP4 1.2.3.04 1.2.3.4 1 2\r\n",
                                    "PROXY TCP4 1.2.3.256 1.2.3.4 1 2\r\n",
                                    "PROXY TCP4 1.2.3.4 1.2.3 1 2\r\n",
                                    "PROXY TCP4 1.2.3.4 1.2.3.4 01 2\r\n",
                                    "PROXY TCP4 1.2.3.4 1.2.3.4 1 65536\r\n",
                                    "PROXY TCP4 1.2.3.4 1.2.3.4 -1 2\r\n",
                                    "PROXY TCP4 1.2.3.4 1.2.3.4 1 \r\n",
                                    "PROXY TCP4 ::1 ::1 1 2\r\n",
                                    "PROXY TCP6 1.2.3.4 1.2.3.4 1 2\r\n",
                                    "PROXY TCP6 ::1%lo ::1 1 2\r\n",
                                    "PROXY UDP4 1.2.3.4 1.2.3.4 1 2\r\n",
                                    "PROXY UNKNOWNS\r\n",
                                    "\r\nPROXY UNKNOWN\r\n",
                                    "\r\n\r\n\r\n"}) {
        INFO(bytes);
        CHECK(is_malformed(bytes));
    }
    CHECK(is_malformed({"PROXY TCP4 1.2.3.4\0junk 1.2.3.4 1 2\r\n", 37}));
    CHECK(is_malformed("PROXY UNKNOWN " + std::string(93, 'x'))); // 107 without the end of the line
    CHECK(read("PROXY UNKNOWN " + std::string(92, 'x'), 1).header.now() == state::incomplete);
}

TEST_CASE("a PROXY header of version 2 tells the client's address, and all of it is taken")
{
    CHECK(source_of(v2(1, 0x11, of_v4)) == "203.0.113.7");
    CHECK(source_of(v2(1, 0x12, of_v4)) == "203.0.113.7");
    CHECK(source_of(v2(1, 0x21, of_v6)) == "2001:db8::7");
    // What a proxy adds is skipped.
    CHECK(source_of(v2(1, 0x11, of_v4 + std::string(300, '\x20'))) == "203.0.113.7");
    CHECK(source_of(v2(1, 0x21, of_v6 + std::string(65'535 - of_v6.size(), '\x20'))) == "2001:db8::7");
    CHECK(source_of(v2(1, 0x11, std::string(12, '\0'))) == "(none)"); // nobody's
    CHECK(source_of(v2(1, 0x21, std::string(10, '\0') + "\xff\xff" + std::string(24, '\0'))) == "(none)");
}

TEST_CASE("a PROXY header of version 2 without an address of IP tells none")
{
    CHECK(source_of(v2(1, 0x00, "")) == "(none)");
    CHECK(source_of(v2(1, 0x10, of_v4)) == "(none)");
    CHECK(source_of(v2(1, 0x00, of_v4)) == "(none)");
    CHECK(source_of(v2(1, 0x31, std::string(216, 'p'))) == "(none)");
    // The proxy speaks for itself: what else stands there counts for nothing.
    CHECK(source_of(v2(0, 0x00, "")) == "local");
    CHECK(source_of(v2(0, 0x11, of_v4)) == "local");
    CHECK(source_of(v2(0, 0xff, std::string(100, 'x'))) == "local");
}

TEST_CASE("a PROXY header of version 2 with values that are not assigned is malformed")
{
    auto version = v2(1, 0x11, of_v4);
    for (const auto byte : {0x11, 0x31, 0x01, 0x22, 0x2f}) {
        version[12] = static_cast<char>(byte);
        CHECK(is_malformed(version));
    }
    for (const auto family : {0x41, 0xf1, 0x13, 0x1f})
        CHECK(is_malformed(v2(1, family, std::string(216, 'x'))));
    CHECK(is_malformed(v2(1, 0x11, of_v4.substr(1))));
    CHECK(is_malformed(v2(1, 0x21, of_v4)));
    CHECK(is_malformed(v2(1, 0x31, of_v6)));
    auto no_signature = v2(1, 0x11, of_v4);
    no_signature[11] = '\r';
    CHECK(is_malformed(no_signature));
}

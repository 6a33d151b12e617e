// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "support/catch.hpp"

#include <fanfare/detail/session/resume_registry.hpp>

#include <string>
#include <vector>

using namespace fanfare::detail;
using namespace std::chrono_literals;

namespace {

using rooms = std::vector<std::string>;
const resume_registry::time_point start{1h};

} // namespace

TEST_CASE("a client that returns in time gets its rooms back, once", "[resume_registry]")
{
    resume_registry known{10s, 100};
    CHECK(known.enabled());
    known.keep(1, "secret", "alice", {"a", "b"}, start);
    CHECK(known.take(1, "secret", "alice", start + 9s) == rooms{"a", "b"});
    CHECK_FALSE(known.take(1, "secret", "alice", start + 9s));
}

TEST_CASE("rooms are forgotten when the time is over", "[resume_registry]")
{
    resume_registry known{10s, 100};
    known.keep(1, "secret", "alice", {"a"}, start);
    known.keep(2, "secret", "alice", {"b"}, start + 5s);
    CHECK_FALSE(known.take(1, "secret", "alice", start + 10s));
    CHECK(known.take(2, "secret", "alice", start + 10s) == rooms{"b"});
}

TEST_CASE("nobody takes another's rooms, and a wrong guess does not cost the owner theirs", "[resume_registry]")
{
    resume_registry known{10s, 100};
    known.keep(1, "secret", "alice", {"a"}, start);
    CHECK_FALSE(known.take(1, "secreT", "alice", start));
    CHECK_FALSE(known.take(1, "", "alice", start));
    CHECK_FALSE(known.take(1, "secret and more", "alice", start));
    CHECK_FALSE(known.take(1, "secret", "mallory", start));
    CHECK_FALSE(known.take(1, "secret", "", start));
    CHECK_FALSE(known.take(2, "secret", "alice", start));
    CHECK(known.take(1, "secret", "alice", start) == rooms{"a"});
}

TEST_CASE("beyond the limit the oldest is forgotten first", "[resume_registry]")
{
    resume_registry known{10s, 3};
    for (std::uint64_t i = 1; i <= 5; ++i)
        known.keep(i, "s", "u", {std::to_string(i)}, start);
    for (std::uint64_t i = 1; i <= 2; ++i)
        CHECK_FALSE(known.take(i, "s", "u", start));
    for (std::uint64_t i = 3; i <= 5; ++i)
        CHECK(known.take(i, "s", "u", start) == rooms{std::to_string(i)});
}

TEST_CASE("those who returned make place for others", "[resume_registry]")
{
    resume_registry known{10s, 2};
    known.keep(1, "s", "u", {"1"}, start);
    for (std::uint64_t i = 2; i != 1000; ++i) {
        known.keep(i, "s", "u", {"x"}, start);
        REQUIRE(known.take(i, "s", "u", start));
    }
    CHECK(known.take(1, "s", "u", start) == rooms{"1"});
}

TEST_CASE("without a time or a place nothing is promised", "[resume_registry]")
{
    CHECK_FALSE(resume_registry(0s, 100).enabled());
    CHECK_FALSE(resume_registry(10s, 0).enabled());
}

TEST_CASE("a resume token is 64 lower case hexadecimal digits and nothing else", "[resume_registry]")
{
    const std::string id(32, 'a');
    const std::string secret(32, '0');
    const auto token = read_resume_token(id + secret);
    REQUIRE(token);
    CHECK(token->connection_id == id);
    CHECK(token->secret == secret);
    CHECK_FALSE(read_resume_token(""));
    CHECK_FALSE(read_resume_token(id + secret + "0"));
    CHECK_FALSE(read_resume_token(id + secret.substr(1)));
    CHECK_FALSE(read_resume_token(std::string(64, 'A')));
    CHECK_FALSE(read_resume_token(id + std::string(31, '0') + "g"));
    CHECK_FALSE(read_resume_token(std::string(64, '\0')));
}

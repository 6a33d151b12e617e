// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "support/catch.hpp"

#include <fanfare/detail/redis/reply.hpp>

#include <hiredis/hiredis.h>

#include <string>
#include <string_view>
#include <vector>

using namespace fanfare::detail;
using outcome = redis_reader::outcome;

namespace {

std::string written(const std::vector<std::string_view>& args)
{
    std::string out;
    append_command(out, args);
    return out;
}

} // namespace

TEST_CASE("a command is written as hiredis writes it")
{
    const std::vector<std::vector<std::string_view>> commands{
        {"PING"}, {"SET", "key", ""}, {"PUBLISH", "room", std::string_view{"\0\r\n$5\xff", 6}}};
    for (const auto& words : commands) {
        std::vector<const char*> texts;
        std::vector<std::size_t> sizes;
        for (const auto w : words) {
            texts.push_back(w.data());
            sizes.push_back(w.size());
        }
        char* formatted = nullptr;
        const auto n =
            redisFormatCommandArgv(&formatted, static_cast<int>(words.size()), texts.data(), sizes.data());
        REQUIRE(n > 0);
        CHECK(written(words) == std::string_view(formatted, static_cast<std::size_t>(n)));
        redisFreeCommand(formatted);
    }
    CHECK(written({std::string_view{"x"}, std::string(12'345, 'y')}).starts_with("*2\r\n$1\r\nx\r\n$12345\r\ny"));
}

TEST_CASE("replies are the same however the bytes are cut")
{
    using namespace std::string_literals;
    const auto all = "+OK\r\n-ERR no\r\n:-42\r\n$-1\r\n$5\r\na\0\r\nb\r\n*-1\r\n*0\r\n"
                     "*3\r\n$7\r\nmessage\r\n*2\r\n:1\r\n+x\r\n$0\r\n\r\n"s;
    for (const std::size_t step : {std::size_t{1}, std::size_t{3}, std::size_t{7}, all.size()}) {
        redis_reader reader;
        std::vector<redis_reply> got;
        for (std::size_t at = 0; at < all.size(); at += step) {
            reader.feed(std::string_view{all}.substr(at, step));
            redis_reply one;
            while (reader.next(one) == outcome::one)
                got.push_back(std::move(one));
        }
        REQUIRE(got.size() == 8);
        CHECK(got[0].value().kind() == redis_kind::status);
        CHECK(got[0].value().text() == "OK");
        CHECK(got[1].value().is_error());
        CHECK(got[1].value().text() == "ERR no");
        CHECK(got[2].value().integer() == -42);
        CHECK(got[3].value().is_nil());
        CHECK(got[4].value().text() == std::string_view("a\0\r\nb", 5));
        CHECK(got[5].value().is_nil());
        CHECK(got[6].value().is_array());
        CHECK(got[6].value().size() == 0);
        const auto last = got[7].value();
        REQUIRE(last.size() == 3);
        CHECK(last[0].text() == "message");
        CHECK(last[1][1].text() == "x");
        CHECK(last[1].integer() == 0); // not a number
        CHECK(last[2].kind() == redis_kind::text);
        CHECK(last[3].is_nil()); // not there
    }
}

TEST_CASE("what is not Redis' protocol is refused once and for all")
{
    for (const auto* bytes :
         {"HTTP/1.1 400 Bad Request\r\n", "*x\r\n", "$-5\r\n", ":9999999999999999999999\r\n", "\r\n"}) {
        redis_reader reader;
        redis_reply reply;
        reader.feed(bytes);
        INFO(bytes);
        CHECK(reader.next(reply) == outcome::broken);
        CHECK_FALSE(reader.problem().empty());
        reader.feed("+OK\r\n");
        CHECK(reader.next(reply) == outcome::broken);
    }
}

TEST_CASE("a reply that announces more than the limit costs no memory")
{
    redis_reply reply;
    for (const auto* bytes : {"*2000000000\r\n", "*101\r\n", "*2\r\n*60\r\n", "*50\r\n*51\r\n"}) {
        redis_reader reader{{.bytes = 1'000, .elements = 100}};
        reader.feed(bytes);
        if (std::string_view{bytes} == "*2\r\n*60\r\n") { // within it, so far
            CHECK(reader.next(reply) == outcome::none);
            std::string first;
            for (int i = 0; i != 60; ++i)
                first += ":1\r\n";
            reader.feed(first + "*60\r\n");
        }
        INFO(bytes);
        CHECK(reader.next(reply) == outcome::broken);
        CHECK(reader.problem() == "a reply has too many elements");
    }
    redis_reader reader{{.bytes = 1'000, .elements = 100}};
    reader.feed("$1000000\r\n" + std::string(1'100, 'x'));
    CHECK(reader.next(reply) == outcome::broken);
    CHECK(reader.problem() == "a reply is too long");

    redis_reader patient{{.bytes = 1'000, .elements = 100}}; // the limits are those of one reply
    for (int i = 0; i != 100; ++i) {
        patient.feed("*2\r\n:1\r\n$20\r\n" + std::string(20, 'x') + "\r\n");
        CHECK(patient.next(reply) == outcome::one);
    }
}

TEST_CASE("a reply that is nested deeper than any that we ask for is refused")
{
    const auto nested = [](int depth) {
        std::string out;
        for (int i = 0; i != depth; ++i)
            out += "*1\r\n";
        return out + ":1\r\n";
    };
    redis_reader reader;
    redis_reply reply;
    for (int i = 0; i != 3; ++i) {
        reader.feed(nested(7));
        REQUIRE(reader.next(reply) == outcome::one);
        CHECK(reply.value()[0][0][0][0][0][0][0].integer() == 1);
    }
    for (const auto depth : {8, 9, 100'000}) {
        redis_reader shallow;
        shallow.feed(nested(depth));
        CHECK(shallow.next(reply) == outcome::broken);
        CHECK(shallow.problem() == "a reply is nested too deeply");
    }
}

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// POST /api/v1/revoke.
#include "revocation/hub_support.hpp"

using namespace fanfare;
using namespace fanfare::test;

namespace {

struct api_world {
    api_world()
    {
        auto how = by_query();
        how.api.admin_key = "key";
        w.hub().revocations(store);
        w.serve(std::move(how));
    }
    http::response<http::string_body> post(const std::string& body, const std::string& key = "key")
    {
        return http_post_text(w.port(), "/api/v1/revoke", body, key);
    }
    away_revocations store;
    world w;
};

} // namespace

TEST_CASE("revoking over HTTP closes, and answers how many")
{
    api_world s;
    client ann{s.w.port(), with(query_of("ann", long_ago()))},
        bob{s.w.port(), with(query_of("bob", long_ago(), "t"))};
    client cat{s.w.port(), with(query_of("cat", long_ago()))}, dan{s.w.port(), with(query_of("dan", later_on()))};
    const auto answered = [](const http::response<http::string_body>& answer) {
        CHECK(answer.result_int() == 200);
        return answer.body();
    };
    CHECK(answered(s.post(R"({"user_id":"ann","reason":"lost"})")) == R"({"connections":1,"nodes":1})");
    CHECK(ann.closed() == 3503);
    CHECK(ann.close_reason() == "lost");
    CHECK(answered(s.post(R"({"token_id":"t","expires_in":60})")) == R"({"connections":1,"nodes":1})");
    CHECK(bob.closed() == 3503);
    const auto before = std::to_string(seconds_of(wall::now())) + ".5";
    CHECK(answered(s.post(R"({"issued_before":)" + before + '}')) == R"({"connections":1,"nodes":1})");
    CHECK(cat.closed() == 3503);
    CHECK(dan.drain().empty());
    CHECK(answered(s.post(R"({"user_id":"nobody","token_id":"t9"})")) == R"({"connections":0,"nodes":1})");
}

TEST_CASE("revoking over HTTP wants the key, and a body that can be")
{
    api_world s;
    client ann{s.w.port(), with(query_of("ann", long_ago()))};
    CHECK(s.post(R"({"user_id":"ann"})", "other").result_int() == 401);
    CHECK(s.post(R"({"user_id":"ann"})", "").result_int() == 401);
    CHECK(http_get(s.w.port(), "/api/v1/revoke", "key").result_int() == 405);
    const auto problem = [&](const std::string& body) {
        const auto answer = s.post(body);
        CHECK(answer.result_int() == 400);
        return text_in(answer, "code") + ": " + text_in(answer, "message");
    };
    CHECK(problem("{}") ==
          "invalid_message: issued_before must be given where there is neither user_id nor token_id");
    CHECK(problem(R"({"user":"ann","issued_before":1})") == "invalid_message: no such field: user");
    CHECK(problem(R"({"user_id":""})") == "invalid_message: user_id must be a string that is not empty");
    CHECK(problem(R"({"user_id":null,"issued_before":1})") ==
          "invalid_message: user_id must be a string that is not empty");
    CHECK(problem(R"({"token_id":7})") == "invalid_message: token_id must be a string that is not empty");
    CHECK(problem(R"({"user_id":"a b"})") == "invalid_user: not a valid user id");
    CHECK(problem(R"({"token_id":"t","issued_before":1})") ==
          "invalid_message: issued_before must not be given with token_id");
    for (const auto* bad : {"\"2026-11-21T00:00:00Z\"", "-1", "1e300", "null", "true"})
        CHECK(problem(R"({"user_id":"ann","issued_before":)" + std::string{bad} + '}') ==
              "invalid_message: issued_before must be a number of seconds since 1970");
    for (const auto* bad : {"0", "-1", "1.5", "31622401", "1e30", "\"60\""})
        CHECK(problem(R"({"user_id":"ann","expires_in":)" + std::string{bad} + '}') ==
              "invalid_message: expires_in must be a whole number of seconds, from 1 to 31622400");
    CHECK(problem(R"({"user_id":"ann","issued_before":99999999999})") ==
          "invalid_message: issued_before must not be after until");
    CHECK(problem(R"({"user_id":"ann","reason":")" + std::string(124, 'r') + "\"}") ==
          "invalid_message: reason must be at most 123 bytes of UTF-8");
    CHECK(ann.drain().empty());
}

TEST_CASE("revoking over HTTP tells that nothing was stored")
{
    api_world s;
    client ann{s.w.port(), with(query_of("ann", long_ago()))};
    s.store.leave();
    const auto answer = s.post(R"({"user_id":"ann"})");
    CHECK(answer.result_int() == 503);
    CHECK(text_in(answer, "code") == "store_failed");
    CHECK(ann.drain().empty());
}

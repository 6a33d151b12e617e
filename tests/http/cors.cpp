// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Pages of other origins that use the HTTP API (CORS; Fetch Standard, section 3.2). Event streams: events_admission.cpp.
#include "http/raw_support.hpp"

using namespace fanfare;
using namespace fanfare::test;
using namespace fanfare::test::raw;

namespace {

const std::string admin = "Origin: https://admin.example\r\n";
const std::string message = R"({"room":"device:1","type":"t"})";

std::string options_of(std::string_view target, std::string_view origin)
{
    return "OPTIONS " + std::string{target} + " HTTP/1.1\r\nHost: localhost\r\n" + std::string{origin} +
           "Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: authorization\r\n\r\n";
}

// Which page may read it.
std::string page(const reply& answer)
{
    CHECK(answer.header("Vary") == "Origin"); // so that no cache gives it to another page
    return answer.header("Access-Control-Allow-Origin");
}

} // namespace

TEST_CASE("a page of an allowed origin may use the HTTP API with a key, and another may not read it")
{
    world w;
    w.hub().configure("device:", {});
    w.serve({.api = {.admin_key = "secret", .origins = {"https://admin.example"}}});
    const auto asked = ask(w.port(), options_of("/api/v1/publish", admin));
    CHECK(asked.status == 204);
    CHECK(page(asked) == "https://admin.example");
    CHECK(asked.header("Access-Control-Allow-Methods").find("POST") != std::string::npos);
    CHECK(asked.header("Access-Control-Allow-Headers").find("Authorization") != std::string::npos);
    CHECK(asked.header("Access-Control-Allow-Credentials") == "(none)"); // no cookie counts there

    const auto key = admin + "Authorization: Bearer secret\r\n";
    const auto published = ask(w.port(), post("/api/v1/publish", message, key));
    CHECK(published.status == 200);
    CHECK(page(published) == "https://admin.example");
    // What is refused can be read, too, and says why.
    CHECK(page(ask(w.port(), post("/api/v1/publish", message, admin))) == "https://admin.example");
    CHECK(page(ask(w.port(), get("/api/v1/nowhere", admin))) == "https://admin.example");
    CHECK(page(ask(w.port(), get("/readyz", admin))) == "https://admin.example");

    for (const auto* origin :
         {"Origin: https://evil.example\r\n", "Origin: null\r\n", "Origin: http://admin.example\r\n",
          "Origin: https://admin.example\r\nOrigin: https://evil.example\r\n", ""}) {
        CHECK(page(ask(w.port(), options_of("/api/v1/publish", origin))) == "(none)");
        CHECK(page(ask(w.port(), post("/api/v1/publish", message, origin))) == "(none)");
    }
}

TEST_CASE("without a list only pages of the server's own may read the HTTP API, and none writes without a key")
{
    world w;
    w.hub().configure("device:", {});
    w.serve({.api = {.allow_loopback_writes = true}});
    CHECK(page(ask(w.port(), options_of("/api/v1/publish", admin))) == "(none)");
    CHECK(page(ask(w.port(), post("/api/v1/publish", message, admin))) == "(none)");
    CHECK(page(ask(w.port(), post("/api/v1/publish", message, "Origin: http://localhost\r\n"))) ==
          "http://localhost");

    // A list opens reading alone: what needs no key from here is refused to foreign pages as before.
    const fanfare::server listed{w.hub(),
                                 {.address = "127.0.0.1",
                                  .port = 0,
                                  .api = {.allow_loopback_writes = true, .origins = origin_allow_list::any()}}};
    const auto foreign = ask(listed.port(), post("/api/v1/publish", message, admin));
    CHECK(foreign.status == 403);
    CHECK(page(foreign) == "https://admin.example");
}

TEST_CASE("an API in an own router allows the same pages")
{
    world w;
    w.hub().configure("device:", {});
    w.run();
    const http_api api{w.hub(), {.admin_key = "secret", .origins = {"https://admin.example"}}};
    http::request<http::string_body> request{http::verb::options, "/api/v1/publish", 11};
    request.set(http::field::host, "localhost");
    request.set(http::field::origin, "https://admin.example");
    std::promise<http::response<http::string_body>> answer;
    api.async_handle(request, {}, [&](http::response<http::string_body> r) { answer.set_value(std::move(r)); });
    CHECK(answer.get_future().get()[http::field::access_control_allow_origin] == "https://admin.example");
}

TEST_CASE("the lists of the API and of event streams are two")
{
    world w;
    w.serve({.origins = {"https://app.example"},
             .api = {.admin_key = "secret", .origins = {"https://admin.example"}}});
    const std::string app = "Origin: https://app.example\r\n";
    const auto reader = [&](const std::string& bytes) {
        return ask(w.port(), bytes).header("Access-Control-Allow-Origin");
    };
    for (const auto& [path, mine, other] :
         {std::tuple{"/api/v1/sse", app, admin}, {"/api/v1/publish", admin, app}}) {
        CHECK(reader(options_of(path, mine)) != "(none)");
        CHECK(reader(post(path, "{}", mine)) != "(none)");
        CHECK(reader(options_of(path, other)) == "(none)");
        CHECK(reader(post(path, "{}", other)) == "(none)");
    }
}

TEST_CASE("a page is told when to come again")
{
    world w;
    const auto busy = [](const handshake_request&) {
        auto why = make_refusal(error::timed_out, 503);
        why.retry_after = 7s;
        return auth_result{why};
    };
    w.serve({.authenticate = busy, .origins = {"https://admin.example"}});
    const auto refused = ask(w.port(), get("/api/v1/sse", admin));
    CHECK(refused.status == 503);
    CHECK(page(refused) == "https://admin.example");
    CHECK(refused.header("Retry-After") == "7");
    CHECK(refused.header("Access-Control-Expose-Headers") == "Retry-After");
}

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Keys that the application fetches.
#include <fanfare/auth/jwt.hpp>
#include <fanfare/auth/jwt_keys_source.hpp>
#include <fanfare/detail/jwt/key_ring.hpp>

#include "auth/auth_requests.hpp"
#include "jwt/test_tokens.hpp"
#include "support/catch.hpp"
#include "support/eventually.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/system_error.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace fanfare;
using namespace fanfare::test;
using namespace std::chrono_literals;

namespace {

// A provider that answers when it is told to, and a source that asks it.
struct provider {
    explicit provider(jwt_keys_source_options options = {})
        : source{std::in_place, context.get_executor(), keys, filled(std::move(options))}
    {}

    jwt_keys_source_options filled(jwt_keys_source_options options)
    {
        if (!options.fetch)
            options.fetch = [this](jwt_keys_fetched done) { asked.push_back(std::move(done)); };
        options.on_refresh = [this](std::exception_ptr failed) {
            told.push_back(failed ? text_of(failed) : "good");
        };
        return options;
    }
    static std::string text_of(const std::exception_ptr& failed)
    {
        try {
            std::rethrow_exception(failed);
        } catch (const std::exception& e) {
            return e.what();
        }
    }

    // Runs what is ready.
    void run() { context.restart(), context.poll(); }
    template <class Holds>
    bool run_until(Holds holds)
    {
        return eventually([&] {
            run();
            return holds();
        });
    }
    void answer(const std::string& text)
    {
        asked.back()({}, text);
        run();
    }

    // Checks a token of this key and name; the verdict is in `verdicts` when it is there.
    void check(const test_key& key, const std::string& kid)
    {
        const auto text =
            signed_token(key, "ES256", R"({"alg":"ES256","kid":")" + kid + "\"}", R"({"exp":4000000000})");
        jwt_verifier{keys}.async_verify(text, [this](boost::system::result<jwt_claims> checked) {
            verdicts.push_back(checked ? "taken" : checked.error().message());
        });
        run();
    }

    asio::io_context context{1};
    jwt_keys keys;
    std::vector<jwt_keys_fetched> asked;
    std::vector<std::string> told, verdicts;
    std::optional<jwt_keys_source> source;
};

const std::string unknown = make_error_code(jwt_error::unknown_key).message();
const std::string unavailable = make_error_code(jwt_error::keys_unavailable).message();

// That of RFC 7515 appendix A.3.
const std::string other_p256_jwk =
    R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
    R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})";

std::string set_of(const std::string& kid)
{
    return jwks(jwk(p256_key, kid));
}

} // namespace

TEST_CASE("a source asks at once, and tokens that come before the answer wait for it", "[jwt]")
{
    provider p;
    p.check(p256_key, "a");
    p.run();
    CHECK(p.asked.size() == 1);
    CHECK(p.verdicts.empty());
    p.answer(set_of("a"));
    CHECK(p.verdicts == std::vector<std::string>{"taken"});
    CHECK(p.told == std::vector<std::string>{"good"});
    p.check(p256_key, "a");
    CHECK(p.verdicts.size() == 2);
    CHECK(p.asked.size() == 1);
}

TEST_CASE("a token of a key that is not known causes one question, and all of its kind wait for the answer",
          "[jwt]")
{
    provider p{{.interval = 1h, .least_interval = 1ms}};
    p.run();
    p.answer(set_of("a"));
    CHECK(p.run_until([&] { // until the least interval has passed
        if (p.asked.size() == 1)
            p.verdicts.clear(), p.check(p256_key, "b");
        return p.asked.size() == 2;
    }));
    CHECK(p.verdicts.empty());
    p.check(p256_key, "b");
    CHECK(p.asked.size() == 2);
    p.answer(set_of("b"));
    CHECK(p.verdicts == std::vector<std::string>{"taken", "taken"});
    CHECK(p.told.size() == 2);
}

TEST_CASE("a key without a name in the set does not keep a source from asking for one with a name", "[jwt]")
{
    provider p{{.interval = 1h, .least_interval = 1ms}};
    p.run();
    p.answer(jwks(other_p256_jwk));
    CHECK(p.run_until([&] { // until the least interval has passed
        if (p.asked.size() == 1)
            p.verdicts.clear(), p.check(p256_key, "b");
        return p.asked.size() == 2;
    }));
    CHECK(p.verdicts.empty());
    p.answer(jwks(other_p256_jwk, jwk(p256_key, "b")));
    CHECK(p.verdicts == std::vector<std::string>{"taken"});
}

TEST_CASE("a source takes no secret from where others can fetch it, too", "[jwt]")
{
    provider p{{.retry = 1h}};
    p.run();
    p.answer(jwks(oct_jwk(hmac_secret, "s"), jwk(p256_key, "a")));
    CHECK(p.keys.size() == 1);
    REQUIRE(p.keys.skipped().size() == 1);
    CHECK(p.keys.skipped().front().find("it is a secret") != std::string::npos);
    p.source->refresh();
    p.run();
    p.answer(jwks(oct_jwk(hmac_secret, "s")));
    CHECK(p.told.back().find("it is a secret") != std::string::npos);
    CHECK(p.keys.size() == 1);
}

TEST_CASE("keys that come between the first look and the question are used", "[jwt]")
{
    // As a source whose answer comes just then.
    struct in_between final : detail::jwt_key_refresher {
        explicit in_between(jwt_keys k) : keys{std::move(k)} {}
        wait await_keys(std::function<void(bool)>&) override
        {
            keys.replace(set_of("a"));
            return wait::asked_lately;
        }
        jwt_keys keys;
    };
    jwt_keys keys;
    const auto source = std::make_shared<in_between>(keys);
    keys.ring()->set_refresher(source);
    const auto text = signed_token(p256_key, "ES256", R"({"alg":"ES256","kid":"a"})", R"({"exp":4000000000})");
    bool taken = false;
    jwt_verifier{keys}.async_verify(
        text, [&](boost::system::result<jwt_claims> checked) { taken = checked.has_value(); });
    CHECK(taken);
}

TEST_CASE("of tokens that wait for a source that is stopped all are told, though a handler throws", "[jwt]")
{
    provider p;
    jwt_verifier{p.keys}.async_verify(
        signed_token(p256_key, "ES256", R"({"alg":"ES256","kid":"a"})", R"({"exp":4000000000})"),
        [](boost::system::result<jwt_claims>) { throw std::runtime_error("it must not"); });
    p.check(p256_key, "a");
    p.source.reset();
    CHECK(p.verdicts == std::vector<std::string>{unavailable});
}

TEST_CASE("when a source has stopped, tokens of keys that are not known are refused as such", "[jwt]")
{
    provider p{{.retry = 1h}};
    p.run();
    p.asked.back()(make_error_code(error::timed_out), "");
    p.run();
    p.check(p256_key, "a");
    CHECK(p.verdicts == std::vector<std::string>{unavailable});
    p.source->stop();
    p.check(p256_key, "a");
    CHECK(p.verdicts == std::vector<std::string>{unavailable, unknown});
}

TEST_CASE("names that somebody makes up do not make the source ask all the time", "[jwt]")
{
    provider p{{.interval = 1h, .least_interval = 1h}};
    p.run();
    p.answer(set_of("a"));
    for (int i = 0; i != 100; ++i)
        p.check(p256_key, "made up " + std::to_string(i));
    CHECK(p.asked.size() == 1);
    CHECK(p.verdicts == std::vector<std::string>(100, unknown));
    p.check(p256_key, "a");
    CHECK(p.verdicts.back() == "taken");
}

TEST_CASE("a source that fails is told, asked again after a while, and the keys before stay", "[jwt]")
{
    provider p{{.interval = 1h, .least_interval = 1ms, .retry = 1ms}};
    p.run();
    p.answer(set_of("a"));
    p.source->refresh();
    p.run();
    REQUIRE(p.asked.size() == 2);
    p.asked.back()(make_error_code(error::timed_out), "");
    p.run();
    CHECK(p.told.back().find("the keys cannot be fetched") != std::string::npos);
    CHECK(p.run_until([&] { return p.asked.size() == 3; })); // by itself
    p.answer("{}");
    CHECK(p.told.back().find("no array of keys") != std::string::npos);
    p.check(p256_key, "a");
    CHECK(p.verdicts.back() == "taken");
    CHECK(p.run_until([&] { return p.asked.size() == 4; }));
    p.answer(set_of("b"));
    p.check(p256_key, "b");
    CHECK(p.verdicts.back() == "taken");
    REQUIRE(p.told.size() == 4);
    CHECK(p.told.front() == "good");
    CHECK(p.told.back() == "good");
}

TEST_CASE("while a source has failed, tokens of unknown keys are refused at once, and may try again", "[jwt]")
{
    provider p{{.retry = 1h}};
    p.check(p256_key, "a");
    p.run();
    p.asked.back()(make_error_code(error::timed_out), "");
    p.run();
    CHECK(p.verdicts == std::vector<std::string>{unavailable});
    p.check(p256_key, "a");
    CHECK(p.verdicts == std::vector<std::string>{unavailable, unavailable});
    CHECK(p.asked.size() == 1);
    std::optional<auth_result> answer;
    const auto text =
        signed_token(p256_key, "ES256", R"({"alg":"ES256","kid":"x"})", R"({"sub":"a","exp":4000000000})");
    jwt_authenticator{p.keys}(handshake("/", {{"Authorization", "Bearer " + text}}),
                              [&](auth_result r) { answer = std::move(r); });
    REQUIRE(answer);
    CHECK(answer->why().status == 503); // the client tries again, and keeps its token
}

TEST_CASE("an answer that does not come in time is a failure, and too late it is ignored", "[jwt]")
{
    provider p{{.retry = 1h, .timeout = 1ms}};
    p.check(p256_key, "a");
    CHECK(p.run_until([&] { return !p.told.empty(); }));
    CHECK(p.told.back().find("no answer in time") != std::string::npos);
    CHECK(p.run_until([&] { return !p.verdicts.empty(); }));
    CHECK(p.verdicts.back() == unavailable);
    p.answer(set_of("a"));
    CHECK(p.keys.size() == 0);
    CHECK(p.told.size() == 1);
}

TEST_CASE("the first of several answers counts, and what fetch throws is one", "[jwt]")
{
    provider p;
    p.run();
    p.asked.back()({}, set_of("a"));
    p.asked.back()({}, set_of("b"));
    p.run();
    p.check(p256_key, "a");
    CHECK(p.verdicts.back() == "taken");
    CHECK(p.told.size() == 1);

    provider thrower{{.fetch = [](jwt_keys_fetched) { throw std::runtime_error("no network"); }, .retry = 1h}};
    thrower.check(p256_key, "a");
    CHECK(thrower.told == std::vector<std::string>{"no network"});
    CHECK(thrower.verdicts == std::vector<std::string>{unavailable});
}

TEST_CASE("no more tokens wait than may", "[jwt]")
{
    provider p{{.max_waiting = 2}};
    for (int i = 0; i != 3; ++i)
        p.check(p256_key, "a");
    CHECK(p.verdicts == std::vector<std::string>{unavailable});
    p.run();
    p.answer(set_of("a"));
    CHECK(p.verdicts == std::vector<std::string>{unavailable, "taken", "taken"});
}

TEST_CASE("keys are fetched again at an interval, though no token asks", "[jwt]")
{
    provider p{{.fetch = nullptr, .interval = 1ms, .least_interval = 1ms}};
    for (std::size_t round = 1; round != 5; ++round) {
        CHECK(p.run_until([&] { return p.asked.size() == round; }));
        p.answer(set_of("k" + std::to_string(round)));
        p.check(p256_key, "k" + std::to_string(round));
        CHECK(p.verdicts.back() == "taken");
    }
}

TEST_CASE("a source that is stopped refuses who waits, lets its context end, and leaves the keys", "[jwt]")
{
    provider p;
    p.run();
    p.answer(set_of("a"));
    p.source->refresh();
    p.run();
    provider waiting;
    waiting.check(p256_key, "a");
    waiting.source->stop();
    CHECK(waiting.verdicts == std::vector<std::string>{unavailable});
    waiting.answer(set_of("a")); // too late
    CHECK(waiting.keys.size() == 0);

    p.source.reset();
    p.context.restart();
    CHECK(p.context.run_for(patience) < 100);
    CHECK(p.context.stopped());
    p.asked.back()({}, set_of("b"));
    p.check(p256_key, "a");
    CHECK(p.verdicts.back() == "taken");
    CHECK(p.told.size() == 1);
}

TEST_CASE("a source may be destroyed by what it tells, and its answers may outlive its context", "[jwt]")
{
    std::vector<jwt_keys_fetched> asked;
    {
        asio::io_context context{1};
        std::optional<jwt_keys_source> source;
        int told = 0;
        source.emplace(
            context.get_executor(), jwt_keys{},
            jwt_keys_source_options{.fetch = [&](jwt_keys_fetched done) { asked.push_back(std::move(done)); },
                                    .on_refresh =
                                        [&](std::exception_ptr) {
                                            ++told;
                                            source.reset();
                                        }});
        context.poll();
        asked.back()({}, set_of("a"));
        context.restart();
        context.run_for(patience);
        CHECK(told == 1);
        source.emplace(
            context.get_executor(), jwt_keys{},
            jwt_keys_source_options{.fetch = [&](jwt_keys_fetched done) { asked.push_back(std::move(done)); },
                                    .on_refresh = [&](std::exception_ptr) { ++told; }});
        context.restart();
        context.poll();
    }
    REQUIRE(asked.size() == 2);
    asked.back()({}, set_of("a"));
}

TEST_CASE("answers come from any thread, while tokens are checked in others", "[jwt]")
{
    asio::io_context context;
    const auto work = asio::make_work_guard(context);
    std::vector<std::thread> fetching, checking, running;
    std::mutex mutex;
    std::atomic<int> round{0}, taken{0}, answered{0};
    jwt_keys keys;
    {
        jwt_keys_source source{context.get_executor(),
                               keys,
                               {.fetch =
                                    [&](jwt_keys_fetched done) {
                                        const std::lock_guard lock{mutex};
                                        fetching.emplace_back(
                                            [&, done] { done({}, set_of("k" + std::to_string(++round % 3))); });
                                    },
                                .on_refresh = [](std::exception_ptr) {},
                                .interval = 1ms,
                                .least_interval = 1ms,
                                .retry = 1ms}};
        for (int i = 0; i != 2; ++i)
            running.emplace_back([&] { context.run(); });
        std::vector<std::string> texts;
        for (int i = 0; i != 3; ++i)
            texts.push_back(signed_token(p256_key, "ES256",
                                         R"({"alg":"ES256","kid":"k)" + std::to_string(i) + "\"}",
                                         R"({"exp":4000000000})"));
        for (int i = 0; i != 2; ++i)
            checking.emplace_back([&] {
                const jwt_verifier verifier{keys};
                for (int n = 0; n != 300; ++n)
                    verifier.async_verify(texts[static_cast<std::size_t>(n % 3)],
                                          [&](boost::system::result<jwt_claims> checked) {
                                              taken += checked ? 1 : 0;
                                              ++answered;
                                          });
            });
        for (auto& thread : checking)
            thread.join();
        CHECK(eventually([&] { return answered == 600; }));
    }
    CHECK(answered == 600);
    CHECK(taken > 0);
    context.stop();
    for (auto& thread : running)
        thread.join();
    for (auto& thread : fetching)
        thread.join();
}

TEST_CASE("a source's options are checked", "[jwt]")
{
    asio::io_context context{1};
    const auto make = [&](auto change) {
        jwt_keys_source_options options{.fetch = [](jwt_keys_fetched) {}, .on_refresh = [](std::exception_ptr) {}};
        change(options);
        const jwt_keys_source made{context.get_executor(), jwt_keys{}, std::move(options)};
    };
    using failure = boost::system::system_error;
    CHECK_NOTHROW(make([](auto&) {}));
    CHECK_THROWS_AS(make([](auto& o) { o.fetch = nullptr; }), failure);
    CHECK_THROWS_AS(make([](auto& o) { o.on_refresh = nullptr; }), failure);
    CHECK_THROWS_AS(make([](auto& o) { o.timeout = 0ms; }), failure);
    CHECK_THROWS_AS(make([](auto& o) { o.timeout = 61s; }), failure);
    CHECK_THROWS_AS(make([](auto& o) { o.retry = -1ms; }), failure);
    CHECK_THROWS_AS(make([](auto& o) { o.least_interval = 25h; }), failure);
    CHECK_THROWS_AS(make([](auto& o) { o.interval = 59s; }), failure);
    CHECK_THROWS_AS(make([](auto& o) { o.max_waiting = 0; }), failure);
}

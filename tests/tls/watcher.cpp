// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Certificates that another program renews.
#include "tls/tls_world.hpp"

#include <fanfare/tls_watcher.hpp>

#include <atomic>
#include <fstream>
#include <mutex>

using namespace fanfare;
using namespace fanfare::test;

namespace {

// What a watcher has told.
class reload_log {
public:
    std::function<void(std::exception_ptr)> writer()
    {
        return [this](std::exception_ptr failed) {
            const std::lock_guard lock{mutex_};
            last_ = failed ? failure_of([&] { std::rethrow_exception(failed); }) : "good";
            ++count_;
        };
    }
    std::string last() const
    {
        const std::lock_guard lock{mutex_};
        return last_;
    }
    int count() const
    {
        const std::lock_guard lock{mutex_};
        return count_;
    }

private:
    mutable std::mutex mutex_;
    std::string last_;
    int count_ = 0;
};

void write_over(const std::string& file, const std::string& text)
{
    std::ofstream{file} << text;
}

} // namespace

TEST_CASE("a certificate that another program has renewed is used by the next handshake")
{
    tls_world t;
    t.serve();
    reload_log log;
    const tls_watcher watcher{t.w.context().get_executor(), t.tls, {.interval = 5ms, .on_reload = log.writer()}};
    wss_client before{t.w.port()};
    before.subscribe({"chat:1"});
    t.authority.issue("server", "localhost", {"renewed.example"});
    CHECK(eventually([&] { return log.last() == "good" && !t.tls.files_changed(); }));
    CHECK(wss_client{t.w.port()}.server_names() == "renewed.example");
    t.w.hub().publish("chat:1", "n", 1);
    CHECK(before.next("n") == 1);
}

TEST_CASE("a file that cannot be used is told until it is mended, and the certificate before is used until then")
{
    tls_world t;
    t.serve();
    reload_log log;
    const tls_watcher watcher{t.w.context().get_executor(), t.tls, {.interval = 5ms, .on_reload = log.writer()}};
    write_over(t.files.chain, "half of a certi");
    CHECK(eventually([&] { return log.last().find(t.files.chain) != std::string::npos; }));
    CHECK(wss_client{t.w.port()}.server_names() == "localhost");
    const auto told = log.count();
    CHECK(eventually([&] { return log.count() > told; })); // it is tried again, though the file is as it was

    t.authority.issue("server", "localhost", {"mended.example"});
    CHECK(eventually([&] { return log.last() == "good" && !t.tls.files_changed(); }));
    CHECK(wss_client{t.w.port()}.server_names() == "mended.example");
    std::filesystem::remove(t.files.key);
    CHECK(eventually([&] { return log.last().find(t.files.key) != std::string::npos; }));
    CHECK(wss_client{t.w.port()}.server_names() == "mended.example");
}

TEST_CASE("where no file has changed a watcher says nothing")
{
    tls_world t;
    asio::io_context context{1};
    reload_log log;
    const tls_watcher watcher{context.get_executor(), t.tls, {.interval = 1ms, .on_reload = log.writer()}};
    for (int looks = 0; looks != 10; ++looks)
        context.run_one();
    CHECK(log.count() == 0);
}

TEST_CASE("a watcher that has been destroyed tells nothing more")
{
    tls_world t;
    write_over(t.files.key, "of no use");
    asio::io_context context{1};

    SECTION("in another thread, while it tells all the time")
    {
        std::atomic<int> calls{0};
        std::atomic<bool> destroyed{false};
        std::atomic<bool> late{false};
        std::optional<tls_watcher> watcher;
        watcher.emplace(context.get_executor(), t.tls,
                        tls_watch_options{.interval = 1ms, .on_reload = [&](std::exception_ptr) {
                                              ++calls;
                                              std::this_thread::yield();
                                              late = late || destroyed;
                                          }});
        std::thread running{[&] { context.run(); }};
        CHECK(eventually([&] { return calls > 3; }));
        watcher.reset();
        destroyed = true;
        running.join(); // nothing is left to run
        CHECK_FALSE(late);
    }
    SECTION("by itself, when it tells")
    {
        int calls = 0;
        std::optional<tls_watcher> watcher;
        watcher.emplace(context.get_executor(), t.tls,
                        tls_watch_options{.interval = 1ms, .on_reload = [&](std::exception_ptr failed) {
                                              CHECK(failed);
                                              ++calls;
                                              watcher.reset();
                                          }});
        context.run();
        CHECK(calls == 1);
    }
}

TEST_CASE("what on_reload throws leaves the executor, and the watcher goes on")
{
    tls_world t;
    write_over(t.files.key, "of no use");
    asio::io_context context{1};
    int calls = 0;
    const tls_watcher watcher{
        context.get_executor(), t.tls, {.interval = 1ms, .on_reload = [&](std::exception_ptr) { throw ++calls; }}};
    CHECK_THROWS_AS(context.run(), int);
    CHECK_THROWS_AS(context.run(), int);
    CHECK(calls == 2);
}

TEST_CASE("a watcher needs an interval, files, and somebody to tell")
{
    tls_world t;
    asio::io_context context{1};
    const auto make = [&](tls_watch_options options) {
        const tls_watcher made{context.get_executor(), t.tls, std::move(options)};
    };
    CHECK_THROWS_AS(make({.interval = 0ms, .on_reload = [](std::exception_ptr) {}}), std::invalid_argument);
    CHECK_THROWS_AS(make({}), std::invalid_argument);
    CHECK_NOTHROW(make({.on_reload = [](std::exception_ptr) {}}));
    asio::ssl::context of_its_own{asio::ssl::context::tls_server};
    t.tls = tls_context{of_its_own.native_handle()};
    CHECK_THROWS_AS(make({.on_reload = [](std::exception_ptr) {}}), std::invalid_argument);
}

TEST_CASE("a watcher that is stopped lets its context end")
{
    tls_world t;
    asio::io_context context{1};
    tls_watcher watcher{context.get_executor(), t.tls, {.on_reload = [](std::exception_ptr) {}}};
    asio::post(context, [&] { watcher.stop(); });
    CHECK(context.run_for(patience) != 0);
    CHECK(context.stopped());
}

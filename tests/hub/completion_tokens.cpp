// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "support/world.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <cstddef>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

using namespace fanfare;
using namespace fanfare::test;

namespace {

struct running_world {
    running_world()
    {
        w.hub().configure("chat:", {.presence = true, .history = 10});
        w.run();
    }
    fanfare::hub<>& hub() { return w.hub(); }
    world w;
};

// What each operation answers without any connection.
// Aggregates are made before the call: GCC 12 destroys one that is a braced argument within co_await twice.
asio::awaitable<void> try_each(fanfare::hub<>& hub)
{
    const notification note{.title = "t", .message = "m"};
    const auto sent = co_await hub.async_publish("chat:1", "n", json::value(1), asio::use_awaitable);
    CHECK(sent.position.offset == 1);
    const auto again = co_await hub.room("chat:1").async_publish("n", json::value(2), asio::use_awaitable);
    CHECK(again.position.offset == 2);
    CHECK(co_await hub.async_broadcast("n", json::value(1), asio::use_awaitable));
    CHECK(co_await hub.async_send_to_user("ann", "n", json::value(1), asio::use_awaitable));
    CHECK(co_await hub.async_notify("ann", note, asio::use_awaitable));
    CHECK(co_await hub.async_subscribe_user("ann", "chat:1", asio::use_awaitable) == 0);
    CHECK(co_await hub.async_unsubscribe_user("ann", "chat:1", asio::use_awaitable) == 0);
    CHECK(co_await hub.async_disconnect_user("ann", close_code::disconnected, "", asio::use_awaitable) == 0);
    const auto who = co_await hub.async_presence("chat:1", asio::use_awaitable);
    CHECK(who.client_count == 0);
    const history_request recent;
    const auto part = co_await hub.async_history("chat:1", recent, asio::use_awaitable);
    CHECK(part.messages.size() == 2);
    const auto all = co_await hub.async_cluster_stats(5s, asio::use_awaitable);
    CHECK(all.nodes.size() == 1);
}

// The same with errors as values.
asio::awaitable<void> try_errors(fanfare::hub<>& hub)
{
    constexpr auto token = asio::as_tuple(asio::use_awaitable);
    const notification note{.title = "t", .message = "m"};
    const inbox_mark mark{.ids = {"x"}};
    const inbox_query first_page;
    const history_request recent;
    const auto [ec, fate] = co_await hub.async_publish("nowhere:1", "n", json::value(1), token);
    CHECK(ec == error::unknown_room);
    CHECK(fate.error == error::unknown_room);
    const auto [user_ec, user_fate] = co_await hub.async_send_to_user("", "n", json::value(1), token);
    CHECK(user_ec == error::invalid_user);
    const auto [list_ec, page] = co_await hub.async_inbox("ann", first_page, token);
    CHECK(list_ec == error::no_inbox);
    const auto [mark_ec, marked] = co_await hub.async_inbox_mark("ann", mark, token);
    CHECK(mark_ec == error::no_inbox);
    const auto [count_ec, counts] = co_await hub.async_inbox_counts("ann", token);
    CHECK(count_ec == error::no_inbox);
    const auto [ack_ec, ack] = co_await hub.async_notify_acked("ann", note, 1ms, token);
    CHECK(ack_ec == error::timed_out);
    const auto [sent_ec, sent] = co_await hub.async_send_to_user_acked("ann", "n", json::value(1), 1ms, token);
    CHECK(sent_ec == error::invalid_message);
    const auto [history_ec, part] = co_await hub.async_history("global", recent, token);
    CHECK(history_ec == error::no_history);
    const auto [presence_ec, who] = co_await hub.async_presence("global", 10, token);
    CHECK(presence_ec == error::forbidden);
}

} // namespace

TEST_CASE("every operation can be awaited in a coroutine", "[tokens]")
{
    running_world r;
    asio::co_spawn(r.w.context(), try_each(r.hub()), asio::use_future).get();
    asio::co_spawn(r.w.context(), try_errors(r.hub()), asio::use_future).get();
}

TEST_CASE("a future gets the result, or the error as an exception", "[tokens]")
{
    running_world r;
    CHECK(r.hub().async_publish("chat:1", "n", json::value(1), asio::use_future).get().position.offset == 1);
    CHECK_THROWS_AS(r.hub().async_publish("nowhere:1", "n", json::value(1), asio::use_future).get(),
                    boost::system::system_error);
    r.hub().async_shutdown({}, asio::use_future).get();
    CHECK(r.hub().publish("chat:1", "n", json::value(1)).error == error::shutting_down);
}

TEST_CASE("a deferred operation starts when it is called, with arguments of its own", "[tokens]")
{
    running_world r;
    auto operation = [&] {
        const std::string room = "chat:" + std::string(60, 'x');
        const std::string key = "key " + std::string(60, 'y');
        return r.hub().async_publish(room, "n", json::value("z"), {.idempotency_key = key}, asio::deferred);
    }();
    CHECK(r.hub().stats().published == 0);
    std::promise<receipt> answer;
    std::move(operation)([&](error_code ec, const receipt& fate) {
        CHECK_FALSE(ec);
        answer.set_value(fate);
    });
    CHECK(answer.get_future().get().position.offset == 1);
    CHECK(r.hub().stats().published == 1);
}

TEST_CASE("a callback may be movable only, and runs on its own executor, never within the call", "[tokens]")
{
    running_world r;
    asio::thread_pool pool{1};
    std::promise<bool> answer;
    std::mutex within_call;
    {
        const std::lock_guard lock{within_call};
        r.hub().async_subscribe_user(
            "ann", "chat:1",
            asio::bind_executor(pool.get_executor(),
                                [&, held = std::make_unique<int>(1)](error_code ec, std::size_t connections) {
                                    const std::lock_guard after{within_call};
                                    CHECK_FALSE(ec);
                                    CHECK(connections == 0);
                                    CHECK(*held == 1);
                                    answer.set_value(pool.get_executor().running_in_this_thread());
                                }));
    }
    CHECK(answer.get_future().get());
    pool.join();
}

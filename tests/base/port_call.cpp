// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Buses and stores of applications that throw, or forget who waits: there is one answer in any case.
#include "support/catch.hpp"

#include <fanfare/bus.hpp>
#include <fanfare/detail/base/completion.hpp>
#include <fanfare/detail/base/port_call.hpp>
#include <fanfare/error.hpp>
#include <fanfare/inbox.hpp>
#include <fanfare/presence.hpp>
#include <fanfare/store.hpp>

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

using namespace fanfare;

namespace {

// What a port does with who waits.
enum class manners { forgets, throws, answers_then_throws, answers_twice, keeps };

struct behaviour {
    manners how = manners::forgets;
    std::vector<std::function<void()>> kept{};

    template <class Handler, class... Arguments>
    void treat(Handler handler, const Arguments&... arguments)
    {
        if (how == manners::keeps)
            kept.push_back([=] { handler(arguments...); });
        if (how == manners::answers_then_throws || how == manners::answers_twice)
            handler(arguments...);
        if (how == manners::answers_twice)
            handler(arguments...);
        if (how == manners::throws || how == manners::answers_then_throws)
            throw std::runtime_error{"a port"};
    }
};

struct bad_port {
    std::shared_ptr<behaviour> is = std::make_shared<behaviour>();

    // A bus.
    void attach(bus_sink&) {}
    void detach(bus_sink&) {}
    bool join(bus_sink&, std::string_view) { return true; }
    void leave(bus_sink&, std::string_view) {}
    bus_receipt publish(const bus_message& message, const bus_done& done)
    {
        if (message.body == "refused")
            return {.error = error::queue_full};
        is->treat([done](const bus_receipt& r) { done ? done(r) : void(); }, bus_receipt{.nodes = 2});
        return {};
    }
    // A store.
    void async_append(const history_append&, append_done done) { is->treat(std::move(done), append_answer{}); }
    void async_read(std::string_view, const history_query&, history_done done)
    {
        is->treat(std::move(done), error_code{}, history_page{});
    }
    // An inbox.
    void async_add(const inbox_add&, inbox_was_added done)
    {
        is->treat(std::move(done), error_code{}, inbox_added{});
    }
    void async_list(std::string_view, const inbox_query&, inbox_was_listed done)
    {
        is->treat(std::move(done), error_code{}, inbox_page{});
    }
    void async_mark(std::string_view, const inbox_mark&, inbox_was_marked done)
    {
        is->treat(std::move(done), error_code{}, inbox_marked{});
    }
    void async_counts(std::string_view, inbox_was_counted done)
    {
        is->treat(std::move(done), error_code{}, inbox_counts{});
    }
};

struct bad_presence {
    std::shared_ptr<behaviour> is = std::make_shared<behaviour>();

    void async_enter(std::string_view, const presence_client&, presence_changed done)
    {
        is->treat(std::move(done), error_code{}, presence_change{});
    }
    void async_leave(std::string_view, std::string_view, presence_changed done)
    {
        is->treat(std::move(done), error_code{}, presence_change{});
    }
    void async_refresh(const std::vector<presence_entries>&, presence_refreshed done)
    {
        is->treat(std::move(done), error_code{}, presence_refresh{});
    }
    void async_read(std::string_view, std::size_t, presence_was_read done)
    {
        is->treat(std::move(done), error_code{}, presence_list{});
    }
    std::chrono::milliseconds lifetime() const { return {}; }
};

using errors = std::vector<error_code>;

// Asks every operation of every port once; `told` gets each answer.
struct all_ports {
    bad_port port;
    bad_presence present;
    any_bus bus{port};
    any_store store{port};
    any_inbox inbox{port};
    any_presence presence{present};
    int exceptions = 0;
    errors published, writes, reads, presences;

    explicit all_ports(manners how)
    {
        port.is->how = present.is->how = how;
        const auto count = [this](const std::exception_ptr&) { ++exceptions; };
        bus.on_exception(count);
        store.on_exception(count);
        inbox.on_exception(count);
        presence.on_exception(count);
    }
    static auto into(errors& all)
    {
        return [&all](error_code ec, const auto&) { all.push_back(ec); };
    }
    void ask()
    {
        if (const auto taken = bus.publish({}, [this](const bus_receipt& r) { published.push_back(r.error); });
            taken.error)
            published.push_back(taken.error);
        store.async_append({}, [this](const append_answer& a) { writes.push_back(a.error); });
        inbox.async_add({}, into(writes));
        inbox.async_mark("alice", {}, into(writes));
        store.async_read("r", {}, into(reads));
        inbox.async_list("alice", {}, into(reads));
        inbox.async_counts("alice", into(reads));
        presence.async_enter("r", {}, into(presences));
        presence.async_leave("r", "c", into(presences));
        presence.async_refresh({}, into(presences));
        presence.async_read("r", 1, into(presences));
    }
};

errors times(std::size_t n, error_code ec)
{
    return errors(n, ec);
}

} // namespace

TEST_CASE("a port that forgets who waits is answered for: of what it may have done nobody knows", "[ports]")
{
    all_ports p{manners::forgets};
    p.ask();
    CHECK(p.published == times(1, error::delivery_unknown));
    CHECK(p.writes == times(3, error::delivery_unknown));
    CHECK(p.reads == times(3, error::store_failed));
    CHECK(p.presences == times(4, error::store_failed));
    CHECK(p.exceptions == 0);
}

TEST_CASE("what a port throws is told, and an answer", "[ports]")
{
    all_ports p{manners::throws};
    p.ask();
    CHECK(p.published == times(1, error::delivery_unknown));
    CHECK(p.writes == times(3, error::store_failed));
    CHECK(p.reads == times(3, error::store_failed));
    CHECK(p.presences == times(4, error::store_failed));
    CHECK(p.exceptions == 11);
    CHECK(p.bus.publish({}, {}).error == error::delivery_unknown); // nobody waits
    CHECK(p.exceptions == 12);
}

TEST_CASE("of several answers of a port the first one counts, and an exception is told all the same", "[ports]")
{
    for (const auto how : {manners::answers_twice, manners::answers_then_throws}) {
        all_ports p{how};
        p.ask();
        const bool throws = how == manners::answers_then_throws;
        CHECK(p.published == times(1, {})); // and it is not refused any more
        CHECK(p.writes == times(3, {}));
        CHECK(p.reads == times(3, {}));
        CHECK(p.presences == times(4, {}));
        CHECK(p.exceptions == (throws ? 11 : 0));
    }
}

TEST_CASE("a port may answer later, and forget at the end of its life", "[ports]")
{
    all_ports p{manners::keeps};
    p.ask();
    CHECK((p.published.empty() && p.writes.empty() && p.reads.empty() && p.presences.empty()));
    p.port.is->kept.front()(); // the publish
    CHECK(p.published == times(1, {}));
    p.port.is->kept.clear();
    p.present.is->kept.clear();
    CHECK(p.published.size() == 1);
    CHECK(p.writes == times(3, error::delivery_unknown));
    CHECK(p.reads == times(3, error::store_failed));
    CHECK(p.presences == times(4, error::store_failed));
}

TEST_CASE("a publish that a bus refuses is not told twice", "[ports]")
{
    all_ports p{manners::forgets};
    int told = 0;
    CHECK(p.bus.publish({.body = "refused"}, [&](const bus_receipt&) { ++told; }).error == error::queue_full);
    CHECK(told == 0);
}

TEST_CASE("what the application's handler throws leaves its executor, whatever the port did with who waits",
          "[ports]")
{
    for (const auto how : {manners::forgets, manners::throws, manners::answers_twice}) {
        all_ports p{how};
        asio::io_context ioc;
        const auto fails = [](error_code, const history_page&) { throw std::runtime_error{"an application"}; };
        p.store.async_read("r", {}, detail::completion<error_code, history_page>(ioc.get_executor(), fails));
        CHECK_THROWS_WITH(ioc.run(), "an application");
        CHECK(ioc.run() == 0);
    }
}

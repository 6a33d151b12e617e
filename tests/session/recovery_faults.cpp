// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// What a client that returns is told, and gets, while the history begins anew or cannot be read: nothing twice, and no
// `gap` where nothing was lost.
#include "support/catch.hpp"

#include <fanfare/hub.hpp>
#include <fanfare/local_connection.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace fanfare;
using words = std::vector<std::string>;

namespace {

// A bus that carries what the test says.
class told_bus {
public:
    void attach(bus_sink& sink) { *sink_ = &sink; }
    void detach(bus_sink&) { *sink_ = nullptr; }
    bus_receipt publish(const bus_message&, const bus_done&) { return {}; }
    bool join(bus_sink&, std::string_view) { return true; }
    void leave(bus_sink&, std::string_view) {}
    void arrive(const position& at)
    {
        const auto body = R"({"type":"n","room":"chat:1","payload":null,"offset":)" + std::to_string(at.offset) +
                          R"(,"epoch":")" + detail::epoch_text(at.epoch) + "\"}";
        (*sink_)->deliver({.channel = "chat:1", .body = body, .at = at});
    }

private:
    std::shared_ptr<bus_sink*> sink_ = std::make_shared<bus_sink*>(nullptr);
};
static_assert(bus<told_bus>);

// A store that has, and answers, what the test says, when the test says so.
class told_store {
public:
    void async_append(const history_append&, const append_done& done) { done({.error = error::store_failed}); }
    void async_read(std::string_view, const history_query& query, history_done done)
    {
        reads_->emplace_back(query, std::move(done));
    }
    bool asked() const { return !reads_->empty(); }
    void answer(const position& top)
    {
        auto [query, done] = take();
        history_page page{.top = top, .oldest = 1};
        for (auto i = query.from + 1; i <= top.offset && page.messages.size() < query.limit; ++i)
            page.messages.push_back({.offset = i, .body = R"({"type":"n","room":"chat:1","payload":null})"});
        done({}, std::move(page));
    }
    void fail() { take().second(error::store_failed, {}); }

private:
    std::pair<history_query, history_done> take()
    {
        REQUIRE(asked());
        auto first = std::move(reads_->front());
        reads_->pop_front();
        return first;
    }
    std::shared_ptr<std::deque<std::pair<history_query, history_done>>> reads_ =
        std::make_shared<std::deque<std::pair<history_query, history_done>>>();
};
static_assert(store<told_store>);

std::string place(const json::value& at)
{
    const std::string epoch{at.at("epoch").as_string()};
    return epoch.substr(epoch.find_first_not_of('0')) + '/' + std::to_string(at.at("offset").to_number<int>());
}

// A hub that runs when the test says so.
struct quiet_hub {
    quiet_hub() { hub.configure("chat:", {.history = 100}); }

    asio::io_context context{1};
    told_bus bus;
    told_store store;
    fanfare::hub<told_bus, told_store> hub{context.get_executor(), bus, store};

    void run()
    {
        context.restart();
        context.poll();
    }
    void arrive(const position& at)
    {
        bus.arrive(at);
        run();
    }
    void answer(const position& top)
    {
        store.answer(top);
        run();
    }
    void fail()
    {
        store.fail();
        run();
    }
};

// A client in chat:1, and what it was told, in short words.
struct receiver {
    receiver(quiet_hub& at, const json::value& since)
        : world{at}, link{at.hub.connect({.user_id = "alice"},
                                         {.on_message = [this](std::string_view text) { take(text); }})}
    {
        json::value ask{{"type", "subscribe"}, {"payload", {{"rooms", {"chat:1"}}}}};
        if (!since.is_null())
            ask.at("payload").as_object()["since"] = {{"chat:1", since}};
        world.run();
        REQUIRE_FALSE(link.send(json::serialize(ask)));
        world.run();
    }
    explicit receiver(quiet_hub& at) : receiver{at, json::value()} {}
    // Names its position once more.
    void ask_again(const position& since)
    {
        REQUIRE_FALSE(
            link.send(R"({"type":"subscribe","payload":{"rooms":["chat:1"],"since":{"chat:1":{"epoch":")" +
                      detail::epoch_text(since.epoch) + R"(","offset":)" + std::to_string(since.offset) + "}}}}"));
        world.run();
    }
    receiver(quiet_hub& at, const position& since)
        : receiver{at, {{"epoch", detail::epoch_text(since.epoch)}, {"offset", since.offset}}}
    {}

    void take(std::string_view text)
    {
        const auto m = json::parse({text.data(), text.size()});
        const std::string type{m.at("type").as_string()};
        if (type == "connected")
            return;
        if (type == "n")
            return told.push_back(place(m));
        if (type == "unsubscribed")
            return told.push_back("left");
        const auto& payload = m.at("payload").as_object();
        if (type == "gap")
            return told.push_back("gap" + (payload.contains("epoch") ? ' ' + place(payload) : ""));
        const auto& all = payload.at("positions").as_object();
        const auto& recovered = payload.at("recovered").as_object();
        told.push_back((recovered.empty()                                  ? "joined"
                        : recovered.at("chat:1").at("recovered").as_bool() ? "recovered"
                                                                           : "not recovered") +
                       (all.empty() ? std::string{} : ' ' + place(all.at("chat:1"))));
    }
    words news() { return std::exchange(told, {}); }

    quiet_hub& world;
    words told;
    local_connection link;
};

} // namespace

TEST_CASE("a client that is told its place in the newest history hears nothing of those before")
{
    quiet_hub w;
    receiver member{w};
    w.answer({1, 3});
    CHECK(member.news() == words{"joined 1/3"});
    w.arrive({2, 1}); // the store has lost everything
    receiver back{w, position{1, 2}};
    w.answer({2, 1});
    CHECK(member.news() == words{"gap 2/0", "2/1"});
    w.answer({3, 0}); // and once more, before it is asked for the one who returns
    CHECK(back.news() == words{"not recovered 3/0"});
    w.answer({3, 0}); // whether 2 or 3 is over, only the store knows
    CHECK(back.news().empty());
    w.arrive({2, 2}); // a late one
    CHECK(back.news().empty());
    CHECK(member.news() == words{"2/2"});
    w.arrive({3, 1});
    w.answer({3, 1});
    CHECK(member.news() == words{"gap 3/0", "3/1"});
    CHECK(back.news() == words{"3/1"});
    CHECK_FALSE(w.store.asked());
}

TEST_CASE("what a client has had does not come again when it returns while the store fails")
{
    quiet_hub w;
    receiver back{w, position{1, 4}};
    w.fail();
    w.fail();
    CHECK(back.news() == words{"not recovered 1/4"});
    w.fail(); // it is tried again: only the history knows what is new
    CHECK(back.news() == words{"gap"});
    w.arrive({1, 4}); // the bus repeats it
    w.arrive({1, 5});
    w.arrive({1, 6});
    CHECK(back.news() == words{"1/5", "1/6"});
}

TEST_CASE("a client that returns to a hub that is behind, while the store fails, gets nothing twice")
{
    quiet_hub w;
    receiver member{w};
    w.answer({1, 3});
    CHECK(member.news() == words{"joined 1/3"});
    receiver back{w, position{2, 5}}; // another hub has seen the new history
    w.fail();
    CHECK(back.news() == words{"not recovered 2/5"});
    w.fail();
    CHECK(back.news() == words{"gap"});
    w.arrive({1, 4}); // of an epoch that it may have left
    w.fail();
    CHECK(back.news().empty());
    w.arrive({2, 3});
    w.answer({2, 6});
    CHECK(member.news() == words{"1/4", "gap 2/0"});
    w.answer({2, 6}); // from the beginning
    CHECK(member.news() == words{"2/1", "2/2", "2/3", "2/4", "2/5", "2/6"});
    CHECK(back.news() == words{"2/6"}); // from here on it is whole
    w.arrive({2, 6});
    w.arrive({2, 7});
    CHECK_FALSE(w.store.asked());
    CHECK(member.news() == words{"2/7"});
    CHECK(back.news() == words{"2/7"});
}

TEST_CASE("a client that asks again after a read has failed gets all that it lacks")
{
    quiet_hub w;
    receiver member{w};
    w.answer({1, 3});
    SECTION("of another epoch")
    {
        receiver back{w, position{2, 5}};
        w.fail();
        w.fail();
        CHECK(back.news() == words{"not recovered 2/5", "gap"});
        for (std::uint64_t i = 4; i != 10; ++i) { // which are not for it
            w.arrive({1, i});
            if (w.store.asked())
                w.fail();
        }
        back.ask_again({2, 5});
        w.answer({2, 9});
        CHECK(back.news() == words{"recovered 2/9", "2/6", "2/7", "2/8", "2/9"});
    }
    SECTION("of the same one")
    {
        receiver back{w, position{1, 2}};
        w.answer({1, 3});
        w.arrive({1, 4});
        CHECK(back.news() == words{"recovered 1/3", "1/3", "1/4"});
        back.ask_again({2, 1}); // made up: it is where the client says, and the stream is not
        w.fail();
        w.arrive({1, 5});
        w.fail();
        w.fail(); // the message of another epoch asked for it
        CHECK(back.news() == words{"not recovered 2/1", "gap"});
        back.ask_again({1, 4});
        w.answer({1, 5});
        CHECK(back.news() == words{"recovered 1/5", "1/5"});
        w.arrive({1, 6});
        CHECK(back.news() == words{"1/6"});
    }
}

TEST_CASE("a room's position that could not be read at first is known to those who come later")
{
    quiet_hub w;
    receiver first{w};
    w.fail();
    CHECK(first.news() == words{"joined"});
    receiver second{w};
    w.answer({1, 3});
    CHECK(second.news() == words{"joined 1/3"});
    receiver third{w, position{1, 3}};
    CHECK(third.news() == words{"recovered 1/3"});
    w.arrive({1, 4});
    CHECK(first.news() == words{"gap 1/3", "1/4"}); // what was on its way when it joined it may not get
    CHECK(second.news() == words{"1/4"});
    CHECK(third.news() == words{"1/4"});
}

TEST_CASE("while the store fails members are told of another history and wait for it, from its beginning")
{
    quiet_hub w;
    receiver member{w};
    w.answer({1, 3});
    w.arrive({2, 1});
    w.fail(); // only the store knows which one is over
    CHECK(member.news() == words{"joined 1/3", "gap"});
    w.arrive({2, 2});
    w.answer({2, 2});
    CHECK(member.news() == words{"gap 2/0"});
    w.answer({2, 2}); // after that place
    CHECK(member.news() == words{"2/1", "2/2"});
    w.arrive({1, 7}); // late
    w.arrive({1, 2});
    CHECK_FALSE(w.store.asked());
    w.arrive({2, 3});
    CHECK(member.news() == words{"2/3"});
}

TEST_CASE("late messages of a history that is gone do not take members back to it while the store fails")
{
    quiet_hub w;
    receiver member{w};
    w.answer({2, 3});
    w.arrive({1, 7}); // nobody can tell that it is of the one before
    w.fail();
    CHECK(member.news() == words{"joined 2/3", "gap"});
    w.arrive({2, 2}); // the bus repeats it
    w.answer({2, 4});
    CHECK(member.news() == words{"2/4"});
    w.arrive({2, 3});
    w.arrive({2, 4});
    w.answer({2, 4});
    CHECK(member.news().empty());
    w.arrive({1, 8});
    w.answer({2, 4});
    w.arrive({1, 9});
    CHECK_FALSE(w.store.asked());
    CHECK(member.news().empty());
}

TEST_CASE("a client that leaves a room while it catches up does not get again what is on its way")
{
    quiet_hub w;
    receiver back{w, position{1, 0}};
    w.answer({1, 1});
    w.answer({1, 2}); // the history is ahead of the bus
    CHECK(back.news() == words{"recovered 1/2", "1/1", "1/2"});
    w.bus.arrive({1, 2});
    REQUIRE_FALSE(back.link.send(R"({"type":"unsubscribe","payload":{"rooms":["chat:1"]}})"));
    w.run();
    CHECK(back.news() == words{"left"});
}

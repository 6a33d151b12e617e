// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// A hub whose store throws or forgets who waits: everybody is answered, and the room goes on.
#include "support/catch.hpp"

#include <fanfare/bus/in_process.hpp>
#include <fanfare/hub.hpp>
#include <fanfare/local_connection.hpp>
#include <fanfare/store/memory.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>

#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace fanfare;

namespace {

enum class manners { good, throws, forgets };

class moody_store {
public:
    void async_append(history_append message, append_done done)
    {
        if (is_good())
            real_.async_append(std::move(message), std::move(done));
    }
    void async_read(std::string_view room, const history_query& query, history_done done)
    {
        if (is_good())
            real_.async_read(room, query, std::move(done));
    }
    void behave(manners how) { *how_ = how; }

private:
    bool is_good() const
    {
        if (*how_ == manners::throws)
            throw std::runtime_error{"the store"};
        return *how_ == manners::good;
    }
    memory_store real_;
    std::shared_ptr<manners> how_ = std::make_shared<manners>(manners::good);
};

struct moody_hub {
    moody_hub()
    {
        hub.configure("chat:", {.client_publish = true, .history = 100});
        hub.on_exception([this](std::exception_ptr cause) {
            try {
                std::rethrow_exception(cause);
            } catch (const std::exception& e) {
                thrown.emplace_back(e.what());
            }
        });
        client = hub.connect({.user_id = "alice"}, {.on_message = [this](std::string_view text) {
                                 told.push_back(json::parse({text.data(), text.size()}));
                             }});
        run();
    }
    void run()
    {
        context.restart();
        context.poll();
    }
    // The one message that the client is told.
    json::value ask(std::string_view text)
    {
        told.clear();
        REQUIRE_FALSE(client.send(text));
        run();
        REQUIRE(told.size() == 1);
        return told.front();
    }

    asio::io_context context{1};
    moody_store store;
    fanfare::hub<in_process_bus, moody_store> hub{context.get_executor(), in_process_bus{}, store};
    std::vector<std::string> thrown;
    std::vector<json::value> told;
    local_connection client;
};

constexpr std::string_view subscribe = R"({"type":"subscribe","payload":{"rooms":["chat:1"],"last":5}})";
constexpr std::string_view publish = R"({"type":"publish","room":"chat:1","payload":{"type":"n","payload":1}})";
constexpr std::string_view page = R"({"type":"history","room":"chat:1"})";

} // namespace

TEST_CASE("a store that throws, or destroys its handlers, fails: it does not stop a room's reads")
{
    moody_hub h;
    REQUIRE(h.hub.publish("chat:1", "n", json::value(0)));
    REQUIRE(h.hub.publish("chat:1", "n", json::value(1)));
    h.client.send(R"({"type":"subscribe","payload":{"rooms":["chat:1"]}})");
    h.run();
    const auto how = GENERATE(manners::throws, manners::forgets);
    h.store.behave(how);
    const auto failures = h.hub.stats().store_failures;
    const std::string why = how == manners::throws ? "store_failed" : "delivery_unknown";
    CHECK(h.ask(publish).at("payload").at("code").as_string() == why);
    for (int i = 0; i != 5; ++i) // more than may be under way
        CHECK(h.ask(page).at("payload").at("code").as_string() == "store_failed");
    std::size_t told = 6;
    CHECK(h.hub.stats().store_failures == failures + told);
    h.ask(R"({"type":"unsubscribe","payload":{"rooms":["chat:1"]}})");
    for (int i = 0; i != 3; ++i) { // a recovery, whose read is shared
        h.told.clear();
        REQUIRE_FALSE(h.client.send(R"({"type":"subscribe","payload":{"rooms":["chat:1"],
            "since":{"chat:1":{"epoch":"0000000000000001","offset":1}}}})"));
        h.run();
        REQUIRE(h.told.size() == 2);
        const auto& joined = h.told.front().at("payload");
        CHECK_FALSE(joined.at("recovered").at("chat:1").at("recovered").as_bool());
        CHECK(h.told.back().at("type").as_string() == "gap"); // it was read once more
        h.ask(R"({"type":"unsubscribe","payload":{"rooms":["chat:1"]}})");
    }
    CHECK(h.hub.stats().store_failures >= failures + told + 3);
    CHECK(h.thrown.empty() == (how == manners::forgets));
    if (how == manners::throws) {
        CHECK(h.thrown.front() == "the store");
        CHECK(h.thrown.size() == h.hub.stats().store_failures - failures);
    }
    CHECK(h.hub.stats().handler_failures == 0);

    h.store.behave(manners::good);
    h.told.clear();
    REQUIRE_FALSE(h.client.send(subscribe));
    h.run();
    REQUIRE(h.told.size() == 3); // `subscribed`, and both messages
    CHECK(h.told.at(0).at("type").as_string() == "subscribed");
    CHECK(h.told.at(2).at("payload") == 1);
    CHECK(h.ask(page).at("type").as_string() == "history");
}

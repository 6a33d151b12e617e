// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Revocations that cannot be stored, kept or told: what is answered, and what is in force all the same.
#include "revocation/hub_support.hpp"
#include "support/scripted_bus.hpp"

#include <fanfare/local_connection.hpp>

#include <mutex>
#include <vector>

using namespace fanfare;
using namespace fanfare::test;

namespace {

// Answers an addition only when the test says so.
class held_revocations {
public:
    void async_add(const revocation&, revocation_added handler)
    {
        const std::lock_guard lock{state_->mutex};
        state_->waiting.push_back(std::move(handler));
    }
    void async_read(std::string_view, const revocations_were_read& handler) { handler({}, {}); }
    std::size_t waiting() const
    {
        const std::lock_guard lock{state_->mutex};
        return state_->waiting.size();
    }
    void answer() const
    {
        std::vector<revocation_added> all;
        {
            const std::lock_guard lock{state_->mutex};
            all.swap(state_->waiting);
        }
        for (const auto& one : all)
            one({});
    }

private:
    struct state {
        std::mutex mutex;
        std::vector<revocation_added> waiting;
    };
    std::shared_ptr<state> state_ = std::make_shared<state>();
};

struct answer {
    error_code ec;
    revoke_result result;
};

template <class Hub>
std::future<answer> revoke(Hub& at, revocation what)
{
    const auto told = std::make_shared<std::promise<answer>>();
    at.async_revoke(std::move(what), [told](error_code ec, const revoke_result& result) {
        told->set_value({ec, result});
    });
    return told->get_future();
}

void fill(detail::revocation_list& list)
{
    for (std::size_t i = 0; i != detail::max_revocations; ++i)
        list.add({.token_id = std::to_string(i), .until = wall::now() + 1h}, wall::now());
}

// A hub of one shard with a client on a bus that the test plays.
struct scripted_hub {
    explicit scripted_hub(const any_revocation_store& store = {},
                          hub_options options = {.revocation_refresh = 0ms})
        : w{options, 1, bus}
    {
        if (store)
            w.hub().revocations(store);
        w.run();
    }
    local_connection connect(std::string user)
    {
        auto c = w.hub().connect(identity{.user_id = std::move(user), .token_id = "t"},
                                 local_handlers{.on_close = [this](close_code code, std::string_view reason) {
                                     CHECK(code == close_code::revoked);
                                     CHECK(reason == "lost");
                                     ++closed;
                                 }});
        CHECK(eventually([&] { return w.hub().stats().connections == 1; }));
        return c;
    }
    void command(const std::string& fields)
    {
        bus.command(R"({"type":"revoke",)" + fields + R"(,"reason":"lost","until_ms":)" +
                    std::to_string((later_on() + 1) * 1000) + '}');
    }
    // But for signs of life.
    std::optional<std::string> command_sent()
    {
        auto sent = bus.next_command();
        while (sent && sent->find(R"("type":"node")") != std::string::npos)
            sent = bus.next_command();
        return sent;
    }
    std::string next_command()
    {
        std::optional<std::string> next;
        CHECK(eventually([&] { return (next = command_sent()).has_value(); }));
        return next.value_or("");
    }
    std::atomic<int> closed{0};
    scripted_bus bus;
    basic_world<scripted_bus> w;
};

} // namespace

TEST_CASE("what a store without its link answers is told apart from what the bus answers")
{
    away_revocations store;
    scripted_hub s{store};
    const auto c = s.connect("ann");
    for (const auto away : {error::bus_unavailable, error::timed_out, error::store_failed}) {
        store.leave(away);
        const auto told = revoke(s.w.hub(), {.user_id = "ann", .reason = "lost"}).get();
        CHECK(told.ec == error::store_failed);
        CHECK(told.result.nodes == 0);
    }
    store.leave(error::redis_failed);
    CHECK(revoke(s.w.hub(), {.user_id = "ann"}).get().ec == error::redis_failed);
    store.leave(error::delivery_unknown);
    CHECK(revoke(s.w.hub(), {.user_id = "ann"}).get().ec == error::delivery_unknown);
    CHECK_FALSE(s.command_sent());
    CHECK(s.closed == 0);
    CHECK(s.w.hub().stats().connections == 1);
    store.come_back();
    for (const auto lost : {error::redis_failed, error::delivery_unknown, error::store_failed}) {
        auto told = revoke(s.w.hub(), {.user_id = "ann", .reason = "lost"});
        CHECK(s.next_command().find("revoke") != std::string::npos);
        s.bus.confirm_command({lost});
        const auto after = told.get();
        CHECK(after.ec == error::bus_unavailable);
        CHECK(after.result.nodes == 1);
    }
    CHECK(eventually([&] { return s.closed == 1; }));
}

TEST_CASE("what a full list has no room for closes whom it concerns, and nobody enters until it is known")
{
    away_revocations store;
    scripted_hub s{store};
    const auto by =
        GENERATE(R"("user":"ann","before_ms":99999999999999)", R"("token":"t")", R"("before_ms":99999999999999)");
    fill(s.w.hub().core()->revoked);
    const auto c = s.connect("ann");
    store.leave();
    s.command(by);
    CHECK_FALSE(s.w.hub().core()->revoked.complete()); // from now on
    CHECK(eventually([&] { return s.closed == 1; }));
    try {
        s.w.hub().connect(identity{.user_id = "ann", .token_id = "t"}, local_handlers{});
        FAIL("it was let in");
    } catch (const boost::system::system_error& e) {
        CHECK(e.code() == error::store_failed);
    }
}

TEST_CASE("a full list that asks itself closes whom it concerns, too")
{
    away_revocations store;
    scripted_hub s{store};
    fill(s.w.hub().core()->revoked);
    const auto c = s.connect("ann");
    auto told = revoke(s.w.hub(), {.user_id = "ann", .reason = "lost"});
    s.next_command();
    s.bus.confirm_command({error::redis_failed});
    const auto after = told.get();
    CHECK(after.ec == error::bus_unavailable);
    CHECK(after.result.connections == 1);
    CHECK(eventually([&] { return s.closed == 1; }));
}

TEST_CASE("a hub that has no room and no store does not answer that it has carried a revocation out")
{
    scripted_hub s;
    const std::string from = R"("from":"aaaaaaaaaaaaaaaa","ask":)";
    s.command(R"("token":"nobody's",)" + from + "1");
    CHECK(s.next_command().find(R"("number":1)") != std::string::npos);
    fill(s.w.hub().core()->revoked);
    s.command(R"("token":"other",)" + from + "2");
    s.command(R"("user":"nobody","before_ms":99999999999999,)" + from + "3");
    s.command(R"("token":"nobody's",)" + from + "4"); // that has its place
    CHECK(s.next_command().find(R"("number":4)") != std::string::npos);
}

TEST_CASE("a later read that finds more than the list has room for leaves it incomplete")
{
    away_revocations store;
    scripted_hub s{store, {.revocation_refresh = 20ms}};
    auto& core = *s.w.hub().core();
    REQUIRE(eventually([&] { return core.revoked.complete(); }));
    fill(core.revoked);
    store.async_add({.user_id = "ann", .issued_before = wall::now(), .until = wall::now() + 1h},
                    [](error_code ec) { CHECK(!ec); });
    CHECK(eventually([&] { return !core.revoked.complete(); }));
    CHECK(eventually(
        [&] { return core.revocations.status().problem == make_error_code(error::store_full).message(); }));
    CHECK_FALSE(core.revocations.status().up);
}

TEST_CASE("a revocation that is stored after the hub has ended asks the bus nothing")
{
    const held_revocations store;
    asio::io_context io{1};
    scripted_bus bus;
    hub<scripted_bus> at{io.get_executor(), bus};
    at.revocations(store);
    auto told = revoke(at, {.user_id = "ann"});
    while (store.waiting() == 0)
        io.run_one();
    at.async_shutdown({}, [](error_code) {});
    const auto begun = std::chrono::steady_clock::now();
    while (!at.core()->life.ended())
        io.run_one();
    store.answer();
    while (io.run_one() != 0) {
    }
    CHECK(std::chrono::steady_clock::now() - begun < 4s); // nobody is waited for
    REQUIRE(told.wait_for(0s) == std::future_status::ready);
    const auto after = told.get();
    CHECK(after.ec == error::bus_unavailable);
    CHECK(after.result.nodes == 1);
    while (const auto sent = bus.next_command())
        CHECK(sent->find("revoke") == std::string::npos);
}

TEST_CASE("a revocation under way does not keep its hub")
{
    const held_revocations store;
    asio::io_context io{1};
    std::weak_ptr<detail::hub_core> left;
    std::future<answer> told;
    {
        hub at{io.get_executor()};
        at.revocations(store);
        left = at.core();
        CHECK_FALSE(at.revoke({.user_id = "ann"}));
        told = revoke(at, {.user_id = "bob"});
        while (store.waiting() != 2)
            io.run_one();
    }
    while (!left.expired() && io.run_one() != 0) {
    }
    CHECK(left.expired());
    store.answer();
    io.restart();
    io.run();
    REQUIRE(told.wait_for(0s) == std::future_status::ready);
    CHECK(told.get().ec == error::bus_unavailable); // stored, and told nobody
}

TEST_CASE("who revokes is answered where a shard's context ends before its connections are closed")
{
    asio::io_context io{1};
    scripted_bus bus;
    std::optional<error_code> told;
    {
        asio::io_context other{1}; // never runs
        hub<scripted_bus> at{{io.get_executor(), other.get_executor()}, bus};
        bus.sink().changed({.up = false, .problem = "cut"});
        at.async_revoke({.issued_before = wall::now()}, [&](error_code ec, const revoke_result&) { told = ec; });
        io.poll();
        CHECK_FALSE(told);
    }
    io.restart();
    io.poll();
    REQUIRE(told);
    CHECK((*told == error::bus_unavailable || *told == error::shutting_down));
}

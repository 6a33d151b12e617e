// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// What is counted and measured of each operation of each store, however it answers.
#include "support/catch.hpp"

#include <fanfare/detail/base/histogram.hpp>
#include <fanfare/detail/base/port_metrics.hpp>
#include <fanfare/error.hpp>
#include <fanfare/inbox.hpp>
#include <fanfare/presence.hpp>
#include <fanfare/revocation_store.hpp>
#include <fanfare/store.hpp>
#include <fanfare/store/memory.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace fanfare;
using detail::port_metrics;
using detail::store_operation;

namespace {

// How a store answers.
struct manners {
    std::optional<error_code> says = error_code{}; // none: never
    int times = 1;
    bool throws = false; // then
    std::vector<std::function<void()>>* kept = nullptr;
};

// All stores in one.
class scripted_store {
public:
    explicit scripted_store(manners how) : how_{std::move(how)} {}

    void async_append(const history_append&, const append_done& done)
    {
        treat([done](error_code ec) { done({.error = ec}); });
    }
    void async_read(std::string_view, const history_query&, const history_done& done) { answer(done); }
    void async_enter(std::string_view, const presence_client&, const presence_changed& done) { answer(done); }
    void async_leave(std::string_view, std::string_view, const presence_changed& done) { answer(done); }
    void async_refresh(const std::vector<presence_entries>&, const presence_refreshed& done) { answer(done); }
    void async_read(std::string_view, std::size_t, const presence_was_read& done) { answer(done); }
    void async_add(const inbox_add&, const inbox_was_added& done) { answer(done); }
    void async_list(std::string_view, const inbox_query&, const inbox_was_listed& done) { answer(done); }
    void async_mark(std::string_view, const inbox_mark&, const inbox_was_marked& done) { answer(done); }
    void async_counts(std::string_view, const inbox_was_counted& done) { answer(done); }
    void async_add(const revocation&, const revocation_added& done) { treat(done); }
    void async_read(std::string_view, const revocations_were_read& done) { answer(done); }
    std::chrono::milliseconds lifetime() const { return {}; }

private:
    template <class Answer>
    void answer(const std::function<void(error_code, Answer)>& done)
    {
        treat([done](error_code ec) { done(ec, {}); });
    }
    void treat(const std::function<void(error_code)>& done)
    {
        if (how_.says)
            for (int i = 0; i != how_.times; ++i)
                how_.kept ? how_.kept->push_back([done, ec = *how_.says] { done(ec); }) : done(*how_.says);
        if (how_.throws)
            throw std::runtime_error{"a store"};
    }
    manners how_;
};

// Asks each operation once. None of the handlers of `any_store` and the others is kept.
void ask_all(const manners& how, const std::shared_ptr<port_metrics>& metrics)
{
    const scripted_store all{how};
    any_store history{all};
    any_presence presence{all};
    any_inbox inbox{all};
    any_revocation_store revocations{all};
    history.count_in(metrics);
    presence.count_in(metrics);
    inbox.count_in(metrics);
    revocations.count_in(metrics);
    history.async_append({.room = "r", .message = {}, .limits = {}}, [](const append_answer&) {});
    history.async_read("r", {}, [](const error_code&, const history_page&) {});
    presence.async_enter("r", {"1"}, [](const error_code&, const presence_change&) {});
    presence.async_leave("r", "1", [](const error_code&, const presence_change&) {});
    presence.async_refresh({}, [](const error_code&, const presence_refresh&) {});
    presence.async_read("r", 1, [](const error_code&, const presence_list&) {});
    inbox.async_add({}, [](const error_code&, const inbox_added&) {});
    inbox.async_list("u", {}, [](const error_code&, const inbox_page&) {});
    inbox.async_mark("u", {}, [](const error_code&, const inbox_marked&) {});
    inbox.async_counts("u", [](const error_code&, const inbox_counts&) {});
    revocations.async_add({}, [](const error_code&) {});
    revocations.async_read("", [](const error_code&, const revocation_page&) {});
}

std::uint64_t calls_of(const port_metrics::operation& one)
{
    detail::histogram_sum all;
    one.times.add_to(all);
    return std::accumulate(all.counts.begin(), all.counts.end(), std::uint64_t{0});
}

} // namespace

TEST_CASE("each operation of a store is measured once, and counts as failed if the store did", "[metrics]")
{
    std::vector<std::function<void()>> kept;
    const auto [how, failures] = GENERATE_REF(table<manners, std::uint64_t>({
        {manners{}, 0},
        {{.times = 2}, 0},
        {{.says = error::store_failed}, 1},
        {{.says = error::store_full}, 1},
        {{.says = error::bus_unavailable}, 1},
        {{.says = error::delivery_unknown}, 1},
        {{.says = error::store_failed, .times = 2}, 1},
        {{.says = error::not_found}, 0},
        {{.says = error::invalid_message}, 0},
        {{.says = error::invalid_user}, 0},
        {{.says = error::message_too_large}, 0},
        {{.throws = true}, 0}, // when it has answered
        {{.says = std::nullopt, .throws = true}, 1},
        {{.says = std::nullopt}, 1},
        {{.kept = &kept}, 0},
        {{.says = error::store_failed, .kept = &kept}, 1},
    }));
    const auto metrics = std::make_shared<port_metrics>(true);
    ask_all(how, metrics);
    for (const auto& one : metrics->all)
        CHECK(calls_of(one) == (how.kept ? 0 : 1));
    for (const auto& one : std::exchange(kept, {}))
        one();
    for (std::size_t i = 0; i != metrics->all.size(); ++i) {
        INFO(detail::store_operation_names[i].store << ' ' << detail::store_operation_names[i].operation);
        CHECK(calls_of(metrics->all[i]) == 1);
        CHECK(metrics->all[i].failures.get() == failures);
    }
}

TEST_CASE("without measuring, failures are counted alone", "[metrics]")
{
    const auto metrics = std::make_shared<port_metrics>(false);
    ask_all({.says = error::store_failed}, metrics);
    for (const auto& one : metrics->all) {
        CHECK(calls_of(one) == 0);
        CHECK(one.failures.get() == 1);
    }
}

TEST_CASE("an answer that comes after who counts it has gone is harmless", "[metrics]")
{
    std::vector<std::function<void()>> kept;
    ask_all({.kept = &kept}, std::make_shared<port_metrics>(true));
    CHECK(kept.size() == detail::store_operation_names.size());
    for (const auto& one : std::exchange(kept, {}))
        one();
}

TEST_CASE("a store that answers within the call is measured too, and a duplicate is no failure", "[metrics]")
{
    const auto metrics = std::make_shared<port_metrics>(true);
    any_store store{memory_store{}};
    store.count_in(metrics);
    bool duplicate = false;
    for (int i = 0; i != 2; ++i)
        store.async_append(
            {.room = "chat:1", .message = {.body = "{}"}, .idempotency_key = "k", .limits = {.messages = 10}},
            [&](const append_answer& answer) { duplicate = answer.duplicate; });
    CHECK(duplicate);
    auto& append = (*metrics)[store_operation::history_append];
    CHECK(calls_of(append) == 2);
    CHECK(append.failures.get() == 0);
}

TEST_CASE("a page that is none of a history is the store's failure", "[metrics]")
{
    struct nonsense {
        void async_append(const history_append&, const append_done&) {}
        void async_read(std::string_view, const history_query&, const history_done& done)
        {
            history_page page{.top = {1, 1}, .oldest = 1};
            page.messages.push_back({.offset = 1, .body = "nothing of ours"});
            done({}, std::move(page));
        }
    };
    const auto metrics = std::make_shared<port_metrics>(true);
    any_store store{nonsense{}};
    store.count_in(metrics);
    error_code said;
    store.async_read("chat:1", {.limit = 1, .limits = {}},
                     [&](const error_code& ec, const history_page&) { said = ec; });
    CHECK(said == error::store_failed);
    CHECK((*metrics)[store_operation::history_read].failures.get() == 1);
}

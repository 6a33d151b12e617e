// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Inboxes in a SQLite file: what every inbox does, restarts, and what the file itself shows.
#include "inbox/conformance.hpp"
#include "inbox/support.hpp"

#include <fanfare/inbox/sqlite.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/json/static_resource.hpp>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <optional>

using namespace fanfare;
using namespace fanfare::test;

namespace {

// A file in a folder that is gone when the test is.
class temporary_file {
public:
    temporary_file()
    {
        auto name = (std::filesystem::temp_directory_path() / "fanfare-inbox-XXXXXX").string();
        if (!::mkdtemp(name.data()))
            throw std::runtime_error{"no temporary folder"};
        folder_ = name;
    }
    ~temporary_file()
    {
        std::error_code ignored; // the system cleans up what is left
        std::filesystem::remove_all(folder_, ignored);
    }
    temporary_file(const temporary_file&) = delete;
    temporary_file& operator=(const temporary_file&) = delete;
    std::string path() const { return (folder_ / "inbox.db").string(); }

private:
    std::filesystem::path folder_;
};

// An inbox on a file, and the thread that it works in, as one process has them.
struct process {
    explicit process(const temporary_file& file, inbox_limits limits = {})
        : inbox{pool, file.path(), sqlite_options{.durability = sqlite_durability::process_end}, limits}
    {}
    ~process() { pool.join(); }
    asio::thread_pool pool{1};
    sqlite_inbox inbox;
};

} // namespace

TEST_CASE("data for an inbox in SQLite may be in memory that ends before they are stored", "[inbox]")
{
    const temporary_file file;
    process one{file};
    std::promise<void> gate;
    asio::post(one.pool, [&gate] { gate.get_future().wait(); });
    const json::value data{{"long", std::string(500, 'x')}};
    std::array<unsigned char, 8192> memory{};
    std::promise<json::value> stored;
    {
        json::static_resource resource{memory.data(), memory.size()};
        one.inbox.async_add(
            {.user_id = "alice", .data = json::value(data, &resource)},
            [&stored](error_code, const inbox_added& answer) { stored.set_value(answer.item.data); });
    }
    memory.fill(0);
    gate.set_value();
    auto answer = stored.get_future();
    REQUIRE(answer.wait_for(patience) == std::future_status::ready);
    CHECK(answer.get() == data);
}

TEST_CASE("an inbox in SQLite keeps what users were told, and counts right", "[inbox]")
{
    const temporary_file file;
    const process one{file};
    const process other{file}; // a file that two share
    check_inbox(one.inbox, other.inbox);
}

TEST_CASE("a full inbox in SQLite gives up the oldest notification that was read", "[inbox]")
{
    const temporary_file file;
    const process p{file, {.items = 10}};
    check_limit(p.inbox);
}

TEST_CASE("an inbox in SQLite is the same after a restart, cursors and keys included", "[inbox]")
{
    const temporary_file file;
    std::string id;
    std::string cursor;
    inbox_counts before;
    {
        const process p{file};
        blocking_inbox store{p.inbox};
        for (int i = 0; i != 20; ++i)
            id = store.add("alice", std::to_string(i), "key " + std::to_string(i)).item.id;
        store.mark("alice", inbox_action::read, {id});
        cursor = store.list("alice", {.limit = 5}).next_cursor;
        before = store.counts("alice");
    }
    const process p{file};
    blocking_inbox store{p.inbox};
    CHECK(store.counts("alice").unread == 19);
    CHECK(store.counts("alice").revision == before.revision);
    CHECK(store.list("alice", {.cursor = cursor}).items.at(0).title == "14");
    CHECK(store.add("alice", "again", "key 19").item.id == id);
    CHECK(store.add("alice", "new").counts.unread == 20);
    CHECK(store.list("alice", {.limit = 1}).items.at(0).title == "new");
}

TEST_CASE("users find their badge right after the server was restarted", "[inbox]")
{
    const temporary_file file;
    std::optional<process> disk{std::in_place, file};
    {
        inbox_world s{disk->inbox};
        for (int i = 0; i != 3; ++i)
            CHECK(s.notify("alice", "n").stored);
        device_client alice{s.port(), "alice"};
        const auto page = alice.ask_for("inbox", {{"limit", 1}});
        alice.ask_for("mark", {{"action", "read"}, {"ids", json::array{page.at("items").at(0).at("id")}}});
    }
    disk.reset();
    disk.emplace(file);
    inbox_world s{disk->inbox};
    device_client alice{s.port(), "alice"};
    CHECK(number(alice.badge, "unread") == 2);
    CHECK(number(alice.badge, "unseen") == 2);
    alice.ask_for("mark", {{"action", "read"}, {"all", true}});
    const device_client phone{s.port(), "alice"};
    CHECK(number(phone.badge, "unread") == 0);
}

TEST_CASE("a SQLite inbox that cannot be opened says which file, and limits of nothing are refused", "[inbox]")
{
    asio::thread_pool pool{1};
    try {
        sqlite_inbox{pool, "/nowhere/at/all.db"};
        FAIL("it was opened");
    } catch (const boost::system::system_error& e) {
        CHECK(std::string{e.what()}.find("/nowhere/at/all.db") != std::string::npos);
    }
    const temporary_file file;
    CHECK(failure_of([&] { sqlite_inbox{pool, file.path(), {}, {.items = 0}}; }) == error::invalid_config);
    pool.join();
}

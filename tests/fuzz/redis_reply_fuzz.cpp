// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
//
// libFuzzer target for what Redis sends. The first byte of the input is the size of the pieces in which the rest, a
// stream of replies, is read. Each reply is taken for the answer to a subscription, for a page of each store, and
// each of its texts for a message of the bus.
#include <fanfare/src/redis.hpp> // the bodies, too: what is inline in them is called here

#include "quiet_bus.hpp"
#include "require.hpp"

#include <fanfare/detail/wire/utf8.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace fanfare;
using namespace fanfare::detail;
using test::quiet_bus;
using test::quiet_sink;
using test::require;
using outcome = redis_reader::outcome;

// ---- the reader

constexpr redis_limits limits{.bytes = 1024 * 1024, .elements = 1000, .depth = 7};

// A reply as one text; different replies have different texts.
std::string shown(const redis_value& value, std::size_t depth, std::size_t& elements)
{
    require(depth <= limits.depth, "no reply is nested deeper than the limit");
    auto out = std::to_string(static_cast<int>(value.kind())) + ":" + std::to_string(value.integer()) + ":" +
               std::to_string(value.text().size()) + ":" + std::string{value.text()} + "[";
    elements += value.size();
    require(elements <= limits.elements, "no reply has more elements than the limit");
    require(value[value.size()].is_nil(), "what is not there is nil");
    for (std::size_t i = 0; i != value.size(); ++i)
        out += shown(value[i], depth + 1, elements);
    return out + "]";
}

struct reading {
    std::vector<redis_reply> replies{};
    std::vector<std::string> texts{};
    bool broken = false;
};

reading read(std::string_view bytes, std::size_t step)
{
    reading out;
    redis_reader reader{limits};
    while (!bytes.empty() && !out.broken) {
        reader.feed(bytes.substr(0, step));
        bytes.remove_prefix(std::min(step, bytes.size()));
        redis_reply one;
        auto what = outcome::none;
        while ((what = reader.next(one)) == outcome::one) {
            std::size_t elements = 0;
            out.texts.push_back(shown(one.value(), 0, elements));
            out.replies.push_back(std::move(one));
        }
        out.broken = what == outcome::broken;
        require(out.broken == !reader.problem().empty(), "what is broken has a reason, and nothing else");
    }
    redis_reply none;
    require(!out.broken || reader.next(none) == outcome::broken, "what is broken stays so");
    return out;
}

// A command is an array of texts, so it can be read as a reply.
void check_command(const redis_value& reply, const std::string& text)
{
    std::vector<std::string_view> words;
    for (std::size_t i = 0; i != reply.size(); ++i) {
        if (reply[i].kind() != redis_kind::text)
            return;
        words.push_back(reply[i].text());
    }
    if (!reply.is_array())
        return;
    std::string command;
    append_command(command, words);
    const auto again = read(command, command.size());
    require(again.texts == std::vector{text}, "a command is what was to be written");
}

// ---- what the stores make of a reply

void check_stores(const redis_value& reply)
{
    error_code ec;
    const auto page = store_page(reply, reply.size() % 2 == 0, ec);
    require(!ec || page.messages.empty(), "a page that cannot be read has nothing");
    require(ec || page.top.epoch != 0, "a page has an epoch");
    std::uint64_t place = 0;
    const auto item = redis_inbox_item(reply, "user", place);
    require(item.data_text.empty() || is_json(item.data_text, 64), "an item's data is JSON");
    (void)redis_inbox_counts(reply);
    require(redis_inbox_texts(reply).size() == reply.size(), "a text for each element");
    const auto present = presence_list_from(reply);
    require(present.clients.size() <= reply[2].size() / 2, "a client for each pair");
    for (const auto* command : {"AUTH", "PING", "ROLE", "CLIENT"})
        (void)redis_login_problem(command, reply);
    const auto tidy = tidy_redis_text(reply.text(), "secret");
    require(tidy.find("secret") == tidy.npos, "a password is not repeated");
    require(std::all_of(tidy.begin(), tidy.end(), [](char c) { return c >= ' ' && c <= '~'; }), "it is printable");
}

// ---- the bus

void check_envelope(const std::string& envelope, std::string_view room)
{
    const auto read = parse_envelope(envelope, 64, {});
    require(!read.failed, "an envelope parses");
    require(read.room == room, "an envelope is of its room");
    require(is_utf8(envelope), "an envelope is UTF-8");
}

void check_message(std::string_view text)
{
    redis_message m;
    std::string why;
    if (parse_redis_message(text, m, why)) {
        std::string again;
        append_redis_message(again, m);
        require(again == text, "a hub's message has one form");
        require(why.empty(), "what is right has no reason");
    } else {
        require(!why.empty(), "what is wrong has a reason");
    }
    const auto envelope = foreign_envelope("chat:1", text, {}, why);
    require(envelope.empty() == !why.empty(), "what is wrong has a reason, and only that");
    if (!envelope.empty())
        check_envelope(envelope, "chat:1");
    const auto notification = read_notification(text, {}, why);
    require(notification.envelope.empty() == !why.empty(), "what is wrong has a reason, and only that");
    if (!notification.envelope.empty())
        check_envelope(notification.envelope, notification.room);
    (void)read_ticket(text);

    auto& bus = quiet_bus::get();
    const auto& names = bus.core->names;
    for (const auto& channel : {names.broadcast, names.control, names.notifications, names.room + "chat:1}"})
        bus.check(channel, text);
}

void check_texts(const redis_value& value)
{
    if (!value.text().empty())
        check_message(value.text());
    for (std::size_t i = 0; i != value.size(); ++i)
        check_texts(value[i]);
}

// ---- subscriptions

// As `redis_subscriber` does it; a reply that cannot be an answer is a room that comes or goes.
class subscriptions {
public:
    void take(const redis_value& reply)
    {
        const auto what = reply[0].text();
        if (reply.is_error()) {
            std::string room;
            settle(channels_.failed(room));
        } else if ((what == "subscribe" || what == "unsubscribe") && reply.size() == 3) {
            settle(channels_.answered(what == "subscribe", reply[1].text()));
        } else if (reply.integer() < 0) {
            channels_.leave(member_, reply.text(), now_);
        } else {
            channels_.join(member_, reply.text());
        }
        now_ += std::chrono::seconds{1};
        for (const auto& command : channels_.take_commands(now_))
            unanswered_ += command.rooms.size();
        (void)channels_.take_notices();
        require(channels_.unanswered() <= unanswered_, "no more answers are awaited than were asked for");
        require(channels_.pending() <= channels_.joined_rooms() + channels_.subscriptions() + unanswered_,
                "only rooms that are there are pending");
    }

private:
    void settle(redis_channels::outcome outcome)
    {
        if (outcome == redis_channels::outcome::unexpected) { // the connection is dropped
            channels_.link_down();
            require(channels_.unanswered() == 0 && channels_.pending() == 0, "a new connection owes nothing");
            channels_.link_up();
        }
        unanswered_ = channels_.unanswered();
    }

    quiet_sink member_;
    redis_channels channels_{std::chrono::seconds{5}, 3};
    redis_channels::time_point now_{};
    std::size_t unanswered_ = 0;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size == 0)
        return 0;
    const std::string_view bytes{reinterpret_cast<const char*>(data) + 1, size - 1};
    const auto whole = read(bytes, std::max<std::size_t>(bytes.size(), 1));
    const auto cut = read(bytes, std::max<std::size_t>(data[0], 1));
    require(whole.texts == cut.texts && whole.broken == cut.broken, "replies are the same however they are cut");

    subscriptions rooms;
    for (std::size_t i = 0; i != whole.replies.size(); ++i) {
        const auto reply = whole.replies[i].value();
        check_command(reply, whole.texts[i]);
        check_stores(reply);
        check_texts(reply);
        rooms.take(reply);
    }
    return 0;
}

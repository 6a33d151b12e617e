// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_BENCHMARKS_DASHBOARD_CLIENT_HPP
#define FANFARE_BENCHMARKS_DASHBOARD_CLIENT_HPP

// One client of a load run, without its socket: it joins rooms, and keeps book on which numbers came.

#include "latencies.hpp"
#include "ws_client.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

inline std::uint64_t unix_us()
{
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(now).count());
}

/// What the clients of a run share.
struct run_book {
    std::vector<std::string> rooms;
    std::string id;                  // of the run whose messages count; empty: of the first that is seen
    bool publishing = true;          // otherwise a client counts from the first number it sees
    std::vector<std::uint64_t> sent; // the newest number of each room; 0 where others publish

    std::uint64_t delivered = 0, duplicates = 0, out_of_order = 0, never_sent = 0, others = 0, bytes = 0;
    latencies latency;
};

/// What one client has of one room. Numbers start with 1.
class room_book {
public:
    /// Counts a message; false if it came before.
    bool take(std::uint64_t number, run_book& all)
    {
        if (next_ == 0)
            next_ = all.publishing ? 1 : number;
        if (number >= next_) {
            for (; next_ != number; ++next_)
                holes_.push_back(next_);
            ++next_;
        } else if (const auto hole = std::find(holes_.begin(), holes_.end(), number); hole != holes_.end()) {
            holes_.erase(hole);
            ++all.out_of_order;
        } else {
            ++all.duplicates;
            return false;
        }
        return true;
    }

    /// Numbers up to `newest` that did not come.
    std::uint64_t missing(std::uint64_t newest) const
    {
        const auto seen = next_ == 0 ? 0 : next_ - 1;
        return holes_.size() + (newest > seen ? newest - seen : 0);
    }

    /// So far ahead of the last one that no run lost what is between.
    bool is_absurd(std::uint64_t number) const { return next_ != 0 && number > next_ + 1'000'000; }

private:
    std::uint64_t next_ = 0; // 0: nothing came yet
    std::vector<std::uint64_t> holes_;
};

class dashboard_client : public ws_client {
public:
    /// Takes what arrived; appends what must be sent to `out`.
    void take(std::string_view bytes, run_book& all, std::string& out)
    {
        all.bytes += bytes.size();
        read(bytes, out, events{*this, all, out});
    }

    /// What the client sends last. What was on the way to it came before the answer.
    static std::string last_question() { return client_frame(0x1, R"({"type":"ping","request_id":"end"})"); }
    bool answered() const { return answered_; }

    std::uint64_t missing(const run_book& all) const
    {
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i != all.rooms.size(); ++i)
            sum += i < rooms_.size() ? rooms_[i].missing(all.sent[i]) : all.sent[i];
        return sum;
    }

private:
    struct events {
        dashboard_client& self;
        run_book& all;
        std::string& out;

        stage opened() const { return stage::greeting; }
        void ping() const {}
        void data(std::string_view payload, unsigned char first) const { self.data(payload, first, all, out); }
    };

    void data(std::string_view payload, unsigned char first, run_book& all, std::string& out)
    {
        const bool whole = (first & 0x8f) == 0x81;
        if (!whole) {
            fragments_ += payload;
            if (!(first & 0x80))
                return;
        }
        const auto text = whole ? payload : std::string_view{fragments_};
        if (stage_ != stage::ready)
            join(text, all, out);
        else if (text.starts_with(R"({"type":"pong")"))
            answered_ = true;
        else if (!message(text, all))
            ++all.others;
        fragments_.clear();
    }

    void join(std::string_view text, const run_book& all, std::string& out)
    {
        if (text.starts_with(R"({"type":"error")"))
            return fail("the server answered " + std::string{text});
        if (stage_ == stage::greeting && text.starts_with(R"({"type":"connected")")) {
            std::string rooms;
            for (const auto& room : all.rooms)
                rooms += (rooms.empty() ? "\"" : ",\"") + room + "\"";
            out += client_frame(0x1, R"({"type":"subscribe","payload":{"rooms":[)" + rooms + "]}}");
            stage_ = stage::subscribing;
        } else if (stage_ == stage::subscribing && text.starts_with(R"({"type":"subscribed")")) {
            constexpr std::string_view refused = R"("rejected":[{)";
            if (text.find(refused) != text.npos)
                return fail("not all rooms could be joined: " + std::string{text});
            rooms_.resize(all.rooms.size());
            stage_ = stage::ready;
        }
    }

    /// False if it is none of the run's.
    bool message(std::string_view text, run_book& all)
    {
        constexpr std::string_view type = R"({"type":"load","room":")";
        if (!text.starts_with(type))
            return false;
        text.remove_prefix(type.size());
        const auto room = std::find(all.rooms.begin(), all.rooms.end(), text.substr(0, text.find('"')));
        const auto id = after(text, R"("payload":{"load":")");
        const auto number = number_after(text, R"(","seq":)");
        const auto due = number_after(text, R"(,"due_us":)");
        if (room == all.rooms.end() || !id || !number || !due)
            return false;
        if (all.id.empty())
            all.id = id->substr(0, id->find('"'));
        if (!id->starts_with(all.id + '"'))
            return false;
        take(static_cast<std::size_t>(room - all.rooms.begin()), *number, *due, all);
        return true;
    }

    void take(std::size_t room, std::uint64_t number, std::uint64_t due, run_book& all)
    {
        if (number == 0 || (all.publishing ? number > all.sent[room] : rooms_[room].is_absurd(number))) {
            ++all.never_sent;
            return;
        }
        if (!rooms_[room].take(number, all))
            return;
        ++all.delivered;
        const auto now = unix_us();
        all.latency.add(now > due ? now - due : 0);
    }

    static std::optional<std::string_view> after(std::string_view text, std::string_view words)
    {
        const auto at = text.find(words);
        return at == text.npos ? std::nullopt : std::optional{text.substr(at + words.size())};
    }

    static std::optional<std::uint64_t> number_after(std::string_view text, std::string_view words)
    {
        const auto rest = after(text, words);
        std::uint64_t value = 0;
        if (!rest || std::from_chars(rest->data(), rest->data() + rest->size(), value).ec != std::errc{})
            return std::nullopt;
        return value;
    }

    std::vector<room_book> rooms_;
    bool answered_ = false;
    std::string fragments_; // of a message that comes in several frames
};

} // namespace bench

#endif

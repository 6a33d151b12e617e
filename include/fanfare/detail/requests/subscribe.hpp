// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REQUESTS_SUBSCRIBE_HPP
#define FANFARE_DETAIL_REQUESTS_SUBSCRIBE_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/session/session.hpp>
#include <fanfare/error.hpp>
#include <fanfare/message.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace fanfare::detail {

/// One `subscribe` request. Each room is checked and asked for; when all have their answer, and the bus carries the
/// allowed ones, they are joined, and what was missed is read. Then the client is told about every one, gets what it
/// missed, and goes on live.
class subscribe_operation : public std::enable_shared_from_this<subscribe_operation> {
public:
    /// `payload` is `{rooms?, since?, last?, resume?}`; answers what is wrong with it.
    static void start(session& s, const json::object& payload, const json::value* request_id);

private:
    struct wished {
        std::string room;
        error refused{};  // zero: not refused
        room_ptr joins{}; // to be joined
        std::optional<position> since{};
        std::uint64_t last = 0;     // the newest so many
        position base{};            // of the live stream, when the catching up began
        std::uint32_t catch_up = 0; // its number
        bool kept_from_it = false;  // it may join, and not read what was before
        bool reading = false;
        shared_slice slice{};
        std::optional<bool> recovered{};
    };
    explicit subscribe_operation(session& s) : session_{&s} {}
    std::string read(const json::object& payload);
    std::string read_since(const json::value* since);
    std::string read_last(const json::value* last);
    wished* wish_of(std::string_view room);
    wished& wish_for(std::string_view room); // the one that is there, or a new one
    void resume();
    void resumed_with(const std::optional<std::vector<std::string>>& rooms);
    void check_all();
    void check(std::size_t i);
    void ask_for_history(std::size_t i);
    void answered();
    void prepare();
    void join_all();
    void catch_up_from(wished& wish);
    void read_for(std::size_t i, const position& from);
    void one_read();
    void finish();
    static position goes_on_at(const wished& wish);
    position settle(wished& wish);

    boost::intrusive_ptr<session> session_;
    std::deque<wished> wishes_; // which do not move
    std::unordered_map<std::string_view, wished*> by_name_;
    std::vector<std::pair<std::string, position>> since_; // of rooms that only the resume token may name
    std::string resume_;
    std::optional<bool> resumed_;
    std::uint64_t last_for_all_ = 0;
    json::value request_id_;
    std::shared_ptr<void> hold_;
    std::size_t waiting_ = 1; // on the shard only
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/requests/subscribe.ipp>
#endif

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "room_stream.hpp"
#include "answers.hpp"

#include <boost/asio/post.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/system/system_error.hpp>

#include <utility>

namespace push {

namespace v1 = fanfare::push::v1;
namespace json = boost::json;

namespace {

// Events that wait for gRPC. Above the first two numbers the hub is asked to wait, until few are left: its outbox and
// the room's overflow policy decide about a reader that stays slow.
constexpr std::size_t most_waiting = 64;
constexpr std::size_t most_waiting_bytes = 256 * 1024;
constexpr std::size_t few_waiting = 16;

std::string text_of(const json::object& from, std::string_view name)
{
    const auto* found = from.if_contains(name);
    const auto* text = found ? found->if_string() : nullptr;
    return text ? std::string{std::string_view{*text}} : std::string{};
}

std::uint64_t number_of(const json::object& from, std::string_view name)
{
    const auto* found = from.if_contains(name);
    boost::system::error_code none;
    const auto number = found ? found->to_number<std::uint64_t>(none) : 0;
    return none ? 0 : number;
}

const json::object& object_of(const json::object& from, std::string_view name)
{
    static const json::object empty;
    const auto* found = from.if_contains(name);
    const auto* object = found ? found->if_object() : nullptr;
    return object ? *object : empty;
}

template <class Event>
void set_position(Event& event, const json::object& from)
{
    if (!from.contains("epoch"))
        return;
    event.mutable_position()->set_epoch(text_of(from, "epoch"));
    event.mutable_position()->set_offset(number_of(from, "offset"));
}

std::string subscribe_message(const v1::StreamRoomRequest& request)
{
    json::object payload{{"rooms", json::array{json::string{request.room()}}}};
    if (request.has_since())
        payload["since"] = {
            {request.room(), {{"epoch", request.since().epoch()}, {"offset", request.since().offset()}}}};
    if (request.has_last())
        payload["last"] = request.last();
    return json::serialize(json::object{{"type", "subscribe"}, {"payload", std::move(payload)}});
}

v1::RoomEvent published(const std::string& type, const json::object& message, std::string_view text)
{
    v1::RoomEvent event;
    auto& out = *event.mutable_published();
    out.set_type(type);
    const auto payload = fanfare::json_member({text}, "payload"); // as its publisher wrote it
    out.set_payload_json(std::string{payload ? payload->text : "null"});
    out.set_timestamp(text_of(message, "timestamp"));
    set_position(out, message);
    return event;
}

v1::RoomEvent gap(const json::object& payload)
{
    v1::RoomEvent event;
    auto& out = *event.mutable_gap();
    out.set_reason(text_of(payload, "reason"));
    out.set_dropped(number_of(payload, "dropped"));
    set_position(out, payload);
    return event;
}

} // namespace

room_stream* room_stream::open(const hub_calls& hub, grpc::CallbackServerContext& call,
                               const v1::StreamRoomRequest& request, const grpc::Status& refused,
                               const std::shared_ptr<stream_count>& count)
{
    const std::shared_ptr<room_stream> self{new room_stream{hub, call, request, count}};
    self->self_ = self;
    boost::asio::post(hub.executor, [self, refused] {
        if (!refused.ok())
            return self->end(refused);
        if (self->count_->open >= self->count_->most)
            return self->end(refuse(self->call_, fanfare::error::too_many_requests, "too many streams"));
        ++self->count_->open; // one that was refused takes nobody's place, however long it lasts
        self->counted_ = true;
        self->connect();
    });
    return self.get();
}

room_stream::room_stream(const hub_calls& hub, grpc::CallbackServerContext& call,
                         const v1::StreamRoomRequest& request, std::shared_ptr<stream_count> count)
    : hub_{hub}, call_{call}, request_{request}, count_{std::move(count)}
{}

room_stream::~room_stream()
{
    if (counted_)
        --count_->open;
}

// ---- from gRPC, on its threads

void room_stream::OnWriteDone(bool ok)
{
    boost::asio::post(hub_.executor, [self = shared_from_this(), ok] {
        self->writing_ = false;
        if (!ok)
            self->abandon();
        self->write_next();
    });
}

void room_stream::OnCancel()
{
    boost::asio::post(hub_.executor, [self = shared_from_this()] {
        self->abandon();
        self->write_next();
    });
}

void room_stream::OnDone()
{
    const auto last = std::move(self_);
}

// ---- from the hub

void room_stream::connect()
{
    if (end_)
        return; // cancelled meanwhile
    const auto weak = weak_from_this();
    fanfare::local_handlers handlers;
    handlers.on_message = [weak](std::string_view text) {
        if (const auto self = weak.lock())
            self->on_message(text);
    };
    handlers.on_close = [weak](fanfare::close_code code, std::string_view) {
        if (const auto self = weak.lock())
            self->on_close(code);
    };
    try {
        connection_ = hub_.connect(std::move(handlers));
    } catch (const boost::system::system_error& refused) {
        end(refuse(call_, refused.code()));
    }
}

void room_stream::on_message(std::string_view text)
{
    boost::system::error_code failed;
    const auto parsed = json::parse(text, failed);
    const auto* message = failed ? nullptr : parsed.if_object();
    if (!message || end_)
        return; // the hub writes nothing else
    const auto type = text_of(*message, "type");
    const auto room = text_of(*message, "room");
    const auto& payload = object_of(*message, "payload");
    // First of all: whatever types are published to the room, they are no answers of the hub's.
    if (room == request_.room())
        push(type == "gap" ? gap(payload) : published(type, *message, text));
    else if (!room.empty())
        return;
    else if (type == "connected")
        connection_.send(subscribe_message(request_));
    else if (type == "subscribed")
        on_subscribed(payload);
    else if (type == "error")
        end(refuse(call_, text_of(payload, "code"), text_of(payload, "message")));
    else if (type == "unsubscribed")
        end(refuse(call_, fanfare::error::forbidden, "taken out of the room"));
}

void room_stream::on_subscribed(const json::object& payload)
{
    const auto* rejected = payload.if_contains("rejected");
    if (const auto* list = rejected ? rejected->if_array() : nullptr; list && !list->empty()) {
        const auto* why = list->front().if_object();
        return end(why ? refuse(call_, text_of(*why, "code"), text_of(*why, "message"))
                       : refuse(call_, fanfare::error::forbidden, "the room was refused"));
    }
    v1::RoomEvent event;
    auto& started = *event.mutable_started();
    const auto& recovered = object_of(payload, "recovered");
    const auto& fate = object_of(recovered, request_.room());
    const auto* whole = fate.if_contains("recovered");
    started.set_recovery(!recovered.contains(request_.room())   ? v1::RoomEvent::Started::NOT_ASKED
                         : whole && *whole == json::value(true) ? v1::RoomEvent::Started::RECOVERED
                                                                : v1::RoomEvent::Started::LOST);
    set_position(started, object_of(object_of(payload, "positions"), request_.room()));
    push(std::move(event));
}

void room_stream::on_close(fanfare::close_code code)
{
    if (!end_) // else our own close: the call may be over, and what it refers to gone
        end(ended(call_, code));
}

// ---- to gRPC

void room_stream::push(v1::RoomEvent event)
{
    waiting_bytes_ += event.ByteSizeLong();
    waiting_.push_back(std::move(event));
    if (!paused_ && (waiting_.size() >= most_waiting || waiting_bytes_ >= most_waiting_bytes)) {
        paused_ = true;
        connection_.pause();
    }
    write_next();
}

void room_stream::write_next()
{
    if (writing_ || finished_)
        return;
    if (!waiting_.empty()) {
        current_ = std::move(waiting_.front());
        waiting_.pop_front();
        waiting_bytes_ -= current_.ByteSizeLong();
        writing_ = true;
        grpc::WriteOptions how;
        if (!waiting_.empty())
            how.set_buffer_hint(); // more comes at once
        StartWrite(&current_, how);
    } else if (end_) {
        finished_ = true;
        Finish(*end_);
    }
    if (paused_ && waiting_.size() <= few_waiting) {
        paused_ = false;
        connection_.resume();
    }
}

// What waits is still written.
void room_stream::end(const grpc::Status& why)
{
    if (end_)
        return;
    end_ = why;
    connection_.close();
    write_next();
}

// Nobody reads any more.
void room_stream::abandon()
{
    waiting_.clear();
    waiting_bytes_ = 0;
    if (!end_)
        end_ = grpc::Status::CANCELLED;
    connection_.close();
}

} // namespace push

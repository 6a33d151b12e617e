// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "push_service.hpp"
#include "answers.hpp"

#include <boost/json/parse.hpp>

#include <optional>
#include <string>
#include <utility>

namespace push {

namespace v1 = fanfare::push::v1;
namespace json = boost::json;
using fanfare::error;

namespace {

/// The call, and whether it was refused already.
struct checked_call {
    grpc::CallbackServerContext& call;
    grpc::ServerUnaryReactor& reactor;

    void refuse_as(error code, const std::string& why) const { reactor.Finish(refuse(call, code, why)); }

    // The text is there; else answers an error.
    bool wants(const std::string& text, const char* name) const
    {
        if (text.empty())
            refuse_as(error::invalid_message, std::string{name} + " must not be empty");
        return !text.empty();
    }
    // The JSON in a field, null if the field is empty; else answers an error. It goes on as it is written.
    std::optional<fanfare::json_text> json_in(const std::string& text, const char* name) const
    {
        if (text.empty())
            return fanfare::json_text{"null"};
        json::parse_options how;
        how.max_depth = 16;
        boost::system::error_code failed;
        json::parse(text, failed, {}, how);
        if (!failed)
            return fanfare::json_text{text};
        refuse_as(error::invalid_json, std::string{name} + ": " + failed.message());
        return std::nullopt;
    }
};

/// Finishes a call with what became of its message. `response` lives until then.
template <class Response>
hub_calls::done answer(checked_call at, Response& response)
{
    return [at, &response](const fanfare::error_code& failed, const fanfare::receipt& fate) {
        if (failed && !kept(fate))
            return at.reactor.Finish(refuse(at.call, failed));
        write(fate, *response.mutable_receipt());
        if constexpr (requires { response.set_notification_id(fate.id); })
            response.set_notification_id(fate.id);
        at.reactor.Finish(grpc::Status::OK);
    };
}

void notify(const hub_calls& hub, const checked_call& at, const v1::PushToUserRequest& request,
            v1::PushToUserResponse& response)
{
    const auto& in = request.notification();
    if (!at.wants(in.title(), "notification.title") || !at.wants(in.message(), "notification.message"))
        return;
    if (in.idempotency_key().size() > 128)
        return at.refuse_as(error::invalid_message, "notification.idempotency_key: 128 bytes at most");
    const auto data = at.json_in(in.data_json(), "notification.data_json");
    if (!data)
        return;
    hub.notify(request.user_id(),
               {.title = in.title(),
                .message = in.message(),
                .idempotency_key = in.idempotency_key(),
                .data_text = std::string{data->text}},
               answer(at, response));
}

void send(const hub_calls& hub, const checked_call& at, const v1::PushToUserRequest& request,
          v1::PushToUserResponse& response)
{
    const auto& in = request.message();
    if (!at.wants(in.type(), "message.type"))
        return;
    if (const auto payload = at.json_in(in.payload_json(), "message.payload_json"))
        hub.send_to_user(request.user_id(), in.type(), *payload, answer(at, response));
}

} // namespace

grpc::ServerUnaryReactor* push_service::PushToUser(grpc::CallbackServerContext* call,
                                                   const v1::PushToUserRequest* request,
                                                   v1::PushToUserResponse* response)
{
    auto* reactor = call->DefaultReactor();
    const checked_call at{*call, *reactor};
    if (const auto refused = access_.check(*call); !refused.ok())
        reactor->Finish(refused);
    else if (request->user_id().empty())
        at.refuse_as(error::invalid_user, "user_id must not be empty");
    else if (request->has_notification())
        notify(hub_, at, *request, *response);
    else if (request->has_message())
        send(hub_, at, *request, *response);
    else
        at.refuse_as(error::invalid_message, "a notification or a message is wanted");
    return reactor;
}

grpc::ServerUnaryReactor* push_service::PublishToRoom(grpc::CallbackServerContext* call,
                                                      const v1::PublishToRoomRequest* request,
                                                      v1::PublishToRoomResponse* response)
{
    auto* reactor = call->DefaultReactor();
    const checked_call at{*call, *reactor};
    if (const auto refused = access_.check(*call); !refused.ok()) {
        reactor->Finish(refused);
        return reactor;
    }
    if (!at.wants(request->room(), "room") || !at.wants(request->type(), "type"))
        return reactor;
    if (const auto payload = at.json_in(request->payload_json(), "payload_json"))
        hub_.publish(request->room(), request->type(), *payload,
                     {.key = request->key(), .idempotency_key = request->idempotency_key()},
                     answer(at, *response));
    return reactor;
}

namespace {

// What the hub would not tell better.
grpc::Status check(grpc::CallbackServerContext& call, const v1::StreamRoomRequest& request)
{
    if (request.room().empty() || request.room().size() > 128)
        return refuse(call, error::invalid_room, "room: 1 to 128 bytes");
    if (request.has_since() && request.since().epoch().size() != 16)
        return refuse(call, error::invalid_message, "since.epoch: 16 hexadecimal digits");
    if (request.has_last() && (request.last() == 0 || request.last() > 1000))
        return refuse(call, error::invalid_message, "last: 1 to 1000");
    return grpc::Status::OK;
}

} // namespace

grpc::ServerWriteReactor<v1::RoomEvent>* push_service::StreamRoom(grpc::CallbackServerContext* call,
                                                                  const v1::StreamRoomRequest* request)
{
    auto refused = access_.check(*call);
    if (refused.ok())
        refused = check(*call, *request);
    return room_stream::open(hub_, *call, *request, refused, streams_);
}

} // namespace push

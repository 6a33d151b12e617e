// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef GRPC_PUSH_PUSH_SERVICE_HPP
#define GRPC_PUSH_PUSH_SERVICE_HPP

#include "access.hpp"
#include "hub_calls.hpp"
#include "room_stream.hpp"

#include <fanfare_push.grpc.pb.h>

#include <cstddef>
#include <memory>
#include <utility>

namespace push {

/// The gRPC service of a hub.
///
/// gRPC calls these functions on threads of its own, several at once. They check the request there, hand it to the hub
/// (whose functions take calls from any thread), and return. The hub answers on its own thread, and that finishes the
/// call. No thread waits for another.
class push_service final : public fanfare::push::v1::PushService::CallbackService {
public:
    push_service(hub_calls hub, access who, std::size_t max_streams)
        : hub_{std::move(hub)}, access_{std::move(who)}, streams_{std::make_shared<stream_count>()}
    {
        streams_->most = max_streams;
    }

    grpc::ServerUnaryReactor* PushToUser(grpc::CallbackServerContext* call,
                                         const fanfare::push::v1::PushToUserRequest* request,
                                         fanfare::push::v1::PushToUserResponse* response) override;
    grpc::ServerUnaryReactor* PublishToRoom(grpc::CallbackServerContext* call,
                                            const fanfare::push::v1::PublishToRoomRequest* request,
                                            fanfare::push::v1::PublishToRoomResponse* response) override;
    grpc::ServerWriteReactor<fanfare::push::v1::RoomEvent>*
    StreamRoom(grpc::CallbackServerContext* call, const fanfare::push::v1::StreamRoomRequest* request) override;

private:
    hub_calls hub_;
    access access_;
    std::shared_ptr<stream_count> streams_;
};

} // namespace push

#endif

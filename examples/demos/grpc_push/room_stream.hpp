// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef GRPC_PUSH_ROOM_STREAM_HPP
#define GRPC_PUSH_ROOM_STREAM_HPP

#include "hub_calls.hpp"

#include <fanfare_push.pb.h>

#include <fanfare/local_connection.hpp>

#include <boost/json/object.hpp>

#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace push {

/// How many streams there are, and may be. The last ones may outlive the service.
struct stream_count {
    std::atomic<std::size_t> open{0};
    std::size_t most = 0;
};

/// One call of StreamRoom: a connection of this process to its own hub, whose messages become events of the call.
///
/// All of it happens on the hub's thread. What gRPC calls on its threads (`OnWriteDone`, `OnCancel`) is posted there:
/// so there is no lock. The object lives until gRPC has called `OnDone`, which it does after `Finish`, or as long as
/// something that was posted still holds it.
class room_stream final : public grpc::ServerWriteReactor<fanfare::push::v1::RoomEvent>,
                          public std::enable_shared_from_this<room_stream> {
public:
    /// Begins one, or one that ends at once, if `refused` is no OK. On gRPC's thread.
    static room_stream* open(const hub_calls& hub, grpc::CallbackServerContext& call,
                             const fanfare::push::v1::StreamRoomRequest& request, const grpc::Status& refused,
                             const std::shared_ptr<stream_count>& count);
    ~room_stream() override;
    room_stream(const room_stream&) = delete;
    room_stream& operator=(const room_stream&) = delete;

    void OnWriteDone(bool ok) override;
    void OnCancel() override;
    void OnDone() override;

private:
    room_stream(const hub_calls& hub, grpc::CallbackServerContext& call,
                const fanfare::push::v1::StreamRoomRequest& request, std::shared_ptr<stream_count> count);

    void connect();
    void on_message(std::string_view text);
    void on_subscribed(const boost::json::object& payload);
    void on_close(fanfare::close_code code);
    void push(fanfare::push::v1::RoomEvent event);
    void write_next();
    void end(const grpc::Status& why);
    void abandon();

    hub_calls hub_;
    grpc::CallbackServerContext& call_;
    const fanfare::push::v1::StreamRoomRequest request_;
    const std::shared_ptr<stream_count> count_;
    std::shared_ptr<room_stream> self_; // for gRPC, until OnDone
    fanfare::local_connection connection_;
    std::deque<fanfare::push::v1::RoomEvent> waiting_;
    std::size_t waiting_bytes_ = 0;
    fanfare::push::v1::RoomEvent current_; // being written
    std::optional<grpc::Status> end_;
    bool counted_ = false;
    bool writing_ = false;
    bool paused_ = false;
    bool finished_ = false;
};

} // namespace push

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef GRPC_PUSH_HUB_CALLS_HPP
#define GRPC_PUSH_HUB_CALLS_HPP

#include <fanfare/hub.hpp>
#include <fanfare/json_text.hpp>
#include <fanfare/local_connection.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <string>
#include <utility>

namespace push {

/// What the service needs of a hub, whatever its bus and store are, so that the code of gRPC is compiled once. Every
/// function may be called from any thread; the answers come on the hub's.
struct hub_calls {
    using done = std::function<void(fanfare::error_code, fanfare::receipt)>;

    std::function<void(const std::string& user, const fanfare::notification&, done)> notify;
    std::function<void(const std::string& user, const std::string& type, fanfare::json_text, done)> send_to_user;
    std::function<void(const std::string& room, const std::string& type, fanfare::json_text,
                       const fanfare::publish_options&, done)>
        publish;
    /// A connection of nobody in particular.
    std::function<fanfare::local_connection(fanfare::local_handlers)> connect;
    /// The hub's one thread.
    boost::asio::any_io_executor executor;
};

/// `executor` is the one shard's. The hub must outlive what this answers.
template <class Hub>
hub_calls calls_of(Hub& hub, boost::asio::any_io_executor executor)
{
    hub_calls calls;
    calls.notify = [&hub](const std::string& user, const fanfare::notification& what, hub_calls::done done) {
        hub.async_notify(user, what, std::move(done));
    };
    calls.send_to_user = [&hub](const std::string& user, const std::string& type, fanfare::json_text payload,
                                hub_calls::done done) {
        hub.async_send_to_user(user, type, payload, std::move(done));
    };
    calls.publish = [&hub](const std::string& room, const std::string& type, fanfare::json_text payload,
                           const fanfare::publish_options& how,
                           hub_calls::done done) { hub.async_publish(room, type, payload, how, std::move(done)); };
    calls.connect = [&hub](fanfare::local_handlers handlers) {
        return hub.connect(fanfare::identity{}, std::move(handlers));
    };
    calls.executor = std::move(executor);
    return calls;
}

} // namespace push

#endif

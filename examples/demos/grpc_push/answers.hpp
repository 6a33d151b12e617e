// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef GRPC_PUSH_ANSWERS_HPP
#define GRPC_PUSH_ANSWERS_HPP

#include <fanfare_push.pb.h>

#include <fanfare/close_code.hpp>
#include <fanfare/error.hpp>
#include <fanfare/message.hpp>

#include <grpcpp/server_context.h>
#include <grpcpp/support/status.h>

#include <string_view>

namespace push {

/// A status for an error of the library, with the text "code: why" and the code in the trailing metadata of the call.
grpc::Status refuse(grpc::CallbackServerContext& call, fanfare::error code, std::string_view why);
/// The same for any error, in its own words.
grpc::Status refuse(grpc::CallbackServerContext& call, const fanfare::error_code& code);
/// The same for a code and a text that came over the wire.
grpc::Status refuse(grpc::CallbackServerContext& call, std::string_view code, std::string_view why);

/// The status of a stream that the hub has ended.
grpc::Status ended(grpc::CallbackServerContext& call, fanfare::close_code code);

/// Whether the message is kept, whatever the error beside it says.
bool kept(const fanfare::receipt& fate);

/// What a receipt says, in the words of the contract.
void write(const fanfare::receipt& fate, fanfare::push::v1::Receipt& out);

} // namespace push

#endif

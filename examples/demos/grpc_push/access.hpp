// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef GRPC_PUSH_ACCESS_HPP
#define GRPC_PUSH_ACCESS_HPP

#include <grpcpp/server_context.h>
#include <grpcpp/support/status.h>

#include <string>

namespace push {

/// Who may call: with the admin key, or, where there is none, from this machine. Thread-safe.
class access {
public:
    explicit access(std::string admin_key) : key_{std::move(admin_key)} {}

    /// OK, or why not.
    grpc::Status check(grpc::CallbackServerContext& call) const;

private:
    std::string key_;
};

} // namespace push

#endif

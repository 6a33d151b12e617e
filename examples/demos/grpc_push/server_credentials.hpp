// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef GRPC_PUSH_SERVER_CREDENTIALS_HPP
#define GRPC_PUSH_SERVER_CREDENTIALS_HPP

#include "options.hpp"

#include <grpcpp/security/server_credentials.h>

#include <memory>

namespace push {

/// How gRPC's port speaks: in plain text, or TLS with the files of `--tls-cert`, `--tls-key` and `--tls-client-ca`,
/// which gRPC looks at again every 5 seconds. Throws if a file cannot be used now; the error names it.
std::shared_ptr<grpc::ServerCredentials> server_credentials(const options& chosen);

} // namespace push

#endif

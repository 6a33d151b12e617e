// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "server_credentials.hpp"

#if defined(FANFARE_WITH_SSL)
#include <fanfare/ssl.hpp>

#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>
#endif

#include <stdexcept>

namespace push {

#if defined(FANFARE_WITH_SSL)

namespace {

constexpr unsigned look_again_seconds = 5;

// gRPC says nothing of a file that it cannot use: its port would be open, and refuse everybody.
void check_files(const options& chosen)
{
    fanfare::tls_options files{.certificates = {{chosen.tls_cert, chosen.tls_key}}};
    if (!chosen.tls_client_ca.empty()) {
        files.clients = fanfare::client_certificates::required;
        files.client_ca_file = chosen.tls_client_ca;
    }
    fanfare::tls_context{files};
}

} // namespace

std::shared_ptr<grpc::ServerCredentials> server_credentials(const options& chosen)
{
    if (chosen.tls_cert.empty())
        return grpc::InsecureServerCredentials();
    check_files(chosen);
    namespace tls = grpc::experimental;
    const bool ask = !chosen.tls_client_ca.empty();
    tls::TlsServerCredentialsOptions how{std::make_shared<tls::FileWatcherCertificateProvider>(
        chosen.tls_key, chosen.tls_cert, chosen.tls_client_ca, look_again_seconds)};
    how.watch_identity_key_cert_pairs();
    if (ask)
        how.watch_root_certs();
    how.set_cert_request_type(ask ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
                                  : GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE);
    return tls::TlsServerCredentials(how);
}

#else

std::shared_ptr<grpc::ServerCredentials> server_credentials(const options& chosen)
{
    if (!chosen.tls_cert.empty())
        throw std::invalid_argument("--tls-cert: this program was built without TLS (FANFARE_WITH_SSL)");
    return grpc::InsecureServerCredentials();
}

#endif

} // namespace push

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "access.hpp"
#include "answers.hpp"

#include <string_view>

namespace push {

namespace {

// In a time that tells nothing about where two texts of equal length differ.
bool same_secret(std::string_view left, std::string_view right)
{
    if (left.size() != right.size())
        return false;
    unsigned difference = 0;
    for (std::size_t i = 0; i != left.size(); ++i)
        difference |=
            static_cast<unsigned char>(left[i]) ^ static_cast<unsigned>(static_cast<unsigned char>(right[i]));
    return difference == 0;
}

// gRPC writes a peer as ipv4:127.0.0.1:5001, ipv6:[::1]:5001 (with the brackets as %5B and %5D) or unix:/path.
bool on_this_machine(std::string_view peer)
{
    return peer.starts_with("ipv4:127.") || peer.starts_with("ipv6:[::1]:") ||
           peer.starts_with("ipv6:%5B::1%5D:") || peer.starts_with("ipv6:[::ffff:127.") ||
           peer.starts_with("ipv6:%5B::ffff:127.") || peer.starts_with("unix:");
}

} // namespace

grpc::Status access::check(grpc::CallbackServerContext& call) const
{
    constexpr std::string_view scheme = "Bearer ";
    if (key_.empty()) {
        if (on_this_machine(call.peer()))
            return grpc::Status::OK;
        return refuse(call, fanfare::error::forbidden, "no admin key is configured");
    }
    const auto [first, last] = call.client_metadata().equal_range("authorization");
    // One that was sent twice is no credential: two readers could take two different ones.
    if (first != last && std::next(first) == last) {
        const std::string_view value{first->second.data(), first->second.size()};
        if (value.starts_with(scheme) && same_secret(value.substr(scheme.size()), key_))
            return grpc::Status::OK;
    }
    return refuse(call, fanfare::error::unauthorized,
                  "this needs the metadata authorization: Bearer with the admin key");
}

} // namespace push

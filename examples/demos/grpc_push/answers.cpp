// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "answers.hpp"

#include <array>
#include <charconv>
#include <string>

namespace push {

namespace v1 = fanfare::push::v1;
using fanfare::error;

namespace {

struct rule {
    error code;
    grpc::StatusCode status;
};

// What is not here is INTERNAL.
constexpr std::array rules{
    rule{error::invalid_json, grpc::StatusCode::INVALID_ARGUMENT},
    rule{error::invalid_message, grpc::StatusCode::INVALID_ARGUMENT},
    rule{error::invalid_room, grpc::StatusCode::INVALID_ARGUMENT},
    rule{error::invalid_user, grpc::StatusCode::INVALID_ARGUMENT},
    rule{error::message_too_large, grpc::StatusCode::INVALID_ARGUMENT},
    rule{error::unknown_room, grpc::StatusCode::NOT_FOUND},
    rule{error::forbidden, grpc::StatusCode::PERMISSION_DENIED},
    rule{error::unauthorized, grpc::StatusCode::UNAUTHENTICATED},
    rule{error::no_history, grpc::StatusCode::FAILED_PRECONDITION},
    rule{error::no_inbox, grpc::StatusCode::FAILED_PRECONDITION},
    rule{error::queue_full, grpc::StatusCode::RESOURCE_EXHAUSTED},
    rule{error::store_full, grpc::StatusCode::RESOURCE_EXHAUSTED},
    rule{error::too_many_requests, grpc::StatusCode::RESOURCE_EXHAUSTED},
    rule{error::too_many_connections, grpc::StatusCode::RESOURCE_EXHAUSTED},
    rule{error::shutting_down, grpc::StatusCode::UNAVAILABLE},
    rule{error::bus_unavailable, grpc::StatusCode::UNAVAILABLE},
    rule{error::store_failed, grpc::StatusCode::UNAVAILABLE},
    // Never UNAVAILABLE: gRPC's own retries would send it twice.
    rule{error::delivery_unknown, grpc::StatusCode::UNKNOWN},
    rule{error::timed_out, grpc::StatusCode::UNKNOWN},
};

std::string epoch_text(std::uint64_t epoch)
{
    std::array<char, 16> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), epoch, 16).ptr;
    const auto count = static_cast<std::size_t>(end - digits.data());
    return std::string(digits.size() - count, '0') + std::string{digits.data(), count};
}

std::string_view name_of(const fanfare::error_code& code)
{
    return code.category() == fanfare::error_category() ? fanfare::to_string(static_cast<error>(code.value()))
                                                        : std::string_view{"store_failed"};
}

} // namespace

grpc::Status refuse(grpc::CallbackServerContext& call, std::string_view code, std::string_view why)
{
    auto status = grpc::StatusCode::INTERNAL;
    for (const auto& one : rules)
        if (fanfare::to_string(one.code) == code)
            status = one.status;
    call.AddTrailingMetadata("fanfare-error", std::string{code});
    return {status, std::string{code} + ": " + std::string{why}};
}

grpc::Status refuse(grpc::CallbackServerContext& call, error code, std::string_view why)
{
    return refuse(call, fanfare::to_string(code), why);
}

grpc::Status refuse(grpc::CallbackServerContext& call, const fanfare::error_code& code)
{
    return refuse(call, name_of(code), code.message());
}

grpc::Status ended(grpc::CallbackServerContext& call, fanfare::close_code code)
{
    using fanfare::close_code;
    switch (code) {
    case close_code::shutdown:
    case close_code::going_away:
    case close_code::service_restart: return refuse(call, error::shutting_down, "the server stops");
    case close_code::slow_receiver:
    case close_code::write_timeout:
        call.AddTrailingMetadata("fanfare-error", "slow_receiver");
        return {grpc::StatusCode::RESOURCE_EXHAUSTED,
                "slow_receiver: the stream was read too slowly; go on from the newest position"};
    case close_code::disconnected:
    case close_code::unauthorized: return refuse(call, error::forbidden, "the application has ended the stream");
    default: return refuse(call, fanfare::to_string(code), "the hub has ended the stream");
    }
}

bool kept(const fanfare::receipt& fate)
{
    return fate.stored || fate.position;
}

void write(const fanfare::receipt& fate, v1::Receipt& out)
{
    const bool sent = !fate.error && !fate.duplicate;
    out.set_status(sent && fate.local_receivers != 0    ? v1::Receipt::DELIVERED_LOCALLY
                   : sent && fate.dispatched_to_cluster ? v1::Receipt::DISPATCHED_TO_CLUSTER
                   : kept(fate) || fate.duplicate       ? v1::Receipt::STORED
                                                        : v1::Receipt::NOBODY);
    out.set_local_receivers(fate.local_receivers);
    out.set_dispatched_to_cluster(fate.dispatched_to_cluster);
    if (fate.nodes)
        out.set_nodes(*fate.nodes);
    if (fate.position) {
        out.mutable_position()->set_epoch(epoch_text(fate.position.epoch));
        out.mutable_position()->set_offset(fate.position.offset);
    }
    out.set_duplicate(fate.duplicate);
    if (fate.error)
        out.set_problem(std::string{name_of(fate.error)});
}

} // namespace push

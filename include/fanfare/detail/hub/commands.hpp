// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HUB_COMMANDS_HPP
#define FANFARE_DETAIL_HUB_COMMANDS_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/base/connection_id.hpp>
#include <fanfare/detail/cluster/cluster.hpp>
#include <fanfare/detail/inbox/ack_tracker.hpp>
#include <fanfare/detail/revocation/revocations.hpp>
#include <fanfare/detail/room/namespaces.hpp>
#include <fanfare/detail/session/session_directory.hpp>
#include <fanfare/detail/wire/envelope.hpp>
#include <fanfare/identity.hpp>

#include <boost/json/object.hpp>
#include <boost/system/result.hpp>

#include <cstddef>
#include <functional>
#include <string_view>

namespace fanfare::detail {

/// What `commands` works with.
struct command_parts {
    const hub_options& options;
    const node_id& node;
    const namespaces& rules;
    session_directory& sessions;
    cluster& others;
    revocations& revoked;
    ack_tracker& acks;
};

/// The command `refresh`, for all connections of a user or for one: `target_kind` is `user` or `connection`. Errors:
/// `unauthorized` for a time that is over; those of the rooms; `invalid_message` for text that is not UTF-8 and numbers that
/// are not finite; `invalid_json` if it is nested deeper, `message_too_large` if it is larger, than the hubs take. Thread-safe.
boost::system::result<json::object> refresh_command(const hub_options& options, const namespaces& rules,
                                                    std::string_view target_kind, std::string_view target,
                                                    const identity_change& change);

/// Carries out what the hubs of a bus ask of each other: `disconnect`, `subscribe`, `unsubscribe`, `refresh`, `revoke`,
/// `stats`, `acked`, and what `cluster` exchanges. Thread-safe.
class commands {
public:
    explicit commands(const command_parts& parts) : parts_{parts} {}
    commands(const commands&) = delete;
    commands& operator=(const commands&) = delete;

    /// A command, as JSON, from the bus; `hubs` of this process get it. What it does not know, or cannot read, it leaves.
    void carry_out(std::string_view text, std::size_t hubs);

private:
    struct target;
    void apply(const target& to, std::function<bool(session&)> work, const command_answer_ptr& answer);
    void disconnect(const target& to, const json::object& fields, const command_answer_ptr& answer);
    void subscribe(const target& to, std::string_view room, const command_answer_ptr& answer);
    void refresh(const target& to, std::string_view text, const json::object& fields,
                 const command_answer_ptr& answer);

    command_parts parts_;
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/hub/commands.ipp>
#endif

#endif

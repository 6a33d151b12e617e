// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HUB_COMMANDS_IPP
#define FANFARE_DETAIL_HUB_COMMANDS_IPP

#include <fanfare/close_code.hpp>
#include <fanfare/detail/base/identity_fields.hpp>
#include <fanfare/detail/base/json_fields.hpp>
#include <fanfare/detail/hub/commands.hpp>
#include <fanfare/detail/session/renewal.hpp>
#include <fanfare/detail/session/session.hpp>
#include <fanfare/options.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace fanfare::detail {

// Whom a command concerns: one connection, or all of a user.
struct commands::target {
    std::string user;
    std::optional<std::uint64_t> connection;
    bool nobody() const noexcept { return user.empty() && !connection; }
};

FANFARE_DECL void commands::carry_out(std::string_view text, std::size_t hubs)
{
    const auto message = parse_envelope(text, parts_.options.max_json_depth, {});
    const auto* fields = message.failed ? nullptr : message.root.if_object();
    command_answer_ptr answer;
    if (!fields || parts_.others.on_message(message.type, *fields, answer))
        return;
    if (answer)
        answer->hubs = hubs;
    if (message.type == "stats") {
        if (answer)
            answer->with_stats = true;
        return;
    }
    if (message.type == "acked")
        return parts_.acks.on_command(*fields);
    if (message.type == "revoke")
        return parts_.revoked.carry_out(*fields, answer);
    const target to{text_field(*fields, "user"), parts_.node.number_of(text_field(*fields, "connection"))};
    if (to.nobody())
        return; // never everybody
    if (message.type == "disconnect")
        disconnect(to, *fields, answer);
    else if (message.type == "subscribe")
        subscribe(to, message.room, answer);
    else if (message.type == "refresh")
        refresh(to, text, *fields, answer);
    else if (message.type == "unsubscribe")
        apply(
            to, [room = std::string{message.room}](session& s) { return s.leave(room); }, answer);
}

// Does something to the target's connections here; the answer counts those for which it was done.
FANFARE_DECL void commands::apply(const target& to, std::function<bool(session&)> work,
                                  const command_answer_ptr& answer)
{
    auto counted = [work = std::move(work), answer](session& s) {
        if (work(s) && answer)
            ++answer->connections;
    };
    if (to.connection)
        parts_.sessions.with_session(*to.connection, std::move(counted));
    else
        parts_.sessions.for_user(to.user, std::move(counted));
}

FANFARE_DECL void commands::disconnect(const target& to, const json::object& fields,
                                       const command_answer_ptr& answer)
{
    const auto code = int_field(fields, "code").value_or(fields.contains("code") ? 0 : 3500);
    apply(
        to,
        [code = static_cast<close_code>(code), reason = text_field(fields, "reason")](session& s) {
            const bool was_open = s.open();
            s.deliver_pending();
            s.close(code, reason);
            return was_open;
        },
        answer);
}

FANFARE_DECL void commands::subscribe(const target& to, std::string_view room, const command_answer_ptr& answer)
{
    error_code ec;
    if (!parts_.rules.rules_for(room, ec))
        return;
    const auto joined = [answer] {
        if (answer)
            ++answer->connections;
    };
    if (to.connection)
        parts_.sessions.join(*to.connection, room, joined);
    else
        parts_.sessions.join_user(to.user, room, joined);
}

// ---- new identities

FANFARE_DECL boost::system::result<json::object>
refresh_command(const hub_options& options, const namespaces& rules, std::string_view target_kind,
                std::string_view target, const identity_change& change)
{
    if (target.empty())
        return error_code{error::invalid_user};
    if (!change.never_expires && change.expires_at && *change.expires_at <= wall_now())
        return error_code{error::unauthorized};
    for (const auto& room : change.rooms.value_or(std::vector<std::string>{})) {
        error_code ec;
        if (!rules.rules_for(room, ec))
            return ec;
        if (target_kind == "user" && is_room_of_another(room, target))
            return error_code{error::invalid_room};
    }
    json::object command{{"type", "refresh"}, {target_kind, target}, {"change", change_fields(change)}};
    if (!is_sendable(command[target_kind]) || !is_sendable(command["change"]))
        return error_code{error::invalid_message};
    std::string text;
    append_json(text, json::value(command));
    if (text.size() > options.max_publish_size)
        return error_code{error::message_too_large};
    if (!is_json(text, options.max_json_depth)) // what hubs read
        return error_code{error::invalid_json};
    return command;
}

FANFARE_DECL void commands::refresh(const target& to, std::string_view text, const json::object& fields,
                                    const command_answer_ptr& answer)
{
    const auto* sent = fields.if_contains("change");
    auto exact = own_value(sent);
    if (const auto written = json_member_text(text, "change"))
        read_doubles_exactly(*written, exact);
    const auto* changes = exact.if_object();
    const auto change = changes ? read_change(*changes) : std::nullopt;
    if (!change)
        return;
    const auto renew = [change = *change, answer](session& s) {
        renewal::start_unasked(
            s, [change](const identity& now) { return changed(now, change); },
            [answer] {
                if (answer)
                    ++answer->connections;
            });
        return false; // it is counted when it has taken effect
    };
    apply(to, renew, answer);
}

} // namespace fanfare::detail

#endif

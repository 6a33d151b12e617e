// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_CONNECTION_REF_IPP
#define FANFARE_CONNECTION_REF_IPP

#include <fanfare/connection_ref.hpp>
#include <fanfare/detail/base/request_type.hpp>
#include <fanfare/detail/session/renewal.hpp>
#include <fanfare/detail/session/session.hpp>
#include <fanfare/detail/session/session_directory.hpp>
#include <fanfare/detail/wire/envelope.hpp>

#include <boost/system/system_error.hpp>

#include <exception>
#include <stdexcept>
#include <utility>

namespace fanfare {
namespace detail {

inline void require_sendable(std::string_view type, const json::value& payload)
{
    if (!is_message_type(type))
        throw std::invalid_argument(
            "fanfare: a message's type must be 1 to 64 bytes of characters that names may have");
    if (!is_sendable(payload))
        throw std::invalid_argument(
            "fanfare: the message has text that is not UTF-8, or a number that is not finite");
}

} // namespace detail

FANFARE_DECL std::string connection_ref::id() const
{
    const auto hub = hub_.lock();
    return hub ? hub->node.id_of(number_) : std::string{};
}

FANFARE_DECL void connection_ref::send(std::string_view type, const json::value& payload) const
{
    const auto hub = hub_.lock();
    if (!hub)
        return;
    detail::require_sendable(type, payload);
    const auto message = detail::encode({.type = type, .payload = &payload}, std::chrono::system_clock::now());
    if (message->payload().size() > hub->options.max_publish_size)
        throw std::length_error("fanfare: the message is above max_publish_size");
    hub->sessions.with_session(number_, [message](detail::session& s) { s.send(message); });
}

FANFARE_DECL void connection_ref::subscribe(std::string_view room) const
{
    if (const auto hub = hub_.lock())
        hub->sessions.join(number_, room);
}

FANFARE_DECL void connection_ref::unsubscribe(std::string_view room) const
{
    if (const auto hub = hub_.lock())
        hub->sessions.with_session(number_, [name = std::string{room}](detail::session& s) { s.leave(name); });
}

FANFARE_DECL void connection_ref::refresh(identity who) const
{
    const auto hub = hub_.lock();
    if (!hub)
        return;
    if (!who.issued_at)
        who.issued_at = detail::wall_now(); // it is new: what was revoked before does not concern it
    if (who.user_id != user_id())
        throw boost::system::system_error{error::forbidden, "fanfare::connection_ref::refresh: another user"};
    if (const auto wrong = hub->admitted.check(who))
        throw boost::system::system_error{wrong, "fanfare::connection_ref::refresh"};
    hub->sessions.with_session(number_, [who = std::move(who)](detail::session& s) {
        detail::renewal::start_unasked(s, [who](const identity&) { return who; });
    });
}

FANFARE_DECL void connection_ref::close(close_code code, std::string_view reason) const
{
    if (const auto hub = hub_.lock())
        hub->sessions.with_session(number_, [code, why = std::string{reason}](detail::session& s) {
            s.deliver_pending();
            s.close(code, why);
        });
}

FANFARE_DECL request::~request()
{
    if (!pending_)
        return;
    try {
        fail(error::handler_failed, "the request was not answered");
    } catch (...) {
        // Out of memory: the client sees no answer, and its connection goes on.
        pending_.reset();
    }
}

FANFARE_DECL request& request::operator=(request&& other) noexcept
{
    request old{std::move(*this)};
    from_ = std::move(other.from_);
    type_ = std::move(other.type_);
    room_ = std::move(other.room_);
    payload_ = std::move(other.payload_);
    id_ = std::move(other.id_);
    pending_ = std::move(other.pending_);
    return *this;
}

template <class F>
void request::finish(F answer)
{
    const auto pending = std::exchange(pending_, nullptr);
    if (!pending)
        return;
    if (const auto hub = from_.hub_.lock())
        hub->sessions.with_session(from_.number_, [id = std::move(id_), began_ns = *pending,
                                                   answer = std::move(answer)](detail::session& s) {
            s.end_request();
            s.home().answered({detail::request_type::application, began_ns});
            answer(s, id.is_null() ? nullptr : &id);
        });
}

FANFARE_DECL void request::reply(std::string_view type, const json::value& payload)
{
    detail::require_sendable(type, payload);
    finish([type = std::string{type}, payload](detail::session& s, const json::value* id) {
        s.send_message(type, &payload, id);
    });
}

FANFARE_DECL void request::fail(error code, std::string_view message)
{
    finish([code, message = std::string{message}](detail::session& s, const json::value* id) {
        s.send_error(code, message, id);
    });
}

FANFARE_DECL void request::fail_with(std::exception_ptr cause)
{
    if (const auto hub = from_.hub_.lock())
        hub->sessions.with_session(from_.number_, [cause](detail::session& s) { s.handler_failed(cause); });
    fail(error::handler_failed, "the handler failed");
}

FANFARE_DECL asio::any_io_executor request::executor() const
{
    const auto hub = from_.hub_.lock();
    return hub ? hub->shards.of(from_.number_)->executor() : asio::any_io_executor{};
}

FANFARE_DECL void request::ignore()
{
    finish([](detail::session&, const json::value*) {});
}

FANFARE_DECL void raw_connection::send(std::string_view data, bool binary)
{
    session_.send(detail::frame::make(binary ? detail::ws_opcode::binary : detail::ws_opcode::text, data));
}

FANFARE_DECL void raw_connection::close(close_code code, std::string_view reason)
{
    session_.close(code, reason);
}

} // namespace fanfare

#endif

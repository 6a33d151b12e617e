// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REQUESTS_REFRESH_HPP
#define FANFARE_DETAIL_REQUESTS_REFRESH_HPP

#include <fanfare/auth.hpp>
#include <fanfare/config.hpp>
#include <fanfare/detail/requests/client_request.hpp>
#include <fanfare/detail/session/renewal.hpp>
#include <fanfare/detail/shard/answer_deadlines.hpp>
#include <fanfare/detail/wire/envelope.hpp>
#include <fanfare/error.hpp>

#include <boost/json/object.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

namespace fanfare::detail {

/// One `refresh` request: the client has brought a new credential. The authenticator of `hub::on_refresh` is asked whose it
/// is, and the answer takes effect as a `renewal`. All of it has `hub_options::authorizer_timeout`. One at a time for a
/// connection. Only on the session's shard, but for the destructor.
class refresh_operation final : public awaits_answer, public std::enable_shared_from_this<refresh_operation> {
public:
    /// Bytes of a token or a ticket.
    static constexpr std::size_t max_credential = 8 * 1024;

    static void start(session& s, const incoming& message);
    /// What the authenticator says. The first one counts.
    void answered(auth_result result);

private:
    explicit refresh_operation(client_request_ptr request);
    session& from() const noexcept { return request_->from(); }
    void ask(std::shared_ptr<const handshake_request> credential);
    void begin_deadline();
    void expire() override;
    void renewed(const error_code& refused, json::object told);
    void fail(error code, std::string_view message, bool offence);
    static void answer(client_request& request, error code, std::string_view message, bool offence);
    client_request_ptr end();

    std::shared_ptr<const session_context> context_;
    client_request_ptr request_; // null once it has ended
    std::weak_ptr<renewal> renewal_;
    std::uint64_t deadline_ = 0;
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/requests/refresh.ipp>
#endif

#endif

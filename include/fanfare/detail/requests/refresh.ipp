// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REQUESTS_REFRESH_IPP
#define FANFARE_DETAIL_REQUESTS_REFRESH_IPP

#include <fanfare/detail/base/initiating_call.hpp>
#include <fanfare/detail/requests/refresh.hpp>

#include <boost/json/value.hpp>

#include <algorithm>
#include <atomic>
#include <exception>
#include <string>

namespace fanfare::detail {

// ---- the credential

// What a header can carry as one word (RFC 9110 section 5.5): what an authenticator finds is what the client has sent.
inline bool is_credential(const json::value& field)
{
    const auto* text = field.if_string();
    return text && !text->empty() && text->size() <= refresh_operation::max_credential &&
           std::all_of(text->begin(), text->end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

inline void append_percent_encoded(std::string& out, std::string_view text)
{
    constexpr std::string_view digits = "0123456789ABCDEF";
    constexpr std::string_view unreserved = "-._~"; // RFC 3986 section 2.3
    for (const char c : text) {
        const bool alphanumeric = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (alphanumeric || unreserved.find(c) != std::string_view::npos) {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out += {'%', digits[byte >> 4U], digits[byte & 15U]};
    }
}

// The request that a client with this credential would have connected with. Null if there is not exactly one.
inline std::shared_ptr<const handshake_request> read_credential(const json::object& payload, std::string address)
{
    const auto* token = payload.if_contains("token");
    const auto* ticket = payload.if_contains("ticket");
    if ((token != nullptr) == (ticket != nullptr) || !is_credential(token ? *token : *ticket))
        return nullptr;
    std::string target = "/";
    handshake_request::header_list headers;
    if (token) {
        headers.emplace_back("Authorization", "Bearer " + std::string{std::string_view{token->get_string()}});
    } else {
        target += "?ticket=";
        append_percent_encoded(target, ticket->get_string());
    }
    return std::make_shared<const handshake_request>("GET", std::move(target), std::move(headers),
                                                     std::move(address));
}

// ---- the authenticator's answer

// It is on its way to the shard. The last copy of an unused one says that there will be none. One that outlives its deadline
// keeps nothing of the connection.
class asked_authenticator {
public:
    asked_authenticator(session& s, std::shared_ptr<refresh_operation> by)
        : home_{s.home()}, hub_{s.context_ptr()}, by_{std::move(by)}
    {}
    ~asked_authenticator() { give(make_refusal(error::timed_out, 503)); }
    asked_authenticator(const asked_authenticator&) = delete;
    asked_authenticator& operator=(const asked_authenticator&) = delete;

    void give(auth_result result)
    {
        if (given_.exchange(true))
            return;
        if (call_.is_inside()) // so on the shard: no detour through its queue
            return by_->answered(std::move(result));
        if (const auto alive = hub_.lock())
            home_.post([by = by_, result = std::make_shared<auth_result>(std::move(result))](shard&) {
                by->answered(std::move(*result));
            });
    }
    void call_returned() noexcept { call_.returned(); }

private:
    shard& home_;
    std::weak_ptr<const session_context> hub_; // whose the shard is
    std::shared_ptr<refresh_operation> by_;
    std::atomic<bool> given_{false};
    initiating_call call_;
};

// ---- the request

FANFARE_DECL refresh_operation::refresh_operation(client_request_ptr request)
    : context_{request->from().context_ptr()}, request_{std::move(request)}
{}

FANFARE_DECL void refresh_operation::start(session& s, const incoming& message)
{
    if (!s.context().handlers.renew)
        return s.refuse(error::unknown_type, "this server takes no new credentials: connect again with it",
                        message.request_id);
    const auto* payload = message.payload ? message.payload->if_object() : nullptr;
    const auto credential = payload ? read_credential(*payload, s.address().to_string()) : nullptr;
    if (!credential)
        return s.refuse(error::invalid_message,
                        "payload needs either token or ticket, of 1 to 8192 visible characters of ASCII",
                        message.request_id);
    auto request = client_request::begin(s, message.request_id);
    if (!request)
        return;
    if (!s.begin_refresh())
        return request->fail(error::too_many_requests, "another credential of this connection is being looked at");
    const std::shared_ptr<refresh_operation> self{new refresh_operation{std::move(request)}};
    self->ask(credential);
    if (self->request_)
        self->begin_deadline();
}

FANFARE_DECL void refresh_operation::ask(std::shared_ptr<const handshake_request> credential)
{
    const boost::intrusive_ptr<session> keep{&from()};
    const auto answer = std::make_shared<asked_authenticator>(*keep, shared_from_this());
    try {
        context_->handlers.renew(std::move(credential),
                                 [answer](auth_result result) { answer->give(std::move(result)); });
    } catch (...) {
        keep->handler_failed(std::current_exception());
        answer->give(make_refusal(error::handler_failed, 503));
    }
    answer->call_returned();
}

FANFARE_DECL void refresh_operation::begin_deadline()
{
    auto& home = from().home();
    const auto wait = home.ticks(context_->options.authorizer_timeout);
    deadline_ = home.answers.add(home.now_ticks() + wait + 1, weak_from_this());
}

FANFARE_DECL void refresh_operation::answered(auth_result result)
{
    if (!request_)
        return; // too late
    auto& s = from();
    if (!result) {
        const auto& why = result.why();
        if (why.cause)
            s.handler_failed(why.cause);
        const auto& text = why.message;
        return fail(why.code, text.empty() ? make_error_code(why.code).message() : text, why.status != 503);
    }
    const auto who = std::make_shared<const identity>(std::move(result.who()));
    renewal_ = renewal::start(
        s, [who](const identity&) { return *who; },
        [self = shared_from_this()](const error_code& refused, json::object told) {
            self->renewed(refused, std::move(told));
        });
}

FANFARE_DECL void refresh_operation::renewed(const error_code& refused, json::object told)
{
    const auto context = context_; // goes after the session
    const auto request = end();
    if (!request)
        return;
    if (!refused)
        return request->reply("refreshed", json::value(std::move(told)));
    answer(*request, own_error(refused),
           refused == error::forbidden      ? "the credential is another user's"
           : refused == error::unauthorized ? "the credential has expired, or was revoked"
                                            : refused.message(),
           refused != error::too_many_requests && refused != error::store_failed);
}

FANFARE_DECL void refresh_operation::expire()
{
    if (!request_)
        return;
    const auto waits = renewal_.lock();
    fail(error::timed_out, "it was not decided in time whether the credential is good", false);
    if (waits)
        waits->cancel();
}

FANFARE_DECL void refresh_operation::fail(error code, std::string_view message, bool offence)
{
    const auto context = context_; // goes after the session
    const auto request = end();
    request->from().home().count().refresh_failures.add();
    answer(*request, code, message, offence);
}

// A credential that is not good is an offence: a client that tries one after the other is closed.
FANFARE_DECL void refresh_operation::answer(client_request& request, error code, std::string_view message,
                                            bool offence)
{
    if (offence && request.from().open())
        request.refuse(code, message);
    else
        request.fail(code, message);
}

// Lets go of all that waited for it, and of what it answers, which is the caller's now.
FANFARE_DECL client_request_ptr refresh_operation::end()
{
    auto request = std::exchange(request_, nullptr);
    context_ = nullptr;
    if (request) {
        request->from().home().answers.remove(deadline_);
        request->from().end_refresh();
    }
    return request;
}

} // namespace fanfare::detail

#endif

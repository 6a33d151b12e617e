// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REQUESTS_APPLICATION_IPP
#define FANFARE_DETAIL_REQUESTS_APPLICATION_IPP

#include <fanfare/connection_ref.hpp>
#include <fanfare/detail/requests/application.hpp>
#include <fanfare/detail/requests/client_request.hpp>
#include <fanfare/detail/shard/request_timer.hpp>

#include <string>
#include <utility>

namespace fanfare::detail {

// Makes the application's `request` of a message, which then holds the place among the pending ones.
struct application_request {
    static request make(session& s, const incoming& message)
    {
        // The handler may keep the request: it gets values of its own, and exactly those that the client wrote.
        auto payload = own_value(message.payload);
        if (const auto text = json_member_text(message.text, "payload"))
            read_doubles_exactly(*text, payload);
        return {s.ref(),
                std::string{message.type},
                std::string{message.room},
                std::move(payload),
                own_value(message.request_id),
                request_timer::take_over(s.home()).began_ns};
    }
};

FANFARE_DECL void start_application_request(session& s, const incoming& message)
{
    const auto& handlers = s.context().handlers;
    const auto handler = handlers.messages.find(message.type);
    if (handler == handlers.messages.end())
        return s.refuse(error::unknown_type, "unknown message type: " + std::string{message.type},
                        message.request_id);
    if (!s.begin_request())
        return refuse_request(s, message.request_id);
    // One that throws has let the request answer, by its destructor.
    handlers.call(s.home(), handler->second, application_request::make(s, message));
}

} // namespace fanfare::detail

#endif

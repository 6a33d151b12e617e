// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_HTTP_SESSION_IPP
#define FANFARE_DETAIL_HTTP_HTTP_SESSION_IPP

#include <fanfare/detail/http/cors.hpp>
#include <fanfare/detail/http/http_session.hpp>
#include <fanfare/detail/http/request_rules.hpp>
#include <fanfare/detail/http/socket_options.hpp>
#include <fanfare/detail/http/upgrade.hpp>
#include <fanfare/detail/http/wait_for_answer.hpp>
#include <fanfare/detail/hub/hub_core.hpp>
#include <fanfare/sse.hpp>
#include <fanfare/websocket.hpp>

#include <boost/beast/http/verb.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

namespace fanfare::detail {

inline constexpr std::string_view event_path = "/api/v1/sse";

inline std::string_view target_of(const http_request& request)
{
    return {request.target().data(), request.target().size()};
}

FANFARE_DECL http_session::http_session(const http_service& service, net_stream stream, shard& home)
    : service_{service}, home_{home}, stream_{std::move(stream),
                                              {service.options.handshake_timeout, service.options.max_header,
                                               service.options.max_body}},
      caller_{peer_address(stream_.next_layer())}
{}

FANFARE_DECL asio::awaitable<void> http_session::run(pending_connection& pending)
{
    closable_stream closable{pending, stream_.next_layer()};
    if (!co_await handshake())
        co_return co_await stream_.drain();
    for (;;) {
        const auto request = co_await stream_.read();
        if (!request)
            break;
        if (const auto to = endpoint_of(*request); to != endpoint::http) {
            closable.reset();
            co_await accept(*request, to);
            co_return;
        }
        auto answer = co_await respond(*request);
        // Whoever made the answer: RFC 9112 section 9.6.
        const bool more = answer.keep_alive() && keeps_alive(*request) && !service_.stopped;
        answer.keep_alive(more);
        if (!co_await stream_.write(std::move(answer), request->method() == http::verb::head) || !more)
            break;
    }
    co_await stream_.drain();
}

FANFARE_DECL asio::awaitable<bool> http_session::handshake()
{
    if (!stream_.next_layer().has_tls())
        co_return true;
    auto& count = service_.hub->count;
    const pending_place among{service_.handshakes, home_, stream_.next_layer()};
    if (co_await stream_.handshake()) {
        count.tls_failed.add();
        co_return false;
    }
    tls_ = stream_.next_layer().engine()->peer();
    count.tls_handshakes.add();
    if (tls_->resumed)
        count.tls_resumed.add();
    co_return true;
}

FANFARE_DECL handshake_request http_session::describe_request(const http_request& request) const
{
    return describe(request, caller_, tls_);
}

FANFARE_DECL http_session::endpoint http_session::endpoint_of(const http_request& request) const
{
    const auto path = path_of(target_of(request));
    const auto method = request.method();
    if (path == service_.options.path && asks_for_websocket(request))
        return endpoint::websocket;
    if (service_.options.events && path == event_path && (method == http::verb::get || method == http::verb::head))
        return endpoint::event_stream;
    return endpoint::http;
}

FANFARE_DECL std::optional<refusal> http_session::gate(const handshake_request& view) const
{
    if (auto refused = service_.options.hosts.check(view))
        return refused;
    return service_.options.origins.check(view);
}

FANFARE_DECL asio::awaitable<void> http_session::accept(const http_request& request, endpoint to)
{
    const auto& options = service_.options;
    if (to == endpoint::websocket) // before the authenticator, which may use a credential up
        if (auto fault = handshake_fault(request)) {
            co_await end_with(std::move(*fault), request);
            co_return;
        }
    const auto view = describe_request(request);
    const auto origin = to == endpoint::event_stream ? permitted_origin(view, options.origins) : std::string{};
    std::optional<auth_result> result;
    if (const auto refused = gate(view))
        result.emplace(*refused);
    else if (request.method() == http::verb::head)
        result.emplace(identity{}); // a safe method (RFC 9110 section 9.2.1): it must not use a ticket up
    else
        result.emplace(co_await authenticate(view));
    if (!*result) {
        co_await refuse(result->why(), request, origin);
        co_return;
    }
    if (request.method() == http::verb::head) {
        co_await stream_.write(event_stream_answer(view, origin, request.version()), true);
        co_return co_await stream_.drain();
    }
    if (to == endpoint::event_stream)
        co_return accept_event_stream(service_.hub, &home_, stream_.release(), view, request.version(),
                                      std::move(result->who()), event_options{origin});
    accept_options how{std::string{chosen_subprotocol(view, *result)}, std::string{stream_.read_ahead()},
                       options.handshake_timeout};
    accept_websocket(service_.hub, &home_, stream_.release(), request, std::move(result->who()), std::move(how));
}

FANFARE_DECL asio::awaitable<auth_result> http_session::authenticate(const handshake_request& view)
{
    if (!service_.options.authenticate)
        co_return auth_result{identity{}};
    // An authenticator may look at it after the deadline.
    const auto owned = std::make_shared<const handshake_request>(view);
    std::function<void(auth_done)> start = [this, owned](auth_done done) {
        service_.options.authenticate(owned, std::move(done));
    };
    auto answer = co_await wait_for_answer<auth_result>(service_.options.handshake_timeout, std::move(start));
    if (!answer)
        co_return auth_result{make_refusal(error::timed_out, 503)};
    if (!*answer && answer->why().cause)
        report_exception(answer->why().cause);
    co_return std::move(*answer);
}

FANFARE_DECL asio::awaitable<void> http_session::refuse(const refusal& why, const http_request& request,
                                                        const std::string& origin)
{
    auto answer = refusal_response(why, request.version());
    allow_origin(answer, origin);
    co_await end_with(std::move(answer), request);
}

FANFARE_DECL asio::awaitable<void> http_session::end_with(http_response answer, const http_request& request)
{
    service_.hub->admitted.count_refusal();
    answer.keep_alive(false);
    co_await stream_.write(std::move(answer), request.method() == http::verb::head);
    co_await stream_.drain();
}

FANFARE_DECL http_response http_session::event_stream_answer(const handshake_request& view,
                                                             const std::string& origin, unsigned version)
{
    event_stream_request wanted;
    http_response answer;
    if (const auto problem = event_stream_problem(*service_.hub, view, wanted); !problem.empty())
        answer = error_response(400, error::invalid_message, problem, version);
    else
        static_cast<http::header<false, http::fields>&>(answer) = event_stream_head({}, version);
    allow_origin(answer, origin);
    answer.keep_alive(false);
    return answer;
}

FANFARE_DECL asio::awaitable<http_response> http_session::respond(const http_request& request)
{
    if (target_of(request) == "*") // only OPTIONS has it
        co_return methods_response(server_methods, request.version());
    const bool events = service_.options.events && path_of(target_of(request)) == event_path;
    const auto origin =
        events ? permitted_origin(describe_request(request), service_.options.origins) : std::string{};
    if (events && request.method() == http::verb::options)
        co_return preflight_response(request, origin);
    if (!http_api::handles(target_of(request)))
        co_return application_response(request);
    auto answer = co_await api_response(request);
    allow_origin(answer, origin);
    if (events && answer.result_int() == 405)
        answer.set(http::field::allow, event_methods);
    co_return answer;
}

FANFARE_DECL asio::awaitable<http_response> http_session::api_response(const http_request& request)
{
    const auto here = std::make_shared<const char>(); // as long as this waits
    std::function<bool()> wanted = [asked = std::weak_ptr{here}] { return !asked.expired(); };
    std::function<void(http_api::done_type)> start = [this, &request, &wanted](http_api::done_type done) {
        try {
            service_.api.async_handle(request, caller_, done, wanted);
        } catch (...) { // the application's `issue_ticket`
            done(handler_failed_response(request.version()));
        }
    };
    auto answer = co_await wait_for_answer<http_response>(service_.options.handshake_timeout, std::move(start));
    if (!answer)
        co_return error_response(504, error::timed_out, "no answer in time", request.version());
    co_return std::move(*answer);
}

FANFARE_DECL http_response http_session::application_response(const http_request& request)
{
    http_response answer{http::status::ok, request.version()};
    const auto& on_request = service_.options.on_request;
    try {
        bool answered = on_request && on_request(request, answer);
        if (!answered && on_request && request.method() == http::verb::head) {
            // HEAD is GET without the body (RFC 9110 section 9.3.2), also where the application knows GET only.
            auto whole = request;
            whole.method(http::verb::get);
            answer = http_response{http::status::ok, request.version()};
            answered = on_request(whole, answer);
        }
        if (!answered)
            answer = default_response(request);
    } catch (...) {
        answer = handler_failed_response(request.version());
    }
    settle_payload(answer);
    return answer;
}

FANFARE_DECL http_response http_session::default_response(const http_request& request) const
{
    const auto version = request.version();
    if (path_of(target_of(request)) != service_.options.path)
        return error_response(404, error::invalid_message, "no such path", version);
    switch (request.method()) {
    case http::verb::get:
    case http::verb::head: return upgrade_required("this path wants a WebSocket upgrade", version);
    case http::verb::options: return methods_response(read_methods, version);
    default: return wrong_method_response(read_methods, version);
    }
}

// What `on_exception` throws itself is contained by the hub.
FANFARE_DECL void http_session::report_exception(const std::exception_ptr& cause)
{
    service_.hub->handlers.failed(home_, cause);
}

FANFARE_DECL http_response http_session::handler_failed_response(unsigned version)
{
    report_exception(std::current_exception());
    const auto code = error::handler_failed;
    return error_response(500, code, make_error_code(code).message(), version);
}

} // namespace fanfare::detail

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_HTTP_SESSION_IPP
#define FANFARE_DETAIL_HTTP_HTTP_SESSION_IPP

#include <fanfare/detail/http/accept_client.hpp>
#include <fanfare/detail/http/cors.hpp>
#include <fanfare/detail/http/http_session.hpp>
#include <fanfare/detail/http/request_call.hpp>
#include <fanfare/detail/http/request_record.hpp>
#include <fanfare/detail/http/request_rules.hpp>
#include <fanfare/detail/http/wait_for_answer.hpp>
#include <fanfare/detail/hub/hub_core.hpp>
#include <fanfare/detail/net/stream_layers.hpp>
#include <fanfare/handshake.hpp>

#include <boost/beast/http/verb.hpp>

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

namespace fanfare::detail {

inline std::string_view target_of(const http_request& request)
{
    return {request.target().data(), request.target().size()};
}

inline http_response late_response(unsigned version)
{
    return error_response(504, error::timed_out, "no answer in time", version);
}

FANFARE_DECL http_session::http_session(const http_service& service, net_stream stream, shard& home,
                                        bool proxy_protocol)
    : service_{service}, home_{home}, stream_{std::move(stream),
                                              {service.options.handshake_timeout, service.options.max_header,
                                               service.options.max_body},
                                              service.stopped},
      proxy_protocol_{proxy_protocol}, peer_{known_peer_address(stream_.next_layer())}
{}

FANFARE_DECL asio::awaitable<void> http_session::run(pending_connection& pending)
{
    closable_stream closable{pending, stream_.next_layer(), &stream_.waits_for_client()};
    // Accepted in the last moment, or of a client that is gone already.
    if (!peer_ || (service_.stopped && !stream_.next_layer().has_input()))
        co_return;
    if (!co_await begin())
        co_return co_await stream_.drain();
    const auto limit = service_.options.max_requests_per_connection;
    bool fresh =
        proxy_protocol_ || stream_.next_layer().has_tls(); // who is done with these will now ask for something
    for (std::uint32_t count = 1; !service_.stopped || fresh || stream_.has_more(); ++count) {
        auto request = co_await stream_.read(std::exchange(fresh, false) && service_.stopped);
        if (!request) {
            if (const auto status = stream_.refused()) // nobody knows what it was
                request_record{*service_.hub, http::verb::unknown, "other"}.answered(status);
            break;
        }
        const bool known = apply_proxy_rules(*request);
        const auto purpose = service_.door->purpose_of(*request);
        const bool enters = purpose == request_purpose::websocket || purpose == request_purpose::event_stream;
        const request_record record{*service_.hub, request->method(), service_.door->route_of(*request)};
        if (!known) {
            if (enters)
                service_.hub->admitted.count_refusal(error::invalid_message);
            auto fault = contradictory_proxies();
            record.answered(static_cast<unsigned>(fault.status));
            auto refusing = stream_.refuse(std::move(fault), request->method() == http::verb::head);
            co_await std::move(refusing);
            break;
        }
        if (enters) {
            closable.reset();
            co_await accept(std::move(*request));
            co_return;
        }
        const bool goes_on = keeps_alive(*request);
        const bool head_only = request->method() == http::verb::head;
        auto answer = co_await respond(*request, purpose);
        record.answered(answer.result_int());
        // Whoever made the answer: RFC 9112 section 9.6.
        const bool last = service_.stopped || (limit != 0 && count >= limit);
        const bool more = answer.keep_alive() && goes_on && !last;
        answer.keep_alive(more);
        if (!co_await stream_.write(std::move(answer), head_only) || !more)
            break;
    }
    co_await stream_.drain();
}

FANFARE_DECL asio::awaitable<bool> http_session::begin()
{
    std::optional<pending_place> among; // who says nothing has no more of OpenSSL's memory than these have
    if (stream_.next_layer().has_tls())
        among.emplace(service_.handshakes, home_, stream_.next_layer());
    if (proxy_protocol_ && !co_await read_proxy_header())
        co_return false;
    co_return co_await handshake();
}

FANFARE_DECL asio::awaitable<bool> http_session::read_proxy_header()
{
    proxy_header header;
    std::optional<request_fault> fault;
    if (!service_.options.proxies.trusts(*peer_))
        fault.emplace(request_fault{403, "this address is no trusted proxy's"});
    else if (!co_await stream_.read_proxy_header(header))
        co_return false;
    else if (header.now() != proxy_header::state::complete)
        fault.emplace(request_fault{400, header.fault()});
    if (fault) {
        service_.hub->admitted.count_refusal(fault->status == 403 ? error::forbidden : error::invalid_message);
        auto refusing = stream_.refuse_peer(std::move(*fault)); // GCC 12 destroys a temporary in such a call twice
        co_await std::move(refusing);
        co_return false;
    }
    relayed_ = !header.local();
    if (relayed_)
        peer_ = header.source();
    co_return true;
}

FANFARE_DECL bool http_session::apply_proxy_rules(http_request& request)
{
    remove_prefix(request, service_.options.path_prefix);
    if (!peer_) { // nobody vouches for the headers
        caller_ = {{}, true};
        return true;
    }
    const auto client = service_.options.proxies.client_of(*peer_, request);
    if (client)
        caller_ = {client->address, client->forwarded || relayed_};
    return client.has_value();
}

FANFARE_DECL asio::awaitable<bool> http_session::handshake()
{
    if (!stream_.next_layer().has_tls())
        co_return true;
    auto& count = service_.hub->count;
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

FANFARE_DECL asio::awaitable<void> http_session::accept(http_request request)
{
    auto view = std::make_shared<const handshake_request>(describe_request(request, caller_.address, tls_));
    arrival client{std::move(request.base()), std::move(view), caller_.address, std::string{stream_.read_ahead()}};
    auto accepting = accept_client(service_.door, &home_, stream_.release(), std::move(client));
    co_await std::move(accepting);
}

FANFARE_DECL asio::awaitable<http_response> http_session::respond(http_request& request, request_purpose purpose)
{
    if (target_of(request) == "*") // only OPTIONS has it
        co_return methods_response(server_methods, request.version());
    const bool events = service_.door->is_for_events(request);
    std::string page; // of the API's others `http_api` knows itself
    if (events)
        page = service_.door->page_of(describe_request(request, caller_.address, tls_));
    if (purpose == request_purpose::preflight)
        co_return preflight_response(request.version(), event_methods, page);
    if (!service_.api.handles(target_of(request))) {
        if (!service_.options.on_request.coroutine())
            co_return application_response(request);
        auto waiting = awaited_response(std::move(request));
        co_return co_await std::move(waiting);
    }
    auto answer = co_await api_response(request);
    allow_origin(answer, page);
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
            // What is forwarded has no rights of this machine's, whatever the proxies say.
            service_.api.async_handle(request, caller_.forwarded ? asio::ip::address{} : caller_.address, done,
                                      wanted);
        } catch (...) { // an application's function: `issue_ticket`, `more_metrics`
            done(failed_response(request.version()));
        }
    };
    auto answer = co_await wait_for_answer<http_response>(service_.options.handshake_timeout, std::move(start));
    if (!answer)
        co_return late_response(request.version());
    co_return std::move(*answer);
}

FANFARE_DECL http_response http_session::application_response(const http_request& request)
{
    http_response answer{http::status::ok, request.version()};
    const auto& handler = service_.options.on_request.plain();
    try {
        if (!handler || !call_handler(handler, request, answer))
            answer = default_response(target_of(request), request.method(), request.version());
    } catch (...) {
        answer = failed_response(request.version());
    }
    settle_payload(answer);
    return answer;
}

FANFARE_DECL asio::awaitable<http_response> http_session::awaited_response(http_request request)
{
    const auto version = request.version();
    const auto method = request.method();
    const auto call = std::make_shared<request_call>(service_.hub, home_, service_.options.on_request.coroutine(),
                                                     std::move(request));
    const auto end = co_await call->run(service_.options.handshake_timeout);
    http_response answer;
    switch (end) {
    case handler_end::answered: answer = std::move(call->answer()); break;
    case handler_end::passed: answer = default_response(target_of(call->request()), method, version); break;
    case handler_end::failed: answer = handler_failed_response(version); break;
    case handler_end::timed_out: answer = late_response(version); break;
    }
    settle_payload(answer);
    co_return answer;
}

FANFARE_DECL http_response http_session::default_response(std::string_view target, http::verb method,
                                                          unsigned version) const
{
    if (path_of(target) != service_.options.path)
        return error_response(404, error::invalid_message, "no such path", version);
    switch (method) {
    case http::verb::get:
    case http::verb::head: return upgrade_required("this path wants a WebSocket upgrade", version);
    case http::verb::options: return methods_response(read_methods, version);
    default: return wrong_method_response(read_methods, version);
    }
}

// What `on_exception` throws itself is contained by the hub.
FANFARE_DECL http_response http_session::failed_response(unsigned version)
{
    service_.hub->handlers.failed(home_, std::current_exception());
    return handler_failed_response(version);
}

} // namespace fanfare::detail

#endif

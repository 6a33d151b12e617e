// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_REQUEST_CALL_HPP
#define FANFARE_DETAIL_HTTP_REQUEST_CALL_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/http/message.hpp>
#include <fanfare/detail/hub/hub_core.hpp>
#include <fanfare/detail/shard/shard.hpp>
#include <fanfare/request_handler.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <chrono>
#include <exception>
#include <memory>

namespace fanfare::detail {

/// Calls an application's handler. True: it has filled `answer` in. A HEAD that it does not know is asked as GET: HEAD is
/// GET without the body (RFC 9110 section 9.3.2). Throws what the handler throws.
bool call_handler(const any_request_handler::plain_type& handler, const http_request& request,
                  http_response& answer);

/// How a coroutine of the application's that answers a request has ended.
enum class handler_end { answered, passed, failed, timed_out };

/// The same for a coroutine, with all that it refers to: the coroutine may go on when nobody waits for it any more. Only on
/// the shard.
class request_call : public std::enable_shared_from_this<request_call> {
public:
    request_call(std::shared_ptr<hub_core> hub, shard& home,
                 std::shared_ptr<const any_request_handler::coroutine_type> handler, http_request request);

    /// Runs the coroutine, for at most `timeout`; then it is cancelled. What it throws is told to `hub::on_exception`.
    asio::awaitable<handler_end> run(std::chrono::milliseconds timeout);

    const http_request& request() const noexcept { return request_; }
    /// When the coroutine has answered.
    http_response& answer() noexcept { return answer_; }

private:
    static asio::awaitable<bool> call(std::shared_ptr<request_call> self);
    handler_end end_of(const std::exception_ptr& thrown, bool answered);
    http_response empty_answer() const { return {http::status::ok, request_.version()}; }

    std::shared_ptr<hub_core> hub_;
    shard& home_;
    std::shared_ptr<const any_request_handler::coroutine_type> handler_;
    http_request request_;
    http_response answer_;
    asio::cancellation_signal stop_;
    bool stopped_ = false;
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/http/request_call.ipp>
#endif

#endif

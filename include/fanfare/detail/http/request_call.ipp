// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_REQUEST_CALL_IPP
#define FANFARE_DETAIL_HTTP_REQUEST_CALL_IPP

#include <fanfare/detail/http/request_call.hpp>
#include <fanfare/detail/http/wait_for_answer.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/beast/http/verb.hpp>
#include <boost/system/system_error.hpp>

#include <functional>
#include <utility>

namespace fanfare::detail {

FANFARE_DECL bool call_handler(const any_request_handler::plain_type& handler, const http_request& request,
                               http_response& answer)
{
    if (handler(request, answer))
        return true;
    if (request.method() != http::verb::head)
        return false;
    auto whole = request;
    whole.method(http::verb::get);
    answer = http_response{http::status::ok, request.version()};
    return handler(whole, answer);
}

// Whether a coroutine threw only since it was cancelled.
inline bool is_cancelled(const std::exception_ptr& thrown)
{
    try {
        std::rethrow_exception(thrown);
    } catch (const boost::system::system_error& e) {
        return e.code() == asio::error::operation_aborted;
    } catch (...) {
        return false;
    }
}

FANFARE_DECL request_call::request_call(std::shared_ptr<hub_core> hub, shard& home,
                                        std::shared_ptr<const any_request_handler::coroutine_type> handler,
                                        http_request request)
    : hub_{std::move(hub)}, home_{home}, handler_{std::move(handler)}, request_{std::move(request)},
      answer_{empty_answer()}
{}

FANFARE_DECL asio::awaitable<bool> request_call::call(std::shared_ptr<request_call> self)
{
    const auto& handler = *self->handler_;
    bool answered = co_await handler(self->request_, self->answer_);
    if (!answered && self->request_.method() == http::verb::head) {
        self->request_.method(http::verb::get);
        self->answer_ = self->empty_answer();
        answered = co_await handler(self->request_, self->answer_);
    }
    co_return answered;
}

FANFARE_DECL handler_end request_call::end_of(const std::exception_ptr& thrown, bool answered)
{
    if (!thrown)
        return answered ? handler_end::answered : handler_end::passed;
    if (!stopped_ || !is_cancelled(thrown))
        hub_->handlers.failed(home_, thrown);
    return handler_end::failed;
}

FANFARE_DECL asio::awaitable<handler_end> request_call::run(std::chrono::milliseconds timeout)
{
    std::function<void(std::function<void(handler_end)>)> start = [self = shared_from_this()](auto done) {
        asio::co_spawn(self->home_.executor(), call(self),
                       asio::bind_cancellation_slot(self->stop_.slot(),
                                                    [self, done](std::exception_ptr thrown, bool answered) {
                                                        done(self->end_of(thrown, answered));
                                                    }));
    };
    const auto ended = co_await wait_for_answer<handler_end>(timeout, std::move(start));
    if (ended)
        co_return *ended;
    stopped_ = true;
    stop_.emit(asio::cancellation_type::terminal);
    co_return handler_end::timed_out;
}

} // namespace fanfare::detail

#endif

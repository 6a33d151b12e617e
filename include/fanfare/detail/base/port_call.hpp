// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_BASE_PORT_CALL_HPP
#define FANFARE_DETAIL_BASE_PORT_CALL_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/base/port_metrics.hpp>
#include <fanfare/detail/base/port_observer.hpp>
#include <fanfare/error.hpp>

#include <atomic>
#include <exception>
#include <functional>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>

namespace fanfare::detail {

/// What an answer says that begins with an error, or is an object with one.
template <class First, class... Rest>
error_code error_of_answer(const First& first, const Rest&...)
{
    if constexpr (std::is_convertible_v<const First&, error_code>)
        return first;
    else
        return first.error;
}

/// The answer of an application's bus or store, that somebody waits for: the first one counts, and there is one in any
/// case. If the handler is destroyed without a call it is `otherwise`. Thread-safe.
template <class... Arguments>
class port_answer {
public:
    using handler = std::function<void(Arguments...)>;

    explicit port_answer(handler done, std::decay_t<Arguments>... otherwise)
        : done_{std::move(done)}, otherwise_{std::move(otherwise)...}
    {}
    /// `done` must not throw, as the ports' concepts say. It has no executor to be posted to, and whoever destroys a
    /// handler expects no exception: here one ends the program.
    ~port_answer()
    {
        if (given_.exchange(true))
            return;
        timer_.ended(std::apply([](const auto&... with) { return error_of_answer(with...); }, otherwise_));
        std::apply(done_, std::move(otherwise_));
    }
    port_answer(const port_answer&) = delete;
    port_answer& operator=(const port_answer&) = delete;

    /// The call begins now: it is counted, and measured until the answer. Before the port is called; not thread-safe.
    void measure(std::shared_ptr<port_metrics> all, store_operation which) noexcept
    {
        metrics_ = std::move(all);
        timer_ = {metrics_.get(), which};
    }

    void give(Arguments... with)
    {
        if (given_.exchange(true))
            return;
        timer_.ended(error_of_answer(with...));
        // Moved out, so that what it holds goes with the call, and not with the port's last copy of the handler.
        std::exchange(done_, {})(std::forward<Arguments>(with)...);
    }
    /// Nobody is to be answered any more. False if the answer was given.
    bool forget() noexcept
    {
        if (given_.exchange(true))
            return false;
        done_ = {};
        return true;
    }

private:
    handler done_;
    std::tuple<std::decay_t<Arguments>...> otherwise_;
    std::atomic<bool> given_{false};
    std::shared_ptr<port_metrics> metrics_; // outlives the hub, if the answer does
    port_call_timer timer_;
};

/// What a port is given to call.
template <class... Arguments>
std::function<void(Arguments...)> handler_of(const std::shared_ptr<port_answer<Arguments...>>& answer)
{
    return [answer](Arguments... with) { answer->give(std::forward<Arguments>(with)...); };
}

/// Calls a port by `call(handler)`. If that throws, the answer is `failure`, and the exception is told.
template <class... Arguments, class Call, class... Failure>
void call_port(const exception_sink& thrown, const std::shared_ptr<port_answer<Arguments...>>& answer, Call call,
               Failure... failure)
{
    try {
        call(handler_of(answer));
    } catch (...) {
        if (thrown) // first: what is answered may let go of the sink
            thrown(std::current_exception());
        answer->give(std::move(failure)...);
    }
}

/// Asks a store by `call(handler)`, for `done`. If the store throws, the answer is `store_failed`; if it destroys the
/// handler without a call, `forgotten`.
template <class... Answer, class Call>
void ask_store(const port_observer& told, store_operation which, std::function<void(error_code, Answer...)> done,
               error forgotten, Call call)
{
    const auto answer =
        std::make_shared<port_answer<error_code, Answer...>>(std::move(done), error_code{forgotten}, Answer{}...);
    answer->measure(told.metrics, which);
    call_port(told.thrown, answer, std::move(call), error_code{error::store_failed}, Answer{}...);
}

} // namespace fanfare::detail

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_TESTING_BLOCKING_ANSWER_HPP
#define FANFARE_DETAIL_TESTING_BLOCKING_ANSWER_HPP

#include <fanfare/config.hpp>
#include <fanfare/testing/check.hpp>

#include <chrono>
#include <future>
#include <memory>
#include <string_view>
#include <utility>

namespace fanfare::detail {

/// The first answer counts: an adapter that answers twice is told so by the check that counts the answers.
template <class Answer>
void set_once(std::promise<Answer>& to, Answer value)
{
    try {
        to.set_value(std::move(value));
    } catch (const std::future_error&) { // it has an answer
    }
}

/// Calls `start(handler)` and waits until the handler is called with an error and an answer, for at most `patience`: then
/// `clause` is broken.
template <class Answer, class Start>
std::pair<error_code, Answer> blocking_answer(std::string_view clause, std::chrono::milliseconds patience,
                                              Start start)
{
    using both = std::pair<error_code, Answer>;
    const auto promise = std::make_shared<std::promise<both>>();
    auto answer = promise->get_future();
    start([promise](error_code ec, Answer got) { set_once(*promise, both{ec, std::move(got)}); });
    if (answer.wait_for(patience) != std::future_status::ready)
        throw testing::broken_promise{clause, "the handler of an operation was not called"};
    return answer.get();
}

} // namespace fanfare::detail

#endif

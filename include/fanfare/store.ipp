// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_STORE_IPP
#define FANFARE_STORE_IPP

#include <fanfare/detail/base/port_call.hpp>
#include <fanfare/detail/base/port_metrics.hpp>
#include <fanfare/error.hpp>
#include <fanfare/store.hpp>

#include <algorithm>
#include <exception>
#include <functional>
#include <memory>
#include <utility>

namespace fanfare {

namespace detail {

// The handler of a read, for whatever a store answers.
inline history_done checked_page(const history_query& query, history_done done)
{
    return [limit = query.limit, bytes = query.bytes, done = std::move(done)](error_code ec, history_page page) {
        for (const auto& m : page.messages)
            if (!m.body.starts_with('{') || !m.body.ends_with('}'))
                ec = error::store_failed; // no envelope: another program has written into the store
        page.messages.resize(std::min(limit, count_in_page(page.messages, bytes)));
        done(ec, ec ? history_page{} : std::move(page));
    };
}

} // namespace detail

FANFARE_DECL void any_store::async_append(history_append message, append_done done)
{
    if (held_->answers_within_call())
        return append_within_call(std::move(message), done);
    const auto answer = std::make_shared<detail::port_answer<const append_answer&>>(
        std::move(done), append_answer{.error = error::delivery_unknown});
    answer->measure(observer_.metrics, detail::store_operation::history_append);
    detail::call_port(
        observer_.thrown, answer,
        [&](append_done handler) { held_->append(std::move(message), std::move(handler)); },
        append_answer{.error = error::store_failed});
}

FANFARE_DECL void any_store::async_read(std::string_view room, const history_query& query, history_done done)
{
    detail::ask_store(
        observer_, detail::store_operation::history_read, std::move(done), error::store_failed,
        [&](history_done handler) { held_->read(room, query, detail::checked_page(query, std::move(handler))); });
}

FANFARE_DECL void any_store::append_within_call(history_append message, const append_done& done)
{
    bool answered = false;
    const detail::port_call_timer timer{observer_.metrics.get(), detail::store_operation::history_append};
    const auto tell = [&](const append_answer& answer) {
        answered = true;
        timer.ended(answer.error);
        done(answer);
    };
    try {
        held_->append(std::move(message), std::cref(tell)); // which is not copied to the heap
    } catch (...) {
        if (observer_.thrown)
            observer_.thrown(std::current_exception());
        if (!answered)
            tell({.error = error::store_failed});
    }
}

} // namespace fanfare

#endif

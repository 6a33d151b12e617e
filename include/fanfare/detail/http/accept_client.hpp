// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_ACCEPT_CLIENT_HPP
#define FANFARE_DETAIL_HTTP_ACCEPT_CLIENT_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/http/admission.hpp>
#include <fanfare/detail/http/cors.hpp>
#include <fanfare/detail/http/gatekeeper.hpp>
#include <fanfare/detail/http/last_answer.hpp>
#include <fanfare/detail/http/message.hpp>
#include <fanfare/detail/http/request_record.hpp>
#include <fanfare/detail/net/stream_layers.hpp>
#include <fanfare/options.hpp>
#include <fanfare/sse.hpp>
#include <fanfare/websocket.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/beast/http/verb.hpp>

#include <memory>
#include <utility>

namespace fanfare::detail {

/// Asks the gatekeeper about a client, then hands its stream over to the hub, or answers why not and ends the connection.
/// Runs on the stream's executor, and completes when the stream is not its own any more.
///
/// `home`: the shard that the connection is on and will live on; null: it is on none yet, and the hub chooses.
template <class Stream>
asio::awaitable<void> accept_client(std::shared_ptr<const gatekeeper> door, shard* home, Stream stream,
                                    arrival client)
{
    const auto version = client.head.version();
    const bool head_only = client.head.method() == http::verb::head;
    const request_record record{*door->hub(), client.head.method(), door->route_of(client.head)};
    auto decided = co_await door->examine(client, home);
    admission place{door->hub(), std::move(decided.who), client.address, true};
    if (!decided.answer)
        if (const auto ec = place.take()) {
            decided.answer.emplace(place.refusal(ec, version));
            allow_origin(*decided.answer, decided.origin);
        }
    if (decided.answer) {
        record.answered(decided.answer->result_int());
        auto writing = write_last(std::move(stream), std::move(*decided.answer), head_only, door->timeout());
        co_await std::move(writing);
        co_return;
    }
    const bool events = decided.purpose == request_purpose::event_stream;
    record.answered(events ? 200 : 101);
    if (events) {
        event_options how{std::move(decided.origin), door->timeout()};
        accept_event_stream(home, std::move(stream), *client.view, version, std::move(place), std::move(how));
        co_return;
    }
    accept_options how{std::move(decided.subprotocol), std::move(client.early), door->timeout()};
    accept_websocket(home, std::move(stream), std::move(client.head), std::move(place), std::move(how));
}

} // namespace fanfare::detail

#endif

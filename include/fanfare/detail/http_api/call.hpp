// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_API_CALL_HPP
#define FANFARE_DETAIL_HTTP_API_CALL_HPP

#include <fanfare/auth.hpp>
#include <fanfare/config.hpp>
#include <fanfare/detail/http/message.hpp>
#include <fanfare/detail/shard/read_lines.hpp>
#include <fanfare/error.hpp>
#include <fanfare/fwd.hpp>

#include <boost/asio/ip/address.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace fanfare {
struct http_api_options;
}

namespace fanfare::detail {

/// Answers a request of the API, once. Copied into callbacks: the request itself may be gone by then.
struct api_reply {
    unsigned version;
    bool keep_alive;
    bool head; ///< The answer keeps its body's length, and no body (RFC 9110 section 9.3.2).
    std::function<void(http_response)> done;
    std::string page; ///< The origin of the page that may read the answer; empty: of none.
    int instead_of_success =
        0; ///< 412 or 304: what is answered in place of a 2xx (RFC 9110 section 13.2.1); 0: nothing.

    void answer(int status, const json::value& body) const;
    void answer_text(int status, std::string body) const;
    /// `{"error":{"code","message"}}`.
    void fail(int status, error code, std::string_view message) const;
    /// With the status and the message that belong to the code.
    void fail(error code) const;
    void fail(error_code code) const;
    /// An error of an inbox, whose message says more.
    void fail_inbox(error_code code) const;
    void send(http_response out) const;
    /// 412: nothing here has a tag or a date that `If-Match` could name.
    void fail_condition() const;
};

/// One request of the API, with what its handler needs. Valid only during the call of the handler; what is answered
/// later copies the `api_reply`.
struct api_call : api_reply {
    const http_request& request;
    const asio::ip::address& caller;
    handshake_request view;
    hub_core& hub;
    const http_api_options& options;
    std::function<bool()> wanted; ///< Whether somebody waits for the answer still; empty: always.

    /// Calls `start` when it is the turn of a read for this request, unless that is refused (too many wait, or the hub
    /// shuts down): then that is answered. It is under way until the last copy of the turn ends.
    /// Not called at all if the answer is not wanted any more.
    void read_in_turn(read_kind kind, std::function<void(const read_turn&)> start) const;
    /// The JSON object in the body; answers an error if there is none.
    std::optional<json::object> body(std::size_t max_depth) const;
    /// A string field, not empty; answers an error if there is none.
    std::optional<std::string> text(const json::object& in, std::string_view name) const;
    /// A key that may be left out: empty then. Answers an error if it is none (`is_key`), the empty one included.
    std::optional<std::string> maybe_key(const json::object& in, std::string_view name,
                                         std::size_t max_size) const;
};

/// The HTTP status for an error of the hub.
int status_of(error code) noexcept;

/// A number of the query. What is no number stays text, so that the reader of the field refuses it by its name.
json::value number_or_text(const std::string& value);

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/http_api/call.ipp>
#endif

#endif

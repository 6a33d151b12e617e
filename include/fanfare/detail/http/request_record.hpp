// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_REQUEST_RECORD_HPP
#define FANFARE_DETAIL_HTTP_REQUEST_RECORD_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/hub/hub_core.hpp>

#include <boost/beast/http/status.hpp>
#include <boost/beast/http/verb.hpp>

#include <chrono>
#include <optional>
#include <string_view>

namespace fanfare::detail {

/// The method as metrics name it: clients may send any, and each would be a series of its own.
inline std::string_view method_label(boost::beast::http::verb method) noexcept
{
    using boost::beast::http::verb;
    switch (method) {
    case verb::get: return "GET";
    case verb::head: return "HEAD";
    case verb::post: return "POST";
    case verb::put: return "PUT";
    case verb::patch: return "PATCH";
    case verb::delete_: return "DELETE";
    case verb::options: return "OPTIONS";
    default: return "other";
    }
}

/// The status as metrics name it: 0 for one that Beast does not know.
inline int status_label(unsigned status) noexcept
{
    namespace http = boost::beast::http;
    return http::int_to_status(status) == http::status::unknown ? 0 : static_cast<int>(status);
}

/// Counts one HTTP request, from when it is made, and how long the answer took, if the hub measures. It outlives neither
/// the hub nor `route`.
class request_record {
public:
    request_record(hub_core& hub, boost::beast::http::verb method, std::string_view route)
        : hub_{hub}, route_{route}, method_{method_label(method)}
    {
        if (hub.options().metrics)
            begin_.emplace(std::chrono::steady_clock::now());
    }

    /// The answer is known. Once.
    void answered(unsigned status) const
    {
        std::optional<std::chrono::nanoseconds> time;
        if (begin_)
            time = std::chrono::steady_clock::now() - *begin_;
        hub_.http.add({route_, method_, status_label(status)}, time);
    }

private:
    hub_core& hub_;
    std::string_view route_;
    std::string_view method_;
    std::optional<std::chrono::steady_clock::time_point> begin_;
};

} // namespace fanfare::detail

#endif

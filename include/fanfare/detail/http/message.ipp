// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_MESSAGE_IPP
#define FANFARE_DETAIL_HTTP_MESSAGE_IPP

#include <fanfare/detail/http/message.hpp>
#include <fanfare/version.hpp>

#include <boost/json/serialize.hpp>

#include <cstdio>

namespace fanfare::detail {

FANFARE_DECL std::string http_date(std::chrono::system_clock::time_point when)
{
    using namespace std::chrono;
    static constexpr const char* days_of_week[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                             "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto day = floor<days>(when);
    const year_month_day date{day};
    const hh_mm_ss time{floor<seconds>(when - day)};
    char text[64];
    const int size = std::snprintf(
        text, sizeof text, "%s, %02u %s %04d %02d:%02d:%02d GMT", days_of_week[weekday{day}.c_encoding()],
        static_cast<unsigned>(date.day()), months[static_cast<unsigned>(date.month()) - 1],
        static_cast<int>(date.year()), static_cast<int>(time.hours().count()),
        static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()));
    return {text, static_cast<std::size_t>(size)};
}

FANFARE_DECL void settle_payload(http_response& answer)
{
    const auto status = answer.result_int();
    if (status < 200 || status == 204 || status == 304) {
        answer.body().clear();
        answer.erase(http::field::content_length);
        answer.erase(http::field::transfer_encoding);
        return;
    }
    if (status == 205)
        answer.body().clear();
    answer.prepare_payload();
}

FANFARE_DECL std::string head_text(const http::response_header<>& head)
{
    const auto version = head.version();
    std::string out = "HTTP/" + std::to_string(version / 10) + '.' + std::to_string(version % 10) + ' ' +
                      std::to_string(head.result_int()) + ' ';
    out += std::string_view{head.reason()};
    out += "\r\n";
    for (const auto& field : head) {
        out += std::string_view{field.name_string()};
        out += ": ";
        out += std::string_view{field.value()};
        out += "\r\n";
    }
    out += "\r\n";
    return out;
}

FANFARE_DECL http_response wrong_method_response(std::string_view allowed, unsigned version)
{
    auto answer = error_response(405, error::invalid_message, "this path wants another method", version);
    answer.set(http::field::allow, allowed);
    return answer;
}

FANFARE_DECL http_response upgrade_required(std::string_view why, unsigned version)
{
    auto answer = error_response(426, error::invalid_message, why, version);
    answer.set(http::field::upgrade, "websocket");
    answer.set(http::field::connection, "Upgrade"); // RFC 9110 section 7.8
    answer.set(http::field::sec_websocket_version, "13");
    return answer;
}

FANFARE_DECL http_response methods_response(std::string_view allowed, unsigned version)
{
    http_response answer{http::status::no_content, version};
    answer.set(http::field::allow, allowed);
    return answer;
}

FANFARE_DECL http_response error_response(int status, error code, std::string_view message, unsigned version)
{
    http_response answer{static_cast<http::status>(status), version};
    answer.set(http::field::server, "fanfare/" FANFARE_VERSION_STRING);
    answer.set(http::field::content_type, "application/json");
    set_date(answer);
    if (status == 401)
        answer.set(http::field::www_authenticate, "Bearer realm=\"fanfare\"");
    answer.body() = json::serialize(json::value{{"error", {{"code", to_string(code)}, {"message", message}}}});
    answer.prepare_payload();
    return answer;
}

FANFARE_DECL http_response handler_failed_response(unsigned version)
{
    const auto code = error::handler_failed;
    return error_response(500, code, make_error_code(code).message(), version);
}

FANFARE_DECL http_response hub_refusal_response(error code, unsigned version,
                                                std::optional<std::chrono::seconds> retry_after,
                                                std::string_view message)
{
    const int status = code == error::too_many_connections ? 429
                       : code == error::shutting_down      ? 503
                       : code == error::store_failed       ? 503
                       : code == error::unauthorized       ? 401
                                                           : 400;
    const auto text = message.empty() ? make_error_code(code).message() : std::string{message};
    auto answer = error_response(status, code, text, version);
    answer.keep_alive(false);
    if (retry_after)
        answer.set(http::field::retry_after, std::to_string(retry_after->count()));
    return answer;
}

} // namespace fanfare::detail

#endif

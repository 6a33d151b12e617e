// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_TESTING_SHOW_HPP
#define FANFARE_DETAIL_TESTING_SHOW_HPP

#include <fanfare/config.hpp>
#include <fanfare/position.hpp>

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <boost/system/error_code.hpp>

#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace fanfare::detail {

template <class T>
inline constexpr bool is_number = std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char>;

/// Whether two values are the same; numbers of any type by their values.
template <class A, class B>
bool testing_equal(const A& a, const B& b)
{
    if constexpr (requires { a.load(); })
        return testing_equal(a.load(), b);
    else if constexpr (is_number<A> && is_number<B>)
        return std::cmp_equal(a, b);
    else
        return a == b;
}

template <class T>
std::string testing_show(const T& value);

/// A text in quotes, cut after a line or so.
inline std::string show_text(std::string_view text)
{
    constexpr std::size_t most = 120;
    auto out = '"' + std::string{text.substr(0, most)} + '"';
    if (text.size() > most)
        out += "... (" + std::to_string(text.size()) + " bytes)";
    return out;
}

template <class Range>
std::string show_range(const Range& all)
{
    constexpr std::size_t most = 12;
    std::string out = "[";
    std::size_t shown = 0;
    for (const auto& one : all) {
        if (shown == most) {
            out += " ... " + std::to_string(all.size()) + " in all";
            break;
        }
        out += (shown++ == 0 ? "" : ", ") + testing_show(one);
    }
    return out + ']';
}

/// A value in words, for a failure.
template <class T>
std::string testing_show(const T& value)
{
    if constexpr (requires { value.load(); }) // atomic
        return testing_show(value.load());
    else if constexpr (std::same_as<T, bool>)
        return value ? "true" : "false";
    else if constexpr (is_number<T> || std::floating_point<T>)
        return std::to_string(value);
    else if constexpr (std::same_as<T, std::nullopt_t>)
        return "nothing";
    else if constexpr (std::same_as<T, json::value>)
        return show_text(json::serialize(value));
    else if constexpr (std::convertible_to<const T&, std::string_view>)
        return show_text(value);
    else if constexpr (std::convertible_to<const T&, error_code>)
        return error_code{value} ? show_text(error_code{value}.message()) : "no error";
    else if constexpr (std::is_enum_v<T>)
        return std::to_string(static_cast<int>(value));
    else if constexpr (std::same_as<T, position>)
        return "offset " + std::to_string(value.offset) + " of epoch " + std::to_string(value.epoch);
    else if constexpr (requires { value.time_since_epoch(); })
        return std::to_string(value.time_since_epoch().count()) + " since the clock's epoch";
    else if constexpr (requires {
                           value.has_value();
                           *value;
                       })
        return value ? testing_show(*value) : "nothing";
    else if constexpr (requires {
                           value.first;
                           value.second;
                       })
        return testing_show(value.first) + ": " + testing_show(value.second);
    else
        return show_range(value);
}

} // namespace fanfare::detail

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_METRICS_PROMETHEUS_IPP
#define FANFARE_METRICS_PROMETHEUS_IPP

#include <fanfare/detail/base/list_scanner.hpp>
#include <fanfare/detail/wire/utf8.hpp>
#include <fanfare/metrics/prometheus.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <optional>
#include <stdexcept>
#include <utility>

namespace fanfare {

namespace detail {

[[noreturn]] inline void refuse_metric(std::string_view name, const char* why)
{
    throw std::invalid_argument{"fanfare: the metric \"" + std::string{name} + "\" " + why};
}

// `more`: what may stand in it besides letters, digits and `_`.
inline bool is_metric_name(std::string_view name, std::string_view more)
{
    const auto is_good = [more](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
               more.find(c) != std::string_view::npos;
    };
    return !name.empty() && !(name.front() >= '0' && name.front() <= '9') &&
           std::all_of(name.begin(), name.end(), is_good);
}

// `has_buckets`: `le` is the buckets' label.
inline void check_labels(const metric& which, metric_labels labels, bool has_buckets)
{
    for (auto one = labels.begin(); one != labels.end(); ++one) {
        if (!is_metric_name(one->name, {}))
            refuse_metric(which.name, "has a label with a name that cannot be one");
        if ((has_buckets && one->name == "le") ||
            std::any_of(labels.begin(), one, [one](const metric_label& other) { return other.name == one->name; }))
            refuse_metric(which.name, "has a label twice");
    }
}

// `quotes`: they are escaped as well.
inline void append_escaped(std::string& out, std::string_view text, bool quotes)
{
    while (!text.empty()) {
        const auto good = utf8_prefix(text, text.size());
        for (const char c : good) {
            if (c == '\\' || c == '\n' || (quotes && c == '"'))
                out += '\\';
            out += c == '\n' ? 'n' : c;
        }
        text.remove_prefix(good.size());
        if (!text.empty()) {
            out += "\xEF\xBF\xBD"; // U+FFFD, the replacement character
            text.remove_prefix(1);
        }
    }
}

// In the least digits that give the same number again. Powers of ten as OpenMetrics wants them ("Canonical Numbers"), since a
// bound is a label: written otherwise it would be another series.
inline void append_number(std::string& out, double value)
{
    if (std::isnan(value)) {
        out += "NaN";
    } else if (std::isinf(value)) {
        out += value > 0 ? "+Inf" : "-Inf";
    } else {
        char digits[64];
        const auto size = std::abs(value);
        const auto end = size >= 1e-4 && size < 1e6
                             ? std::to_chars(digits, std::end(digits), value, std::chars_format::fixed)
                             : std::to_chars(digits, std::end(digits), value);
        out.append(digits, end.ptr);
    }
}

inline void append_labels(std::string& out, metric_labels labels, std::string_view bound = {})
{
    if (labels.empty() && bound.empty())
        return;
    out += '{';
    for (const auto& one : labels) {
        (out += one.name) += "=\"";
        append_escaped(out, one.value, true);
        out += "\",";
    }
    if (bound.empty())
        out.pop_back();
    else
        ((out += "le=\"") += bound) += '"';
    out += '}';
}

inline void append_sample(std::string& out, const metric& which, std::string_view suffix, metric_labels labels,
                          std::uint64_t value, std::string_view bound = {})
{
    (out += which.name) += suffix;
    append_labels(out, labels, bound);
    ((out += ' ') += std::to_string(value)) += '\n';
}

inline void append_sample(std::string& out, const metric& which, std::string_view suffix, metric_labels labels,
                          double value)
{
    (out += which.name) += suffix;
    append_labels(out, labels);
    out += ' ';
    append_number(out, value);
    out += '\n';
}

// One element of `Accept`, with what matters here.
struct media_range {
    std::string type, subtype, version;
    int weight = 1000; // in thousandths
};

inline std::string in_lower_case(std::string text)
{
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return text;
}

// A `qvalue` (RFC 9110 section 12.4.2), in thousandths. Nothing if it is none.
inline std::optional<int> read_weight(std::string_view text)
{
    if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1') ||
        (text.size() > 1 && text[1] != '.'))
        return std::nullopt;
    int weight = text[0] == '1' ? 1000 : 0;
    int place = 100;
    for (const char c : text.substr(std::min<std::size_t>(text.size(), 2))) {
        if (c < '0' || c > '9')
            return std::nullopt;
        weight += (c - '0') * place;
        place /= 10;
    }
    return weight <= 1000 ? std::optional{weight} : std::nullopt;
}

inline std::optional<media_range> read_media_range(list_scanner& from)
{
    media_range out{in_lower_case(from.token()), {}, {}};
    if (out.type.empty() || !from.skip('/'))
        return std::nullopt;
    out.subtype = in_lower_case(from.token());
    while (from.skip(';')) {
        const auto name = in_lower_case(from.token());
        if (name.empty())
            continue; // RFC 9110 section 5.6.6 allows it
        auto value = from.skip('=') ? from.text() : std::nullopt;
        const auto weight = value && name == "q" ? read_weight(*value) : std::optional{out.weight};
        if (!value || !weight)
            return std::nullopt;
        out.weight = *weight;
        if (name == "version")
            out.version = std::move(*value);
    }
    return out.subtype.empty() ? std::nullopt : std::optional{std::move(out)};
}

// All elements; none if one is malformed.
inline std::vector<media_range> read_media_ranges(std::string_view accept)
{
    std::vector<media_range> all;
    for (list_scanner from{accept}; !from.at_end();) {
        if (from.skip(','))
            continue; // an empty element
        auto one = read_media_range(from);
        if (!one || (!from.at_end() && !from.skip(',')))
            return {};
        all.push_back(std::move(*one));
    }
    return all;
}

// How much a media type is wanted: the most specific range that has it decides.
inline int weight_in(const std::vector<media_range>& ranges, std::string_view type, std::string_view subtype,
                     std::initializer_list<std::string_view> versions)
{
    int best = 0;
    int weight = 0;
    for (const auto& one : ranges) {
        const bool same = one.type == type && one.subtype == subtype;
        const bool version = std::find(versions.begin(), versions.end(), one.version) != versions.end();
        const int rank = same && version                          ? 4
                         : same && one.version.empty()            ? 3
                         : one.type == type && one.subtype == "*" ? 2
                         : one.type == "*" && one.subtype == "*"  ? 1
                                                                  : 0;
        if (rank > best || (rank != 0 && rank == best && one.weight > weight))
            weight = one.weight;
        best = std::max(best, rank);
    }
    return weight;
}

} // namespace detail

// Whoever asks for the draft, 0.0.1, reads 1.0.0 as well.
FANFARE_DECL prometheus_format prometheus_format_for(std::string_view accept)
{
    const auto ranges = detail::read_media_ranges(accept);
    return detail::weight_in(ranges, "application", "openmetrics-text", {"1.0.0", "0.0.1"}) >
                   detail::weight_in(ranges, "text", "plain", {"0.0.4"})
               ? prometheus_format::openmetrics
               : prometheus_format::text;
}

FANFARE_DECL std::string_view prometheus_text::content_type(prometheus_format format) noexcept
{
    return format == prometheus_format::openmetrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                                    : "text/plain; version=0.0.4; charset=utf-8";
}

// In the text format a counter is called as its sample, in OpenMetrics without `_total`.
FANFARE_DECL std::string prometheus_text::head_of(const metric& which, kind is) const
{
    const bool open = format_ == prometheus_format::openmetrics;
    const auto name = std::string{which.name} + (is == kind::counter && !open ? "_total" : "");
    std::string help = "# HELP " + name + ' ';
    detail::append_escaped(help, which.help, open);
    help += '\n';
    const auto type = "# TYPE " + name +
                      (is == kind::counter ? " counter\n"
                       : is == kind::gauge ? " gauge\n"
                                           : " histogram\n");
    if (!open)
        return help + type;
    const auto unit = which.unit.empty() ? std::string{} : "# UNIT " + name + ' ' + std::string{which.unit} + '\n';
    return type + unit + help;
}

FANFARE_DECL prometheus_text::family& prometheus_text::family_of(const metric& which, kind is)
{
    // Mostly it is the last one.
    const auto known = std::find_if(families_.rbegin(), families_.rend(),
                                    [&which](const family& one) { return one.name == which.name; });
    if (known != families_.rend()) {
        if (known->is != is)
            detail::refuse_metric(which.name, "is of two kinds");
        return *known;
    }
    if (!detail::is_metric_name(which.name, ":"))
        detail::refuse_metric(which.name, "has a name that cannot be one");
    if (which.name.ends_with("_total"))
        detail::refuse_metric(which.name, "is to be named without _total, which counters are given");
    if (!which.unit.empty() && !which.name.ends_with('_' + std::string{which.unit}))
        detail::refuse_metric(which.name, "does not end with its unit");
    return families_.emplace_back(family{std::string{which.name}, is, head_of(which, is)});
}

FANFARE_DECL void prometheus_text::counter(const metric& which, metric_labels labels, std::uint64_t value)
{
    detail::check_labels(which, labels, false);
    detail::append_sample(family_of(which, kind::counter).lines, which, "_total", labels, value);
}

FANFARE_DECL void prometheus_text::gauge(const metric& which, metric_labels labels, double value)
{
    detail::check_labels(which, labels, false);
    detail::append_sample(family_of(which, kind::gauge).lines, which, "", labels, value);
}

// As the other libraries for Prometheus write it: in OpenMetrics a bound is always a float.
FANFARE_DECL void prometheus_text::append_bound(std::string& out, double bound) const
{
    const auto begin = out.size();
    detail::append_number(out, bound);
    if (format_ == prometheus_format::openmetrics && out.find_first_of(".eI", begin) == std::string::npos)
        out += ".0";
}

FANFARE_DECL void prometheus_text::histogram(const metric& which, metric_labels labels,
                                             const histogram_value& value)
{
    detail::check_labels(which, labels, true);
    if (value.counts.size() != value.bounds.size() + 1)
        detail::refuse_metric(which.name, "has not one bucket more than bounds");
    auto& lines = family_of(which, kind::histogram).lines;
    std::uint64_t below = 0;
    for (std::size_t i = 0; i != value.counts.size(); ++i) {
        std::string bound;
        append_bound(bound, i == value.bounds.size() ? std::numeric_limits<double>::infinity() : value.bounds[i]);
        detail::append_sample(lines, which, "_bucket", labels, below += value.counts[i], bound);
    }
    detail::append_sample(lines, which, "_sum", labels, value.sum);
    detail::append_sample(lines, which, "_count", labels, below); // of all buckets, as Prometheus demands
}

FANFARE_DECL std::string prometheus_text::text() const
{
    std::string out;
    for (const auto& one : families_)
        out += one.lines;
    if (format_ == prometheus_format::openmetrics)
        out += "# EOF\n";
    return out;
}

} // namespace fanfare

#endif

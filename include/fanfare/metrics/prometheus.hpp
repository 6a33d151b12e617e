// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_METRICS_PROMETHEUS_HPP
#define FANFARE_METRICS_PROMETHEUS_HPP

#include <fanfare/config.hpp>
#include <fanfare/metrics.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fanfare {

/// In which of its two forms Prometheus reads metrics.
enum class prometheus_format {
    text,        ///< The text format, version 0.0.4.
    openmetrics, ///< OpenMetrics 1.0.0.
};

/// The format to answer a request with that has this `Accept` header, if any (RFC 9110 section 12.5.1): the one that it
/// prefers; `text`, if it prefers none, is malformed, empty, or accepts neither. Several lines of the header are joined by
/// commas. Thread-safe.
prometheus_format prometheus_format_for(std::string_view accept);

/// Writes metrics as Prometheus reads them: a `metrics_sink` for `hub::collect`, and for the application's own values on the
/// same page.
/// @code
/// fanfare::prometheus_text page{fanfare::prometheus_format_for(accept)};
/// hub.collect(page);
/// page.counter({"shop_orders", "Orders that were paid."}, {}, orders);
/// answer.set(http::field::content_type, page.content_type());
/// answer.body() = page.text();
/// @endcode
/// What belongs to one metric is written together, in whatever order it comes. Two hubs on one page would have the same
/// series twice, which Prometheus refuses: give each a page of its own.
///
/// Labels' values, and help, may be any bytes: they are escaped, and what is not UTF-8 becomes U+FFFD.
///
/// Errors: `counter`, `gauge` and `histogram` throw `std::invalid_argument`, which names the metric, for what Prometheus
/// would refuse the whole page for: a name of a metric or a label that cannot be one, a label twice, a counter's name with
/// `_total` (which is added), a name that does not end with its unit, one name for two kinds, and a histogram whose
/// buckets do not fit to its bounds.
///
/// Not thread-safe.
class prometheus_text {
public:
    explicit prometheus_text(prometheus_format format = prometheus_format::text) noexcept : format_{format} {}

    /// Adds a counter's value.
    void counter(const metric& which, metric_labels labels, std::uint64_t value);
    /// Adds a gauge's value, which may be NaN or infinite.
    void gauge(const metric& which, metric_labels labels, double value);
    /// Adds the buckets of a histogram, which has no label `le` of its own, their count and their sum.
    void histogram(const metric& which, metric_labels labels, const histogram_value& value);

    /// All that was added, as a whole page.
    std::string text() const;

    /// The `Content-Type` of `text()`.
    std::string_view content_type() const noexcept { return content_type(format_); }
    /// The `Content-Type` of a page in this format.
    static std::string_view content_type(prometheus_format format) noexcept;

private:
    enum class kind { counter, gauge, histogram };
    struct family {
        std::string name;
        kind is;
        std::string lines; // what tells its kind, and its samples
    };

    family& family_of(const metric& which, kind is);
    std::string head_of(const metric& which, kind is) const;
    void append_bound(std::string& out, double bound) const;

    prometheus_format format_;
    std::vector<family> families_;
};

} // namespace fanfare

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/metrics/prometheus.ipp>
#endif

#endif

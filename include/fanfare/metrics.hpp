// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_METRICS_HPP
#define FANFARE_METRICS_HPP

#include <fanfare/config.hpp>

#include <concepts>
#include <cstdint>
#include <span>
#include <string_view>

namespace fanfare {

/// What a metric is called and what it tells. The texts live as long as the program.
struct metric {
    /// As Prometheus names it, unit included (`fanfare_delivery_seconds`), but without the `_total` of a counter.
    std::string_view name;
    /// One sentence.
    std::string_view help;
    /// `seconds`, `bytes`, or empty.
    std::string_view unit{};
};

/// One label of a value: `namespace="chat:"`. The name lives as long as the program, the value during the call.
struct metric_label {
    std::string_view name;
    std::string_view value;
};
using metric_labels = std::span<const metric_label>;

/// How often values fell into each bucket, and their sum.
struct histogram_value {
    /// The buckets' upper bounds, inclusive and growing, in the metric's unit; the last bucket has none (+Inf).
    std::span<const double> bounds;
    /// By bucket, one more than `bounds`; not cumulative.
    std::span<const std::uint64_t> counts;
    /// All of `counts`.
    std::uint64_t count = 0;
    /// Of the values, in the metric's unit.
    double sum = 0;
};

// clang-format off
/// What `hub::collect` writes metrics to: an adapter for a monitoring system, such as `prometheus_text`, or your own for a
/// registry or OpenTelemetry. A counter only grows, until the hub is destroyed; a gauge goes up and down; each metric is
/// always of the same of the three kinds, which each have a function of their own.
///
/// Called in the thread that calls `collect`, under no lock. All values of one metric come one after the other, each with
/// other labels. What is referred to is valid during the call, but for what `metric` and `metric_label` promise. Exceptions
/// go through to the caller of `collect`.
template <class S>
concept metrics_sink = requires(S& sink, const metric& which, metric_labels labels, const histogram_value& times)
{
    sink.counter(which, labels, std::uint64_t{});
    sink.gauge(which, labels, double{});
    sink.histogram(which, labels, times);
};
// clang-format on

namespace detail {

/// A `metrics_sink` of any type.
class metrics_visitor {
public:
    virtual void counter(const metric& which, metric_labels labels, std::uint64_t value) = 0;
    virtual void gauge(const metric& which, metric_labels labels, double value) = 0;
    virtual void histogram(const metric& which, metric_labels labels, const histogram_value& value) = 0;

protected:
    ~metrics_visitor() = default;
};

template <metrics_sink Sink>
class sink_visitor final : public metrics_visitor {
public:
    explicit sink_visitor(Sink& sink) noexcept : sink_{sink} {}
    void counter(const metric& which, metric_labels labels, std::uint64_t value) override
    {
        sink_.counter(which, labels, value);
    }
    void gauge(const metric& which, metric_labels labels, double value) override
    {
        sink_.gauge(which, labels, value);
    }
    void histogram(const metric& which, metric_labels labels, const histogram_value& value) override
    {
        sink_.histogram(which, labels, value);
    }

private:
    Sink& sink_;
};

} // namespace detail

} // namespace fanfare

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_METRICS_RECORDING_HPP
#define FANFARE_TESTS_METRICS_RECORDING_HPP

// A sink that keeps what it is told, and looks whether it is told as `metrics_sink` promises.
#include <fanfare/metrics.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace fanfare::test {

class recording {
public:
    struct buckets {
        std::vector<double> bounds;
        std::vector<std::uint64_t> counts;
        double sum = 0;
    };

    void counter(const metric& which, metric_labels labels, std::uint64_t value)
    {
        add(which, labels, static_cast<double>(value));
    }
    void gauge(const metric& which, metric_labels labels, double value) { add(which, labels, value); }
    void histogram(const metric& which, metric_labels labels, const histogram_value& times)
    {
        std::uint64_t all = 0;
        for (const auto n : times.counts)
            all += n;
        if (all != times.count || times.counts.size() != times.bounds.size() + 1)
            throw std::logic_error("a histogram that does not add up");
        add(which, labels, static_cast<double>(times.count));
        times_[text(which, labels)] = {
            {times.bounds.begin(), times.bounds.end()}, {times.counts.begin(), times.counts.end()}, times.sum};
    }

    // The value of `name{label=value,...}`; a histogram's is its count. 0 if there is none.
    double operator[](const std::string& series) const
    {
        const auto at = values_.find(series);
        return at == values_.end() ? 0 : at->second;
    }
    bool has(const std::string& series) const { return values_.contains(series); }
    // None if it was not told.
    std::optional<double> value(const std::string& series) const
    {
        return has(series) ? std::optional{(*this)[series]} : std::nullopt;
    }
    const buckets* histogram(const std::string& series) const
    {
        const auto at = times_.find(series);
        return at == times_.end() ? nullptr : &at->second;
    }
    double sum(const std::string& series) const { return times_.at(series).sum; }
    // How many values a metric has.
    std::size_t size(const std::string& name) const
    {
        std::size_t n = 0;
        for (const auto& [series, value] : values_)
            n += series == name || series.starts_with(name + "{") ? 1U : 0U;
        return n;
    }
    // Over all values of a metric.
    double total(const std::string& name) const
    {
        double all = 0;
        for (const auto& [series, value] : values_)
            if (series == name || series.starts_with(name + "{"))
                all += value;
        return all;
    }
    bool measures_times() const { return !times_.empty(); }

private:
    static std::string text(const metric& which, metric_labels labels)
    {
        std::string out{which.name};
        for (const auto& l : labels)
            out.append(out.size() == which.name.size() ? "{" : ",").append(l.name).append("=").append(l.value);
        return labels.empty() ? out : out + "}";
    }
    void add(const metric& which, metric_labels labels, double value)
    {
        const auto series = text(which, labels);
        if (which.name != last_ && !names_.emplace(which.name).second)
            throw std::logic_error("not one after the other: " + series);
        last_ = which.name;
        if (!values_.emplace(series, value).second)
            throw std::logic_error("told twice: " + series);
    }

    std::map<std::string, double> values_;
    std::map<std::string, buckets> times_;
    std::set<std::string> names_;
    std::string last_;
};

// What a hub tells now.
template <class Hub>
recording collected(const Hub& hub)
{
    recording out;
    hub.collect(out);
    return out;
}

} // namespace fanfare::test

#endif

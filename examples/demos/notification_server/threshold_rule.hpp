// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_EXAMPLES_THRESHOLD_RULE_HPP
#define FANFARE_EXAMPLES_THRESHOLD_RULE_HPP

// When a metric is an alert. The rules take numbers, so that tests need no machine.

#include <boost/describe/class.hpp>

#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace demo {

/// A metric crossed its threshold ("warning", "critical"), or came back ("info").
struct alert {
    std::string device_id;
    std::string severity;
    std::string message;
    std::string metric;
    double value = 0;
    double threshold = 0;
};
BOOST_DESCRIBE_STRUCT(alert, (), (device_id, severity, message, metric, value, threshold))

/// When a metric deserves an alert.
struct threshold {
    std::string metric;   ///< Its name in the telemetry.
    std::string label;    ///< Its name in the message.
    double raise_at = 90; ///< At or above this for `samples` in a row: alert.
    double clear_at = 80; ///< Below this for `samples` in a row: all clear. The band between keeps the state.
    int samples = 3;
    std::string severity = "critical";
};

/// One threshold with hysteresis: says each change once. Not thread-safe.
class threshold_rule {
public:
    explicit threshold_rule(threshold limits) : limits_(std::move(limits)) {}

    /// The alert that `value` causes, if any. An unknown value starts the count anew and changes no state:
    /// not knowing is neither trouble nor recovery.
    std::optional<alert> update(std::string_view device_id, std::optional<double> value)
    {
        const bool towards_change = value && (raised_ ? *value < limits_.clear_at : *value >= limits_.raise_at);
        in_a_row_ = towards_change ? in_a_row_ + 1 : 0;
        if (in_a_row_ == 0 || in_a_row_ < limits_.samples)
            return std::nullopt;
        in_a_row_ = 0;
        raised_ = !raised_;
        alert out{std::string(device_id),
                  raised_ ? limits_.severity : "info",
                  {},
                  limits_.metric,
                  *value,
                  raised_ ? limits_.raise_at : limits_.clear_at};
        out.message = limits_.label + (raised_ ? " is high: " : " is back to normal: ") + percent(*value);
        return out;
    }

    /// Whether the last thing said was an alert. Does not throw.
    bool raised() const noexcept { return raised_; }

private:
    static std::string percent(double value) { return std::to_string(std::lround(value)) + " %"; }

    threshold limits_;
    int in_a_row_ = 0;
    bool raised_ = false;
};

} // namespace demo

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_EXAMPLES_THRESHOLD_RULES_HPP
#define FANFARE_EXAMPLES_THRESHOLD_RULES_HPP

#include <boost/json/object.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace demo {

/// When a metric's value raises an alert, and when the alert is over. The two limits differ, so that a value that
/// trembles around one of them does not raise an alert each time.
struct threshold_rule {
    std::string metric;
    std::string severity; ///< `warning` or `critical`
    double raise = 0;
    double clear = 0;
    bool above = true; ///< Raised above `raise`, over below `clear`; else the other way round.
};

/// As `critical: temperature > 80`: tells a rule from the others, also those for the same metric. A severity does not:
/// the one of an alert that is over is `info`.
std::string name_of(const threshold_rule& rule);

/// What is to be told when a rule changes its mind.
struct crossing {
    std::string severity; ///< The rule's, or `info` when the alert is over.
    std::string message{};
    boost::json::object details{}; ///< `metric`, `value`, `threshold`, `rule`
};

/// The crossing if `value` changes whether the rule's alert is raised.
std::optional<crossing> check(const threshold_rule& rule, bool raised, double value);

/// Temperature, pressure, vibration and battery, as the simulator has them.
std::vector<threshold_rule> default_rules();

/// From a JSON file: `[{"metric": "temperature", "above": 80, "clear": 75, "severity": "critical"}, ...]`, with
/// `below` in place of `above` for values that must not fall. Throws `std::invalid_argument` naming what is wrong.
std::vector<threshold_rule> read_rules(const std::string& file);

} // namespace demo

#endif

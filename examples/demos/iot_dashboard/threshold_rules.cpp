// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "threshold_rules.hpp"

#include "json_file.hpp"

#include <charconv>
#include <cmath>
#include <stdexcept>
#include <string_view>

namespace json = boost::json;

namespace demo {

namespace {

constexpr std::size_t max_rules = 256;

// Short: 81.5, not 81.500000.
std::string text(double value)
{
    char digits[32];
    const auto end = std::to_chars(digits, digits + sizeof digits, value, std::chars_format::general, 6).ptr;
    return {digits, end};
}

double number_of(const json::object& rule, std::string_view name)
{
    const auto* v = rule.if_contains(name);
    if (!v || !v->is_number() || !std::isfinite(v->to_number<double>()))
        throw std::invalid_argument{"'" + std::string{name} + "' must be a number"};
    return v->to_number<double>();
}

std::string text_of(const json::object& rule, std::string_view name)
{
    const auto* v = rule.if_contains(name);
    if (!v || !v->is_string() || v->get_string().empty())
        throw std::invalid_argument{"'" + std::string{name} + "' must be a text"};
    return std::string{v->get_string()};
}

threshold_rule read_rule(const json::value& v)
{
    if (!v.is_object())
        throw std::invalid_argument{"must be an object"};
    const auto& from = v.get_object();
    threshold_rule rule{.metric = text_of(from, "metric"), .severity = text_of(from, "severity")};
    rule.above = from.contains("above");
    if (rule.above == from.contains("below"))
        throw std::invalid_argument{"needs 'above' or 'below', not both"};
    rule.raise = number_of(from, rule.above ? "above" : "below");
    rule.clear = number_of(from, "clear");
    if (rule.severity != "warning" && rule.severity != "critical")
        throw std::invalid_argument{"'severity' must be warning or critical"};
    if (rule.above ? rule.clear > rule.raise : rule.clear < rule.raise)
        throw std::invalid_argument{"'clear' is on the wrong side"};
    return rule;
}

} // namespace

std::string name_of(const threshold_rule& rule)
{
    char digits[32]; // all of them: the limits of two rules may be close
    const auto end = std::to_chars(digits, digits + sizeof digits, rule.raise).ptr;
    return rule.severity + ": " + rule.metric + (rule.above ? " > " : " < ") + std::string{digits, end};
}

std::optional<crossing> check(const threshold_rule& rule, bool raised, double value)
{
    const bool beyond = rule.above ? value > rule.raise : value < rule.raise;
    const bool over = rule.above ? value < rule.clear : value > rule.clear;
    if (raised ? !over : !beyond)
        return std::nullopt;
    const double limit = raised ? rule.clear : rule.raise;
    const bool high = rule.above != raised;
    crossing out{.severity = raised ? "info" : rule.severity};
    out.message = rule.metric +
                  (raised       ? " is back to normal: "
                   : rule.above ? " is high: "
                                : " is low: ") +
                  text(value) + (high ? " > " : " < ") + text(limit);
    out.details = {{"metric", rule.metric}, {"value", value}, {"threshold", limit}, {"rule", name_of(rule)}};
    return out;
}

std::vector<threshold_rule> default_rules()
{
    return {{"temperature", "critical", 80, 75, true},
            {"pressure", "warning", 6, 5.5, true},
            {"vibration", "warning", 9, 8, true},
            {"battery", "warning", 15, 20, false}};
}

std::vector<threshold_rule> read_rules(const std::string& file)
{
    const auto all = read_json(file);
    if (!all.is_array() || all.get_array().size() > max_rules)
        throw std::invalid_argument{file + ": must be a list of at most 256 rules"};
    std::vector<threshold_rule> rules;
    for (const auto& one : all.get_array())
        try {
            rules.push_back(read_rule(one));
        } catch (const std::invalid_argument& e) {
            throw std::invalid_argument{file + ": rule " + std::to_string(rules.size() + 1) + ": " + e.what()};
        }
    return rules;
}

} // namespace demo

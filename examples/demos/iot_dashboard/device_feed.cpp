// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "device_feed.hpp"

#include <fanfare/error.hpp>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value_from.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>
#include <variant>

namespace json = boost::json;

namespace demo {

namespace {

constexpr std::size_t max_page = 200;
constexpr std::size_t max_page_bytes = 128 * 1024;
constexpr std::chrono::milliseconds max_ahead = std::chrono::minutes{1};

// FNV-1a: the same in every process, since a store keeps it.
std::string fingerprint(std::string_view text)
{
    std::uint64_t hash = 14'695'981'039'346'656'037u;
    for (const char c : text)
        hash = (hash ^ static_cast<unsigned char>(c)) * 1'099'511'628'211u;
    char digits[16];
    return {digits, std::to_chars(digits, digits + sizeof digits, hash, 16).ptr};
}

// MQTT's "at least once" may bring a reading twice. The device's clock tells a second copy from a second reading of the
// same value; without one, both are kept.
std::string once_key(const device_message& what, std::string_view payload)
{
    return what.timestamp == 0 ? std::string{} : std::to_string(what.timestamp) + ":" + fingerprint(payload);
}

} // namespace

device_feed::device_feed(settings how, open_room open)
    : how_{std::move(how)}, open_{std::move(open)}, alerts_{open_("alerts")}
{}

std::size_t device_feed::refuse(refusal why)
{
    count(why);
    return 0;
}

std::size_t device_feed::take(const mqtt_message& message, const settled& then)
{
    const auto where = parse_topic(message.topic, how_.prefix);
    if (const auto* bad = std::get_if<refusal>(&where))
        return refuse(*bad);
    const auto& topic = std::get<device_topic>(where);
    auto parsed = parse_payload(message.payload, topic, how_.max_payload);
    if (const auto* bad = std::get_if<refusal>(&parsed))
        return refuse(*bad);
    auto* from = find(topic.device);
    if (!from)
        return refuse(refusal::too_many_devices);
    retained_ += message.retained;
    touched_.insert(from);
    auto& what = std::get<device_message>(parsed);
    return topic.kind == message_kind::status ? take_status(*from, std::move(what), message.retained, then)
                                              : take_telemetry(*from, std::move(what), message, then);
}

// Null if there are too many.
device_feed::device* device_feed::find(std::string_view id)
{
    if (const auto found = devices_.find(id); found != devices_.end())
        return &found->second;
    if (devices_.size() >= how_.max_devices)
        return nullptr;
    auto& made = devices_.try_emplace(std::string{id}, std::string{id}).first->second;
    made.alarms.resize(how_.rules.size());
    made.groups = how_.groups.of(id);
    made.rooms.push_back(open_("device:" + made.id));
    for (const auto& group : made.groups)
        made.rooms.push_back(open_("group:" + group));
    made.rooms.push_back(open_("global"));
    return &made;
}

std::size_t device_feed::send(const fanfare::room<>& to, std::string_view type, const json::object& payload,
                              std::string_view key, std::string_view once, const settled& then)
{
    to.async_publish(type, payload, {.key = key, .idempotency_key = once},
                     [this, then](fanfare::error_code ec, const fanfare::receipt& fate) {
                         duplicates_ += fate.duplicate;
                         then(ec);
                     });
    return 1;
}

// As `fanfare::device` does it, but with an answer: an acknowledgement to the broker needs to know.
std::size_t device_feed::publish(const device& from, std::string_view type, json::object payload, bool conflate,
                                 const std::string& once, const settled& then)
{
    payload["device_id"] = from.id;
    const auto key = conflate ? std::string{type} + ":" + from.id : std::string{};
    std::size_t count = 0;
    for (const auto& room : from.rooms)
        count += send(room, type, payload, key, count == 0 ? std::string_view{once} : std::string_view{}, then);
    return count;
}

// What comes after a reading from the future would look old until then. Without a time it counts from its arrival.
void device_feed::distrust_clock(device_message& what)
{
    using namespace std::chrono;
    const auto now = system_clock::now().time_since_epoch();
    if (milliseconds{what.timestamp} <= duration_cast<milliseconds>(now) + max_ahead)
        return;
    what.timestamp = 0;
    what.fields.erase("timestamp");
    ++clock_ahead_;
}

std::size_t device_feed::take_telemetry(device& from, device_message what, const mqtt_message& message,
                                        const settled& then)
{
    const auto once = once_key(what, message.payload);
    distrust_clock(what);
    // After a reconnect the broker sends its copies again; only a newer one is news.
    if (message.retained && !from.unsure && !from.telemetry.empty() &&
        (what.timestamp <= from.timestamp || what.timestamp == 0)) {
        ++retained_known_;
        return 0;
    }
    ++telemetry_;
    if (what.timestamp == 0 || what.timestamp >= from.timestamp) {
        from.timestamp = std::max(from.timestamp, what.timestamp);
        from.telemetry = what.fields;
        from.telemetry_size = message.payload.size();
    }
    if (message.retained)
        what.fields["retained"] = true; // old: nobody is to measure its delay
    const auto alerts = apply_rules(from, what.fields, what.timestamp, then);
    return alerts + publish(from, "telemetry", std::move(what.fields), true, once, then);
}

std::size_t device_feed::take_status(device& from, device_message what, bool retained, const settled& then)
{
    std::string status{what.fields["status"].get_string()};
    if (retained && !from.unsure && status == from.status) {
        ++retained_known_;
        return 0;
    }
    ++statuses_;
    from.status = std::move(status);
    // Without a key: one that comes again, after others, is said again, so that the last word is the device's last.
    return publish(from, "device_status", std::move(what.fields), true, {}, then);
}

std::size_t device_feed::apply_rules(device& from, const json::object& values, std::int64_t at,
                                     const settled& then)
{
    std::size_t count = 0;
    const auto now = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i != how_.rules.size(); ++i) {
        const auto* value = values.if_contains(how_.rules[i].metric);
        if (!value || !value->is_number())
            continue;
        auto& alarm = from.alarms[i];
        auto crossed = check(how_.rules[i], alarm.raised, value->to_number<double>());
        const bool early =
            !alarm.raised && alarm.since.time_since_epoch().count() != 0 && now - alarm.since < how_.alert_pause;
        if (!crossed || early) // if the value stays there, a later reading raises it
            continue;
        before_.try_emplace({&from, i}, alarm);
        alarm.raised = !alarm.raised;
        if (alarm.raised)
            alarm.since = now;
        ++(alarm.raised ? raised_ : cleared_);
        auto& alert = crossed->details;
        alert["severity"] = crossed->severity;
        alert["message"] = crossed->message;
        std::string once;
        if (at != 0) {
            alert["timestamp"] = at;
            once =
                "alert:" + from.id + ":" + crossed->severity + ":" + std::to_string(i) + ":" + std::to_string(at);
        }
        count += publish(from, "alert", alert, false, once, then);
        alert["device_id"] = from.id;
        count += send(alerts_, "alert", alert, {}, once, then);
    }
    return count;
}

void device_feed::commit()
{
    for (auto* d : touched_)
        d->unsure = false;
    touched_.clear();
    before_.clear();
}

void device_feed::roll_back()
{
    for (auto* d : touched_)
        d->unsure = true;
    touched_.clear();
    for (const auto& [where, alarm] : before_)
        where.first->alarms[where.second] = alarm;
    before_.clear();
}

void device_feed::remember_alert(std::string_view envelope)
{
    boost::system::error_code ec;
    const auto message = json::parse(json::string_view{envelope.data(), envelope.size()}, ec);
    const auto* payload = message.is_object() ? message.get_object().if_contains("payload") : nullptr;
    if (ec || !payload || !payload->is_object())
        return;
    const auto text = [payload](std::string_view name) {
        const auto* v = payload->get_object().if_contains(name);
        return v && v->is_string() ? std::string{v->get_string()} : std::string{};
    };
    const auto rule = text("rule"), severity = text("severity"), id = text("device_id");
    const auto* at = payload->get_object().if_contains("timestamp");
    const auto time = at && at->is_int64() ? at->get_int64() : 0;
    auto* from = std::holds_alternative<device_topic>(parse_topic(how_.prefix + "/" + id + "/status", how_.prefix))
                     ? find(id)
                     : nullptr;
    for (std::size_t i = 0; from && i != how_.rules.size(); ++i)
        if (name_of(how_.rules[i]) == rule && (time == 0 || time >= from->alarms[i].told)) {
            from->alarms[i].raised = severity != "info";
            from->alarms[i].told = std::max(from->alarms[i].told, time);
        }
}

json::object device_feed::devices(std::string_view after) const
{
    json::array page;
    std::size_t bytes = 0;
    auto at = devices_.upper_bound(after);
    for (; at != devices_.end() && page.size() < max_page && bytes < max_page_bytes; ++at) {
        const auto& d = at->second;
        json::array raised;
        for (std::size_t i = 0; i != d.alarms.size(); ++i)
            if (d.alarms[i].raised)
                raised.emplace_back(json::object{{"metric", how_.rules[i].metric},
                                                 {"severity", how_.rules[i].severity},
                                                 {"rule", name_of(how_.rules[i])}});
        page.emplace_back(json::object{{"id", d.id},
                                       {"status", d.status},
                                       {"groups", json::value_from(d.groups)},
                                       {"telemetry", d.telemetry},
                                       {"alerts", std::move(raised)}});
        bytes += 256 + d.telemetry_size;
    }
    const bool more = at != devices_.end();
    return {{"devices", page}, {"next", more ? page.back().at("id") : json::value{}}};
}

json::object device_feed::stats() const
{
    json::object refused;
    std::uint64_t all = 0;
    for (std::size_t i = 0; i != refused_.size(); ++i) {
        refused[refusal_names[i]] = refused_[i];
        all += refused_[i];
    }
    std::uint64_t online = 0, alerts = 0;
    for (const auto& [id, d] : devices_) {
        online += d.status == "online";
        for (const auto& alarm : d.alarms)
            alerts += alarm.raised;
    }
    return {{"devices", devices_.size()},
            {"online", online},
            {"active_alerts", alerts},
            {"telemetry", telemetry_},
            {"statuses", statuses_},
            {"alerts_raised", raised_},
            {"alerts_cleared", cleared_},
            {"retained", retained_},
            {"retained_known", retained_known_},
            {"duplicates", duplicates_},
            {"clock_ahead", clock_ahead_},
            {"refused_total", all},
            {"refused", std::move(refused)}};
}

bool device_feed::permanent(fanfare::error_code ec)
{
    using fanfare::error;
    return ec == error::message_too_large || ec == error::invalid_message || ec == error::invalid_room ||
           ec == error::unknown_room;
}

} // namespace demo

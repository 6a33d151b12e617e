// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef IOT_DASHBOARD_OPTIONS_HPP
#define IOT_DASHBOARD_OPTIONS_HPP

#include "device_feed.hpp"
#include "json_file.hpp"
#include "mqtt_address.hpp"
#include "mqtt_bridge.hpp"

#include "../../command_line.hpp"

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace demo {

inline constexpr auto help =
    R"(iot_dashboard: devices speak MQTT, browsers see them live. Open the URL that it prints.

  --address IP            listen for browsers on this address (127.0.0.1)
  --port N                ... and on this port, 0 for any (8080)
  --origin ORIGIN         also pages of this origin may connect; may be given several times
  --host NAME             also browsers that name this host may connect, such as app.example; any: every host; may be
                          given several times (only localhost, the loopback addresses, and the one of --address)
  --sqlite FILE           keep the devices' history and the alerts in this file (in memory)

  --mqtt HOST:PORT        the broker (127.0.0.1:1883)
  --mqtt-user NAME        ... and our name there
  --mqtt-password-file F  ... and the file whose first line is our password
  --mqtt-client-id ID     the name of our session at the broker, which no other client may use (fanfare-dashboard)
  --mqtt-tls-ca FILE      speak TLS: the broker's certificate must lead to one of these (PEM), and be for HOST of --mqtt
  --mqtt-tls-cert FILE    our certificate, for a broker that asks for one (PEM) ...
  --mqtt-tls-key FILE     ... and its private key (PEM)
  --prefix TOPIC          devices publish to TOPIC/ID/telemetry and TOPIC/ID/status (devices)
  --max-waiting N         stop reading when so many messages wait for the hub (1000)
  --timeout-ms N          a store that is silent for so long has failed (10000)
  --reconnect-max-ms N    the longest pause between attempts to reach the broker (30000)

  --groups FILE           the groups of the devices, {"boiler-*": ["boilers"]} (the part of an id before its last '-')
  --rules FILE            when to raise alerts, [{"metric": "temperature", "above": 80, "clear": 75,
                          "severity": "critical"}] (a few for the simulator's metrics)
  --alert-pause-ms N      a device raises the same alert at most so often (10000)
  --max-payload N         bytes of one message of a device (8192)
  --max-devices N         devices at most (10000)
  --help                  show this

Rooms: device:ID (history of 300 messages, one hour), group:ID, global, alerts (1,000, one week).
HTTP: /api/v1/ws  /api/v1/sse  /api/v1/ws/stats  /api/bridge  /healthz  /readyz
Exit: 0 after SIGINT or SIGTERM, 2 for an error.
)";

struct options {
    std::string address = "127.0.0.1";
    std::uint16_t port = 8080;
    std::vector<std::string> origins;
    std::vector<std::string> hosts;
    std::string sqlite;
    bridge_settings bridge;
    client_tls_files mqtt_tls;
    device_feed::settings feed;
    bool only_help = false;
};

inline std::string parse_prefix(std::string prefix)
{
    const bool plain =
        std::all_of(prefix.begin(), prefix.end(), [](unsigned char c) { return c > 0x20 && c < 0x7f; });
    if (!plain || prefix.find_first_of("+#$") != prefix.npos || prefix.starts_with('/') || prefix.ends_with('/'))
        throw std::invalid_argument("--prefix wants a topic without wildcards, not '" + prefix + "'");
    return prefix;
}

inline std::string first_line(const std::string& file)
{
    auto text = read_text(file);
    return text.substr(0, text.find_first_of("\r\n"));
}

inline bool parse_bridge(std::string_view option, command_line& words, bridge_settings& to)
{
    if (option == "--mqtt")
        parse_broker(words.value(), to.broker);
    else if (option == "--mqtt-user")
        to.broker.user = words.value();
    else if (option == "--mqtt-password-file")
        to.broker.password = first_line(words.value());
    else if (option == "--mqtt-client-id")
        to.broker.client_id = words.value();
    else if (option == "--max-waiting")
        to.max_waiting = words.number(1, 1'000'000);
    else if (option == "--timeout-ms")
        to.timeout = std::chrono::milliseconds{words.number(100, 600'000)};
    else if (option == "--reconnect-max-ms")
        to.longest_delay = std::chrono::milliseconds{words.number(100, 3'600'000)};
    else
        return false;
    return true;
}

inline bool parse_feed(std::string_view option, command_line& words, device_feed::settings& to)
{
    if (option == "--prefix")
        to.prefix = parse_prefix(words.value());
    else if (option == "--groups")
        to.groups = device_groups{words.value()};
    else if (option == "--rules")
        to.rules = read_rules(words.value());
    else if (option == "--alert-pause-ms")
        to.alert_pause = std::chrono::milliseconds{words.number(0, 86'400'000)};
    else if (option == "--max-payload")
        to.max_payload = words.number(1, 256 * 1024);
    else if (option == "--max-devices")
        to.max_devices = words.number(1, 1'000'000);
    else
        return false;
    return true;
}

inline options parse(int argc, char** argv)
{
    options o;
    o.bridge.broker.client_id = "fanfare-dashboard";
    for (command_line words{argc, argv}; !words.done();) {
        const auto option = words.option();
        if (parse_bridge(option, words, o.bridge) || parse_feed(option, words, o.feed) ||
            parse_client_tls("--mqtt-tls", option, words, o.mqtt_tls))
            continue;
        if (option == "--address")
            o.address = words.value();
        else if (option == "--port")
            o.port = static_cast<std::uint16_t>(words.number(0, 65'535));
        else if (option == "--origin")
            o.origins.push_back(words.value());
        else if (option == "--host")
            o.hosts.push_back(words.value());
        else if (option == "--sqlite")
            o.sqlite = words.value();
        else if (option == "--help")
            o.only_help = true;
        else
            words.unknown();
    }
    use_tls(o.mqtt_tls, o.bridge.broker);
    o.bridge.filter = o.feed.prefix + "/#";
    o.bridge.first_delay = std::min(o.bridge.first_delay, o.bridge.longest_delay);
    return o;
}

} // namespace demo

#endif

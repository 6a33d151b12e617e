# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
"""What devices say over a real MQTT broker reaches the rooms, or is counted: iot_bridge.py NOTIFICATION_SERVER

The dashboard is in the same folder as the server."""

import asyncio
import json
import os
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from iot.dashboard import Broker, Dashboard, Watcher, numbers, reading, until  # noqa: E402
from support import RawClient, run_tests  # noqa: E402


async def test_what_a_device_says_reaches_its_room_its_group_and_global():
    async with Broker("boiler-7") as broker, await Dashboard.on(broker) as dashboard:
        async with await Watcher.join(dashboard, "device:boiler-7", "group:boiler", "global") as watcher:
            async with await broker.device("boiler-7") as device:
                await device.publish("devices/boiler-7/status", '{"status":"online"}')
                await device.publish("devices/boiler-7/telemetry", reading(1, groups_of_mine="hall"))
                for room in ("device:boiler-7", "group:boiler", "global"):
                    got = (await watcher.payloads("telemetry", 1, room))[0]
                    assert (got["device_id"], got["n"]) == ("boiler-7", 1), got
                    assert watcher.got("device_status", room)[0]["status"] == "online"


async def test_a_table_of_the_application_says_which_groups_a_device_is_in():
    async with Broker("gate", "boiler-1", "other") as broker:
        table = broker.file("groups.json", '{"boiler-*": ["boilers", "hall-1"], "gate": ["hall-1"]}')
        async with await Dashboard.on(broker, "--groups", table) as dashboard:
            async with await Watcher.join(dashboard, "group:boilers", "group:hall-1", "global") as watcher:
                for name in ("gate", "boiler-1", "other"):
                    async with await broker.device(name) as device:
                        await device.publish(f"devices/{name}/telemetry", reading(1, group="boilers"))
                # Rooms have no common order.
                for room, count in (("global", 3), ("group:boilers", 1), ("group:hall-1", 2)):
                    await watcher.payloads("telemetry", count, room)
                in_room = {room: sorted(p["device_id"] for p in watcher.got("telemetry", room))
                           for room in ("group:boilers", "group:hall-1")}
                assert in_room == {"group:boilers": ["boiler-1"], "group:hall-1": ["boiler-1", "gate"]}, in_room


BAD = [  # reason, topic below devices/evil-1/, payload
    ("not_json", "telemetry", "temperature=20"),
    ("not_json", "telemetry", '{"temperature": NaN}'),
    ("not_json", "telemetry", '{"temperature": 20'),
    ("not_json", "telemetry", b'{"temperature": 20, "name": "\xff\xfe"}'),
    ("not_json", "telemetry", "[" * 5000),
    ("not_object", "telemetry", "[1, 2]"),
    ("not_object", "status", '"online"'),
    ("not_finite", "telemetry", '{"temperature": 1e999}'),
    ("wrong_type", "telemetry", '{"temperature": {"value": 20}}'),
    ("wrong_type", "telemetry", '{"temperature": 20, "groups": ["boiler"]}'),
    ("wrong_type", "telemetry", '{"temperature": 20, "timestamp": "now"}'),
    ("wrong_type", "telemetry", '{"temperature": 20, "device_id": 7}'),
    ("wrong_type", "status", '{"status": 1}'),
    ("wrong_type", "status", '{"status": "ONLINE\\u0000<b>"}'),
    ("missing_field", "telemetry", '{"name": "no number"}'),
    ("missing_field", "status", "{}"),
    ("too_many_fields", "telemetry", json.dumps({f"m{i}": i for i in range(65)})),
    ("too_large", "telemetry", json.dumps({"temperature": 20, "text": "x" * 9000})),
    ("foreign_device", "telemetry", '{"temperature": 20, "device_id": "good-1"}'),
    ("empty", "telemetry", ""),
    ("topic", "nonsense", reading(1)),
    ("topic", "telemetry/more", reading(1)),
    ("topic", "/telemetry", reading(1)),
]


async def test_bad_messages_are_counted_by_reason_and_harm_nobody():
    async with Broker("evil-1", "good-1") as broker, await Dashboard.on(broker) as dashboard:
        async with await Watcher.join(dashboard, "global") as watcher:
            evil, good = await broker.device("evil-1"), await broker.device("good-1")
            wanted = {}
            for n, (reason, leaf, payload) in enumerate(BAD):
                await evil.publish(f"devices/evil-1/{leaf}", payload)
                await good.publish("devices/good-1/telemetry", reading(n))
                wanted[reason] = wanted.get(reason, 0) + 1
            await watcher.payloads("telemetry", len(BAD))
            assert numbers(watcher.got("telemetry")) == list(range(len(BAD)))
            counters = await dashboard.count("refused_total", len(BAD))
            refused = {reason: count for reason, count in counters["refused"].items() if count}
            assert refused == wanted, refused
            # Refused is settled: the broker does not send it again.
            assert counters["acknowledged"] == 2 * len(BAD) and counters["put_back"] == 0, counters
            await evil.close()
            await good.close()


async def test_wild_topics_are_refused_by_the_broker_or_counted():
    # Without an ACL, as in a broker that somebody has set up in a hurry.
    async with Broker("evil-1", "good-1") as broker:
        await broker.stop()
        broker.file("acl", "pattern readwrite #\n")
        await broker.start()
        async with await Dashboard.on(broker) as dashboard, await Watcher.join(dashboard, "global") as watcher:
            for topic in ("devices/+/telemetry", "devices/#", b"devices/\xff\xfe/telemetry", "devices/a\0b/telemetry"):
                evil = await broker.device("evil-1")
                try:
                    await evil.publish(topic, reading(1))
                    raise AssertionError(f"the broker has taken {topic!r}")
                except ConnectionError:
                    await evil.die()
            evil = await broker.device("evil-1")
            wild = ["devices//telemetry", "devices/a b/telemetry", "devices/*/telemetry", "devices/a:b/status",
                    "devices/" + "x" * 65_500 + "/telemetry", "devices/\u00fc/telemetry",
                    "devices/" + "x" * 65 + "/status"]
            for topic in wild:
                await evil.publish(topic, reading(1))
            counters = await dashboard.count("refused.device_id", len(wild))
            assert counters["refused_total"] == len(wild) and counters["devices"] == 0, counters
            await evil.publish("devices/good-1/telemetry", reading(2))
            assert numbers(await watcher.payloads("telemetry", 1)) == [2]
            await evil.close()


async def test_a_hostile_device_cannot_speak_for_another_nor_take_the_dashboards_place():
    async with Broker("evil-1", "good-1") as broker, await Dashboard.on(broker) as dashboard:
        async with await Watcher.join(dashboard, "device:good-1", "group:good", "global") as watcher:
            # With the dashboard's client id, to throw it out and inherit its session.
            evil = await broker.device("evil-1", client_id="dashboard")
            # mosquitto accepts such a message, and gives it to nobody.
            await evil.publish("devices/good-1/telemetry", reading(666))
            await evil.publish("devices/good-1/status", '{"status":"offline"}', retain=True)
            await evil.publish("devices/evil-1/telemetry", reading(667, device_id="good-1"))
            await evil.publish("devices/evil-1/telemetry", reading(1))
            assert numbers(await watcher.payloads("telemetry", 1)) == [1]
            assert watcher.got("telemetry")[0]["device_id"] == "evil-1"
            assert not watcher.got("device_status") and not watcher.got("telemetry", "group:good")
            counters = await dashboard.count("refused.foreign_device", 1)
            assert (counters["received"], counters["connects"], counters["devices"]) == (2, 1, 1), counters
            await evil.close()
            broker.users["good-1"] = "a guess"
            try:
                await broker.device("good-1")
                raise AssertionError("anybody is good-1")
            except PermissionError:
                pass


async def test_a_device_whose_power_fails_is_offline_by_its_last_will():
    async with Broker("pump-1") as broker, await Dashboard.on(broker) as dashboard:
        async with await Watcher.join(dashboard, "device:pump-1") as watcher:
            device = await broker.device("pump-1", will=("devices/pump-1/status", '{"status":"offline"}'))
            await device.publish("devices/pump-1/status", '{"status":"online"}', retain=True)
            await watcher.payloads("device_status", 1)
            await device.die()
            said = [payload["status"] for payload in await watcher.payloads("device_status", 2)]
            assert said == ["online", "offline"], said


async def test_who_joins_late_has_the_last_value_also_after_a_restart_of_the_dashboard():
    async with Broker("pump-1") as broker, await broker.device("pump-1") as device:
        async with await Dashboard.on(broker) as dashboard:
            await device.publish("devices/pump-1/status", '{"status":"online"}', retain=True)
            for n in range(1, 6):
                await device.publish("devices/pump-1/telemetry", reading(n), retain=True)
            await dashboard.count("telemetry", 5)
            async with await Watcher.join(dashboard, "device:pump-1", last=2) as late:
                assert numbers(await late.payloads("telemetry", 2)) == [4, 5]
        # Its history was in memory; the broker still has the last one.
        async with await Dashboard.on(broker) as again:
            await again.count("telemetry", 1)
            async with await Watcher.join(again, "device:pump-1", last=10) as late:
                last = (await late.payloads("telemetry", 1))[0]
                assert (last["n"], last["retained"]) == (5, True), last
                await late.send("devices", {})
                picture = (await late.wait(lambda m: m["type"] == "devices", "the picture"))["payload"]
                entry, = picture["devices"]
                assert (entry["id"], entry["status"], entry["telemetry"]["n"]) == ("pump-1", "online", 5), entry
                assert picture["next"] is None


async def test_a_threshold_raises_one_alert_a_crossing_also_over_a_restart():
    with tempfile.TemporaryDirectory() as folder:
        history = os.path.join(folder, "history.db")
        async with Broker("press-1") as broker, await broker.device("press-1") as device:
            rules = broker.file("rules.json",
                                '[{"metric":"temperature","above":80,"clear":75,"severity":"critical"}]')

            async def measure(*temperatures):
                for value in temperatures:
                    measure.n += 1
                    await device.publish("devices/press-1/telemetry", reading(measure.n, temperature=value),
                                         retain=True)
            measure.n = 0
            async with await Dashboard.on(broker, "--rules", rules, "--sqlite", history,
                                          "--alert-pause-ms", "0") as dashboard:
                async with await Watcher.join(dashboard, "alerts", "device:press-1", "global") as watcher:
                    await measure(79, 81, 79, 81, 76, 90)
                    await dashboard.count("telemetry", 6)
                    for room in ("alerts", "device:press-1", "global"):
                        raised = await watcher.payloads("alert", 1, room)
                        assert [(a["severity"], a["value"]) for a in raised] == [("critical", 81)], raised
                    await measure(74, 76, 79)
                    await dashboard.count("telemetry", 9)
                    over = await watcher.payloads("alert", 2, "alerts")
                    assert [a["severity"] for a in over] == ["critical", "info"], over
                    assert "back to normal" in over[1]["message"]
                    await measure(95)
                    assert len(await watcher.payloads("alert", 3, "alerts")) == 3
            async with await Dashboard.on(broker, "--rules", rules, "--sqlite", history) as again:
                async with await Watcher.join(again, "alerts", "device:press-1", last=50) as watcher:
                    await measure(96, 97)
                    await until(lambda: 12 in numbers(watcher.got("telemetry")), 20, "the last reading")
                    assert len(watcher.got("alert", "alerts")) == 3, "the alert was raised again"
                    assert (await again.bridge())["active_alerts"] == 1


async def test_two_rules_for_one_metric_are_told_apart_also_over_a_restart():
    with tempfile.TemporaryDirectory() as folder:
        history = os.path.join(folder, "history.db")
        async with Broker("press-1") as broker, await broker.device("press-1") as device:
            rules = broker.file("rules.json",
                                '[{"metric":"temperature","above":70,"clear":65,"severity":"warning"},'
                                '{"metric":"temperature","above":80,"clear":75,"severity":"critical"}]')
            told = []
            for n, (temperature, severity, active) in enumerate((
                    (72, "warning", ["warning"]), (85, "critical", ["warning", "critical"]),
                    (74, "info", ["warning"]), (64, "info", [])), 1):
                # Each time it knows what is raised from the history alone.
                async with await Dashboard.on(broker, "--rules", rules, "--sqlite", history,
                                              "--alert-pause-ms", "0") as dashboard:
                    async with await Watcher.join(dashboard, "device:press-1", "alerts") as watcher:
                        await device.publish("devices/press-1/telemetry", reading(n, temperature=temperature))
                        await watcher.payloads("telemetry", 1)
                        told.append((severity, temperature))
                        alerts = await watcher.history("alerts", "alert")
                        assert [(a["severity"], a["value"]) for a in alerts] == told, alerts
                        await watcher.send("devices", {})
                        picture = await watcher.wait(lambda m: m["type"] == "devices", "the picture")
                        entry, = picture["payload"]["devices"]
                        assert [a["severity"] for a in entry["alerts"]] == active, entry
            warning, critical = "warning: temperature > 70", "critical: temperature > 80"
            assert [a["rule"] for a in alerts] == [warning, critical, critical, warning], alerts


async def test_a_value_that_jumps_raises_an_alert_now_and_then_only():
    async with Broker("evil-1", "press-1") as broker:
        async with await Dashboard.on(broker, "--alert-pause-ms", "3600000") as dashboard:
            evil, press = await broker.device("evil-1"), await broker.device("press-1")
            for n in range(100):
                await evil.publish("devices/evil-1/telemetry", reading(n, temperature=100 if n % 2 else 0))
            await press.publish("devices/press-1/telemetry", reading(1, temperature=100))
            await evil.close()
            await press.close()
            await dashboard.count("acknowledged", 101)
            async with await Watcher.join(dashboard, "alerts", last=100) as watcher:
                told = [(a["device_id"], a["severity"]) for a in await watcher.payloads("alert", 3)]
                assert told == [("evil-1", "critical"), ("evil-1", "info"), ("press-1", "critical")], told


async def test_a_device_whose_clock_was_far_ahead_is_not_stuck_in_the_future():
    async with Broker("pump-1") as broker, await broker.device("pump-1") as device:
        year = int(time.time() * 1000) + 365 * 86_400_000
        async with await Dashboard.on(broker) as dashboard, await Watcher.join(dashboard, "device:pump-1") as watcher:
            for message in (reading(1, timestamp=year), reading(1, timestamp=year), reading(2), reading(3)):
                await device.publish("devices/pump-1/telemetry", message)
            await dashboard.count("acknowledged", 4)
            got = await watcher.payloads("telemetry", 3)
            assert [m.get("timestamp") for m in got] == [None, 1_700_000_000_002, 1_700_000_000_003], got
            await watcher.send("devices", {})
            picture = (await watcher.wait(lambda m: m["type"] == "devices", "the picture"))["payload"]
            assert picture["devices"][0]["telemetry"]["n"] == 3, picture
            # The second copy is known all the same.
            assert numbers(await watcher.history("device:pump-1")) == [1, 2, 3]
            assert (await dashboard.bridge())["clock_ahead"] == 2


async def test_two_dashboards_with_one_client_id_are_told_why_they_lose_their_links():
    async with Broker("pump-1") as broker, await Dashboard.on(broker) as one, await Dashboard.on(broker) as other:
        async def told():
            failures = [*(await one.bridge())["failures"], *(await other.bridge())["failures"]]
            return any("another program use the client id 'dashboard'" in why for why in failures)
        await until(told, 60, "one of them says why")


async def test_a_browser_that_is_too_slow_gets_the_newest_values_and_the_older_ones_are_counted():
    async with Broker("pump-1", "pump-2") as broker, await Dashboard.on(broker) as dashboard:
        slow = await RawClient.upgraded(dashboard)
        slow.writer.transport.pause_reading()
        slow.frame(1, b'{"type":"subscribe","payload":{"rooms":["global"]}}')
        async with await broker.device("pump-1") as device:
            text = "x" * 200

            async def fill():
                for n in range(fill.n, fill.n + 500):
                    device.publish_now("devices/pump-1/telemetry",
                                       reading(n, **{f"filler{i}": text for i in range(20)}))
                fill.n += 500
                await device.settled()
                return (await dashboard.stats())["conflated"] > 0
            fill.n = 0
            await until(fill, 60, "conflated values")
            last = fill.n - 1
        slow.writer.transport.resume_reading()
        data, wanted = b"", f'"n":{last},'.encode()
        while wanted not in data:
            part = await asyncio.wait_for(slow.reader.read(65536), 20)
            assert part, "the server has closed the connection"
            data = (data + part)[-200_000:]
        assert (await dashboard.stats())["slow_closed"] == 0
        await slow.close()


async def test_options_that_cannot_work_are_named():
    with tempfile.TemporaryDirectory() as folder:
        rules = os.path.join(folder, "rules.json")
        with open(rules, "w", encoding="utf-8") as out:
            out.write('[{"metric":"t","severity":"critical","above":80,"clear":90}]')
        for args, said in ((["--mqtt", "nowhere"], "--mqtt wants HOST:PORT"), (["--rules", rules], "rule 1: 'clear'"),
                           (["--groups", rules], "must be an object"), (["--prefix", "a/#"], "without wildcards"),
                           (["--rules", rules + ".no"], "cannot be read")):
            error = await Dashboard.refused(*args)
            assert said in error, error


asyncio.run(run_tests(globals()))

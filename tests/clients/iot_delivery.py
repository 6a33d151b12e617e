# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
"""Nothing that the broker has accepted with QoS 1 is lost: iot_delivery.py NOTIFICATION_SERVER

The dashboard is in the same folder as the server."""

import asyncio
import contextlib
import os
import sqlite3
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from iot.dashboard import Broker, Dashboard, Watcher, numbers, reading, until  # noqa: E402
from iot.mqtt import ExactBroker  # noqa: E402
from support import run_tests  # noqa: E402


@contextlib.contextmanager
def locked(file):
    """Another process writes to the file, and takes its time."""
    other = sqlite3.connect(file, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
    finally:
        other.close()


async def test_the_broker_hears_nothing_before_the_store_has_taken_the_message():
    with tempfile.TemporaryDirectory() as folder:
        history = os.path.join(folder, "history.db")
        async with ExactBroker() as broker:
            async with await Dashboard.start_at(broker.port, "--sqlite", history, "--timeout-ms", "3000") as dashboard:
                await asyncio.wait_for(broker.subscribed.wait(), 20)
                broker.send("devices/pump-1/telemetry", reading(1), 1)
                await until(lambda: (1, 1) in broker.acknowledged, 20, "the first acknowledgement")
                with locked(history):
                    for packet_id in (2, 3):
                        broker.send("devices/pump-1/telemetry", reading(packet_id), packet_id)
                    # The bridge cuts the link: what a broker has not been told of it sends again.
                    await until(lambda: 1 in broker.ended, 30, "the first connection has ended")
                    assert broker.acknowledged == [(1, 1)], broker.acknowledged
                counters = await dashboard.count("put_back", 2)
                assert counters["acknowledged"] == 1, counters
                await asyncio.wait_for(broker.subscribed.wait(), 20)
                for packet_id in (2, 3):
                    broker.send("devices/pump-1/telemetry", reading(packet_id), packet_id)
                again = broker.connections
                await until(lambda: {(again, 2), (again, 3)} <= set(broker.acknowledged), 30, "the others'")
                assert all(s == {"clean": False, "id": "dashboard"} for s in broker.sessions), broker.sessions
                async with await Watcher.join(dashboard, "device:pump-1") as watcher:
                    assert numbers(await watcher.history("device:pump-1")) == [1, 2, 3]


async def test_after_a_failure_fewer_messages_wait_together_so_that_a_slow_store_gets_on():
    def large(n):  # above what libmosquitto 2.1 reads at once, 4 KiB, and then hands over whatever the window
        return reading(n) + " " * 5000

    with tempfile.TemporaryDirectory() as folder:
        history = os.path.join(folder, "history.db")
        async with ExactBroker() as broker:
            async with await Dashboard.start_at(broker.port, "--sqlite", history, "--timeout-ms", "3000",
                                                "--max-waiting", "8") as dashboard:
                with locked(history):
                    for link, received in ((1, 8), (2, 8 + 4), (3, 8 + 4 + 2)):
                        await until(lambda: broker.connections == link and broker.subscribed.is_set(), 30, "connected")
                        for n in range(8):
                            broker.send("devices/pump-1/telemetry", large(n), n + 1)
                        await until(lambda: link in broker.ended, 30, "the connection has ended")
                        assert (await dashboard.bridge())["received"] == received, (link, await dashboard.bridge())
                    assert not broker.acknowledged
                await until(lambda: broker.connections == 4 and broker.subscribed.is_set(), 30, "connected")
                for n in range(8):
                    broker.send("devices/pump-1/telemetry", large(n), n + 1)
                await until(lambda: len(broker.acknowledged) == 8, 30, "all are acknowledged")
                async with await Watcher.join(dashboard, "device:pump-1") as watcher:
                    assert sorted(numbers(await watcher.history("device:pump-1"))) == list(range(8))


async def publish_all(device, name, begin, end):
    for n in range(begin, end):
        await device.publish(f"devices/{name}/telemetry", reading(n))


async def test_what_the_store_refuses_comes_again_and_nothing_is_lost():
    for timeout, reason in (("700", "has not answered"), ("30000", "locked")):
        with tempfile.TemporaryDirectory() as folder:
            history = os.path.join(folder, "history.db")
            async with Broker("pump-1") as broker, await broker.device("pump-1") as device:
                async with await Dashboard.on(broker, "--sqlite", history, "--timeout-ms", timeout,
                                              "--max-waiting", "10") as dashboard:
                    await publish_all(device, "pump-1", 0, 20)
                    with locked(history):
                        await publish_all(device, "pump-1", 20, 120)
                        counters = await dashboard.count("put_back", 10)
                        assert any(reason in why for why in counters["failures"]), counters["failures"]
                        assert (await dashboard.count("pauses", 1))["waiting"] <= 10
                    await dashboard.count("acknowledged", 120)
                    assert device.acknowledged == 120
                    async with await Watcher.join(dashboard, "device:pump-1") as watcher:
                        # Each once. A message that failed alone comes after those that were behind it.
                        stored = numbers(await watcher.history("device:pump-1"))
                        assert sorted(stored) == list(range(120)), stored


async def test_an_alert_that_the_store_refuses_is_raised_when_its_message_comes_again():
    with tempfile.TemporaryDirectory() as folder:
        history = os.path.join(folder, "history.db")
        async with Broker("press-1") as broker, await broker.device("press-1") as device:
            async with await Dashboard.on(broker, "--sqlite", history) as dashboard:
                with locked(history):
                    await device.publish("devices/press-1/telemetry", reading(1, temperature=90), retain=True)
                    await dashboard.count("put_back", 1)
                await dashboard.count("acknowledged", 1)
                async with await Watcher.join(dashboard, "alerts", "device:press-1") as watcher:
                    for room in ("alerts", "device:press-1"):
                        raised = await watcher.history(room, "alert")
                        assert [a["value"] for a in raised] == [90], (room, raised)
                    assert numbers(await watcher.history("device:press-1")) == [1]


async def test_a_retained_message_that_the_store_refuses_comes_again_too():
    with tempfile.TemporaryDirectory() as folder:
        history = os.path.join(folder, "history.db")
        async with ExactBroker() as broker:
            async with await Dashboard.start_at(broker.port, "--sqlite", history, "--timeout-ms", "3000") as dashboard:
                await asyncio.wait_for(broker.subscribed.wait(), 20)
                with locked(history):
                    broker.send("devices/pump-1/telemetry", reading(1), 1, retain=True)
                    await until(lambda: 1 in broker.ended, 30, "the first connection has ended")
                await asyncio.wait_for(broker.subscribed.wait(), 20)
                broker.send("devices/pump-1/telemetry", reading(1), 1, retain=True)
                await until(lambda: broker.acknowledged, 20, "the acknowledgement")
                assert (await dashboard.bridge())["retained_known"] == 0
                # Now it is known.
                broker.send("devices/pump-1/telemetry", reading(1), 2, retain=True)
                await dashboard.count("retained_known", 1)
                async with await Watcher.join(dashboard, "device:pump-1") as watcher:
                    assert numbers(await watcher.history("device:pump-1")) == [1]


async def test_nothing_is_lost_when_the_bridge_is_killed_before_the_store_has_answered():
    with tempfile.TemporaryDirectory() as folder:
        history = os.path.join(folder, "history.db")
        async with Broker("pump-1") as broker, await broker.device("pump-1") as device:
            dashboard = await Dashboard.on(broker, "--sqlite", history)
            await publish_all(device, "pump-1", 0, 20)
            await dashboard.count("acknowledged", 20)
            with locked(history):
                await publish_all(device, "pump-1", 20, 60)
                await dashboard.count("received", 60)
                await dashboard.kill()
            await dashboard.stop()
            await publish_all(device, "pump-1", 60, 80)  # while nobody is there
            async with await Dashboard.on(broker, "--sqlite", history) as again:
                await again.count("acknowledged", 60)
                async with await Watcher.join(again, "device:pump-1") as watcher:
                    stored = numbers(await watcher.history("device:pump-1"))
                    assert sorted(stored) == list(range(80)), stored


async def test_a_broker_that_ends_or_is_killed_and_returns_is_found_again():
    async with Broker("pump-1") as broker, await Dashboard.on(broker) as dashboard:
        async with await Watcher.join(dashboard, "global") as watcher:
            async def noticed():
                counters = await dashboard.bridge()
                return counters["state"] != "connected" and counters["problem"]

            for n, end in enumerate((broker.stop, broker.kill), 1):
                await end()
                await until(noticed, 20, "the bridge notices")
                assert (await dashboard.request("/healthz"))[0] == 200
                await broker.start()
                await dashboard.count("connects", n + 1)
                async with await broker.device("pump-1") as device:
                    async def heard():
                        await device.publish("devices/pump-1/telemetry", reading(n))
                        return n in numbers(watcher.got("telemetry"))
                    # A broker that was killed has forgotten the session: the bridge subscribes anew.
                    await until(heard, 20, "messages come again")


async def test_what_comes_while_the_dashboard_is_away_waits_at_the_broker_over_its_restart_too():
    async with Broker("pump-1") as broker:
        async with await Dashboard.on(broker):
            pass
        async with await broker.device("pump-1") as device:
            await publish_all(device, "pump-1", 0, 1500)  # More than the 1,000 that mosquitto keeps by default.
        await broker.stop()
        await broker.start()
        async with await Dashboard.on(broker) as dashboard:
            await dashboard.count("acknowledged", 1500)
            assert (await dashboard.bridge())["telemetry"] == 1500


asyncio.run(run_tests(globals()))

# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
"""A real mosquitto with the demo's own configuration, the dashboard on it, and a client that notes what it gets."""

import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, ".."))

from support import SKIPPED, Server, reserved_port, until  # noqa: E402

try:
    import websockets
except ImportError:
    print("skipped: no Python package websockets (Debian: python3-websockets)")
    sys.exit(SKIPPED)

from iot.mqtt import Device  # noqa: E402

EXAMPLES = os.path.dirname(os.path.abspath(sys.argv[1]))
SOURCES = os.path.join(HERE, "..", "..", "..", "examples", "demos", "iot_dashboard")
MOSQUITTO = shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
DASHBOARD = os.path.join(EXAMPLES, "iot_dashboard")

if not MOSQUITTO or not os.path.exists(DASHBOARD):
    print(f"skipped: no mosquitto, or no {DASHBOARD} (Debian: mosquitto, libmosquitto-dev)")
    sys.exit(SKIPPED)


def reading(n, **more):
    """Telemetry that is told apart by its number; the n-th millisecond of some day."""
    return json.dumps({"temperature": 20 + n % 50 / 10, "n": n, "timestamp": 1_700_000_000_000 + n, **more})


def numbers(payloads):
    return [payload["n"] for payload in payloads]


class Broker:
    """mosquitto on a free loopback port, with the users that are named; ended by its own process id. `conf` are lines
    behind the demo's own configuration."""

    def __init__(self, *devices, conf=()):
        self.conf = conf
        self.users = {name: os.urandom(8).hex() for name in ("dashboard", *devices)}
        self.reserved, self.process = reserved_port(), None
        self.port = self.reserved.getsockname()[1]
        self.folder = tempfile.mkdtemp(prefix="fanfare-mqtt-")

    def file(self, name, content=None):
        path = os.path.join(self.folder, name)
        if content is not None:
            with open(path, "w", encoding="utf-8") as out:
                out.write(content)
            os.chmod(path, 0o600)
        return path

    async def __aenter__(self):
        try:
            passwords = self.file("passwords", "".join(f"{user}:{word}\n" for user, word in self.users.items()))
            subprocess.run(["mosquitto_passwd", "-U", passwords], check=True, capture_output=True)
            self.file("dashboard", self.users["dashboard"] + "\n")
            shutil.copy(os.path.join(SOURCES, "mosquitto.acl"), self.file("acl"))
            with open(os.path.join(SOURCES, "mosquitto.conf.in"), encoding="utf-8") as template:
                conf = template.read()
            user = subprocess.run(["id", "-un"], check=True, capture_output=True, text=True).stdout.strip()
            for name, value in {"PORT": self.port, "FOLDER": self.folder, "USER": user}.items():
                conf = conf.replace(f"@{name}@", str(value))
            self.file("mosquitto.conf", "\n".join([conf, *self.conf, ""]))
            await self.start()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_):
        await self.kill()
        self.reserved.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    async def start(self):
        """Also again, on the same port."""
        self.process = await asyncio.create_subprocess_exec(
            MOSQUITTO, "-c", self.file("mosquitto.conf"), stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL)
        await until(self._listens, 20, "mosquitto listens")

    def _listens(self):
        if self.process.returncode is not None:
            with open(self.file("mosquitto.log"), encoding="utf-8", errors="replace") as log:
                raise AssertionError(f"mosquitto ended: {log.read()}")
        with socket.socket() as attempt:
            return attempt.connect_ex(("127.0.0.1", self.port)) == 0

    async def stop(self):
        """As a service manager does it: mosquitto saves its state."""
        self.process.terminate()
        await asyncio.wait_for(self.process.wait(), 20)

    async def kill(self):
        """With -9."""
        if self.process and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()

    async def device(self, name, **more):
        return await Device.connect(self.port, name, self.users[name], **more)


class Dashboard(Server):
    """The demo's executable."""

    @classmethod
    async def on(cls, broker, *args):
        """On a real broker; waits until it is connected."""
        dashboard = await cls.start(
            DASHBOARD, "--mqtt", f"127.0.0.1:{broker.port}", "--mqtt-user", "dashboard", "--mqtt-password-file",
            broker.file("dashboard"), "--mqtt-client-id", "dashboard", "--reconnect-max-ms", "500", *args)
        try:
            await dashboard.connected()
        except BaseException:
            await dashboard.stop()
            raise
        return dashboard

    @classmethod
    async def start_at(cls, port, *args):
        """On a broker that asks for no password."""
        return await cls.start(DASHBOARD, "--mqtt", f"127.0.0.1:{port}", "--mqtt-client-id", "dashboard",
                               "--reconnect-max-ms", "500", *args)

    @staticmethod
    async def refused(*args):
        """What it says when it does not even start."""
        process = await asyncio.create_subprocess_exec(DASHBOARD, "--port", "0", *args,
                                                       stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
        try:
            _, error = await asyncio.wait_for(process.communicate(), 20)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        assert process.returncode == 2, process.returncode
        return error.decode()

    async def bridge(self):
        status, body = await self.request("/api/bridge")
        assert status == 200, status
        return body

    async def connected(self):
        async def is_connected():
            return (await self.bridge())["state"] == "connected"
        await until(is_connected, 20, "the bridge is connected")

    async def count(self, name, least, within=30):
        """Waits until a counter, `refused.NAME` too, is at least so high; answers all of them."""
        seen = {}

        async def high_enough():
            seen.update(await self.bridge())
            value = seen
            for part in name.split("."):
                value = value[part]
            return value >= least and seen
        return await until(high_enough, within, lambda: f"{name} >= {least} in {seen}")

    async def kill(self):
        """With -9."""
        self.process.kill()
        await self.process.wait()


class Watcher:
    """A WebSocket client that notes every message."""

    def __init__(self, socket_):
        self.socket, self.messages = socket_, []

    @classmethod
    async def join(cls, dashboard, *rooms, last=None):
        watcher = cls(await websockets.connect(dashboard.ws, max_queue=None, max_size=None))
        watcher.task = asyncio.ensure_future(watcher._read())
        await watcher.send("subscribe", {"rooms": list(rooms), **({"last": last} if last else {})})
        answer = await watcher.wait(lambda m: m["type"] == "subscribed", "subscribed")
        assert answer["payload"]["rejected"] == [], answer
        return watcher

    async def _read(self):
        try:
            async for message in self.socket:
                self.messages.append(json.loads(message))
        except websockets.ConnectionClosed:
            pass  # whoever waits for a message finds out

    async def send(self, kind, payload, request_id=None):
        await self.socket.send(json.dumps({"type": kind, "payload": payload, "request_id": request_id or kind}))

    def got(self, kind, room=None):
        return [m["payload"] for m in self.messages if m["type"] == kind and room in (None, m.get("room"))]

    async def wait(self, fits, what, within=20):
        return await until(lambda: next((m for m in self.messages if fits(m)), None), within, what)

    async def payloads(self, kind, count, room=None, within=30):
        await until(lambda: len(self.got(kind, room)) >= count, within,
                    lambda: f"{count} x {kind}; the last messages: {self.messages[-3:]}")
        return self.got(kind, room)

    async def history(self, room, kind="telemetry", limit=1000):
        """The payloads that the room's history holds."""
        asked = f"history-{len(self.messages)}-{time.monotonic()}"
        await self.send("history", {"room": room, "limit": limit}, asked)
        answer = await self.wait(lambda m: m.get("request_id") == asked, "the answer to history")
        assert answer["type"] == "history", answer
        return [m["payload"] for m in answer["payload"]["messages"] if m["type"] == kind]

    async def close(self):
        await self.socket.close()
        await self.task

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        await self.close()

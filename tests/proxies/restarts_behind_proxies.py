# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
"""A server ends, or the proxy itself is reloaded, while clients are connected and messages flow: all return through the
proxy, and nobody misses a message or gets one twice.

python3 restarts_behind_proxies.py NOTIFICATION_SERVER
"""

import asyncio
import contextlib
import json
import signal
import struct

from proxies_support import HAProxy, Nginx, behind_each_proxy, two_behind
from redis_support import PATIENCE, Redis, nodes, run_together
from support import RawClient, until

CLIENTS = 300
DRAIN = 3  # seconds
ROOM = "group:news"  # has a history
# A server that is only slow is not one that is gone: else the proxy leaves both alone at times, and refuses clients
# itself. HAProxy's check lasts no longer than its interval where nothing is said.
PATIENT = {Nginx: [("proxy_connect_timeout 2s", "proxy_connect_timeout 60s")],
           HAProxy: [("timeout connect 2s", "timeout connect 60s\n    timeout check 60s"),
                     ("timeout http-request 10s", "timeout http-request 60s")]}
SOON = {Nginx: [("worker_shutdown_timeout 5m", "worker_shutdown_timeout 1s")],
        HAProxy: [("hard-stop-after 5m", "hard-stop-after 1s")]}


class Ended(Exception):
    """The connection has ended: with this code and reason, or without a close frame (None)."""


class Listener:
    """A client that returns at once, whatever ends its connection, and goes on after the last message that it has."""

    def __init__(self, proxy):
        self.proxy, self.socket, self.position = proxy, None, None
        self.numbers, self.problems, self.refusals, self.ends = [], [], [], []

    async def connect(self):
        """Again and again while it is refused."""
        while not self.socket:
            try:
                self.socket = await RawClient.upgraded(self.proxy, PATIENCE)
            except (OSError, EOFError, AssertionError) as refused:
                self.refusals.append(repr(refused))
                await asyncio.sleep(0.1)
        wanted = {"rooms": [ROOM], **({"since": {ROOM: self.position}} if self.position else {})}
        self.socket.frame(1, json.dumps({"type": "subscribe", "payload": wanted}).encode())
        while (message := await self.next())["type"] != "subscribed":
            pass
        if not self.position:
            self.position = message["payload"]["positions"][ROOM]
        elif not message["payload"]["recovered"][ROOM]["recovered"]:
            self.problems.append(message)

    async def next(self):
        """The next message, which is noted."""
        while True:
            try:
                opcode, payload = await self.socket.next_frame(PATIENCE)
            except (EOFError, ConnectionError):
                raise Ended(None) from None
            if opcode == 8:
                self.socket.frame(8, payload[:2])
                raise Ended((struct.unpack("!H", payload[:2])[0], payload[2:].decode()))
            if opcode == 9:
                self.socket.frame(10, payload)
            else:
                return self.note(json.loads(payload))

    def note(self, message):
        if message["type"] == "n":
            self.numbers.append(message["payload"])
            self.position = {"offset": message["offset"], "epoch": self.position["epoch"]}
        elif message["type"] not in ("connected", "subscribed"):
            self.problems.append(message)
        return message

    async def listen(self):
        while True:
            try:
                await self.connect()
                while await self.next():
                    pass
            except Ended as ended:
                self.ends.append(ended.args[0])
            await self.close()

    async def close(self):
        if self.socket:
            await self.socket.close()
            self.socket = None


async def cancel(*tasks):
    """Again until they have ended: `wait_for` of Python 3.11 forgets a cancellation that comes together with a result."""
    while running := [task for task in tasks if not task.done()]:
        for task in running:
            task.cancel()
        await asyncio.wait(running, timeout=1)


@contextlib.asynccontextmanager
async def listeners(proxy, count):
    """So many, connected, which listen until the end. One that fails is told of there."""
    all_ = [Listener(proxy) for _ in range(count)]
    tasks = [asyncio.ensure_future(one.listen()) for one in all_]
    try:
        await until(lambda: all(one.position for one in all_), PATIENCE, "all are there")
        yield all_
        for task in tasks:
            if task.done():
                task.result()
    finally:
        await cancel(*tasks)
        await asyncio.gather(*(one.close() for one in all_), return_exceptions=True)


class Publisher:
    """Publishes 1, 2, 3, ... all the time, to one server."""

    def __init__(self, server):
        self.server, self.last, self.ending = server, 0, False
        self.task = asyncio.ensure_future(self.run())

    async def run(self):
        while not self.ending:
            self.last += 1
            await self.server.publish(ROOM, "n", self.last)
            await asyncio.sleep(0.1)

    async def ends(self):
        self.ending = True
        await self.task

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        await cancel(self.task)


async def each_has_all(all_, publisher):
    """Everybody gets everything that was published, once and in order."""
    await publisher.ends()
    await until(lambda: all(one.numbers[-1:] == [publisher.last] for one in all_), PATIENCE,
                lambda: f"{sum(1 for one in all_ if one.numbers[-1:] != [publisher.last])} lack the last message")
    everything = list(range(1, publisher.last + 1))
    for one in all_:
        assert one.numbers == everything, (one.numbers, one.ends)
        assert one.problems == [], one.problems


@behind_each_proxy
async def test_a_server_ends_and_its_clients_reach_the_other_and_miss_nothing(kind):
    async with Redis() as redis, nodes(2, redis.url(), "--drain", str(DRAIN)) as (old, new):
        async with kind((old, new), changes=PATIENT[kind]) as proxy, listeners(proxy, CLIENTS) as all_, \
                Publisher(new) as publisher:
            async def settled():  # those of attempts that were given up end a little later
                return sum([(await server.stats())["connections"] for server in (old, new)]) == CLIENTS
            await until(settled, PATIENCE, "each client has one connection")
            moving = (await old.stats())["connections"]
            assert 0 < moving < CLIENTS, moving
            await until(lambda: all(one.numbers for one in all_), PATIENCE, "all hear something before")
            for one in all_:
                one.refusals.clear()  # while all came at once
            old.process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(old.process.wait(), PATIENCE) == 0

            async def moved():
                return (await new.stats())["connections"] == CLIENTS
            await until(moved, PATIENCE, "all are on the new one")
            await each_has_all(all_, publisher)
            ends = [end for one in all_ for end in one.ends]
            assert len(ends) == moving and len([one for one in all_ if one.ends]) == moving, ends
            for code, reason in ends:
                assert code == 3001 and json.loads(reason)["reason"] == "shutdown", (code, reason)
            refusals = [refusal for one in all_ for refusal in one.refusals]
            assert refusals == [], refusals  # the proxy asked the other server


@behind_each_proxy
async def test_the_proxy_is_reloaded_and_its_clients_return_and_miss_nothing(kind):
    async with two_behind(kind, changes=PATIENT[kind] + SOON[kind]) as (proxy, servers):
        async with listeners(proxy, CLIENTS // 2) as all_, Publisher(servers[0]) as publisher:
            await until(lambda: all(one.numbers for one in all_), PATIENCE, "all hear something before")
            await proxy.reload()
            await until(lambda: all(one.ends and one.socket for one in all_), PATIENCE, "all were cut, and are back")
            await each_has_all(all_, publisher)


asyncio.run(run_together(globals()))

# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
"""A rolling restart under load: 2,000 clients move from the old instance to the new one, miss nothing, and come at the pace
of the draining.

python3 rolling_restart.py NOTIFICATION_SERVER [ECHO_SERVER]
"""

import asyncio
import json
import signal
import struct
import time

from redis_support import Redis, nodes, run_together
from support import RawClient, until

CLIENTS = 2000
DRAIN = 8  # seconds
ROOM = "group:news"  # has a history


class Traveller:
    """A client that goes where it is told, and notes what it got. `polite`: it waits as long as it is asked to."""

    def __init__(self, polite):
        self.polite, self.numbers, self.position, self.problems = polite, [], None, []
        self.told_at = self.moved_at = None

    async def connect(self, node):
        self.socket = await RawClient.upgraded(node)
        wanted = {"rooms": [ROOM]}
        if self.position:
            wanted["since"] = {ROOM: self.position}
        self.socket.frame(1, json.dumps({"type": "subscribe", "payload": wanted}).encode())
        while (message := await self.next())["type"] != "subscribed":
            assert message["type"] in ("connected", "n"), message
        answer = message["payload"]
        assert answer["rooms"] == [ROOM], answer
        if self.position:
            assert answer["recovered"][ROOM]["recovered"], answer
        else:
            self.position = answer["positions"][ROOM]

    async def next(self):
        """The next message; None: the server has closed."""
        while True:
            opcode, payload = await self.socket.next_frame(60)
            if opcode == 9:
                self.socket.frame(10, payload)
            elif opcode == 8:
                self.closed = struct.unpack("!H", payload[:2])[0], json.loads(payload[2:])
                self.socket.frame(8, payload[:2])
                await self.socket.close()
                return None
            else:
                message = json.loads(payload)
                if message["type"] == "n":
                    self.numbers.append(message["payload"])
                    self.position = {"offset": message["offset"], "epoch": self.position["epoch"]}
                elif message["type"] == "gap":
                    self.problems.append(message)
                return message

    async def travel(self, new, last):
        while await self.next():
            pass
        self.told_at = time.monotonic()
        code, reason = self.closed
        assert code == 3001 and reason["reason"] == "shutdown", self.closed
        if self.polite:
            await asyncio.sleep(reason["delay_ms"] / 1000)
        await self.connect(new)
        self.moved_at = time.monotonic()
        while not last.done() or self.numbers[-1:] != [last.result()]:
            await self.next()
        await self.socket.close()


def busiest_second(times):
    """The most of these that are within one second."""
    times, most, first = sorted(times), 0, 0
    for last, moment in enumerate(times):
        while moment - times[first] > 1:
            first += 1
        most = max(most, last - first + 1)
    return most


class Lag:
    """How late this process has been at most: what it could not look at in time seems to come all at once."""

    def __init__(self):
        self.most, self.task = 0, asyncio.ensure_future(self.watch())

    async def watch(self):
        while True:
            due = time.monotonic() + 0.05
            await asyncio.sleep(0.05)
            self.most = max(self.most, time.monotonic() - due)


async def test_clients_move_at_the_pace_of_the_draining_and_miss_nothing():
    async with Redis() as redis, nodes(1, redis.url()) as (new,), nodes(1, redis.url(), "--drain", str(DRAIN)) as (old,):
        travellers = [Traveller(polite=index % 2 == 0) for index in range(CLIENTS)]
        for begin in range(0, CLIENTS, 50):
            await asyncio.gather(*(one.connect(old) for one in travellers[begin:begin + 50]))
        assert (await old.stats())["connections"] == CLIENTS

        last, moved = asyncio.get_running_loop().create_future(), False

        async def publish():
            number = 0
            while not moved:
                number += 1
                await new.publish(ROOM, "n", number)
                await asyncio.sleep(0.4)
            last.set_result(number + 1)
            await new.publish(ROOM, "n", number + 1)

        publisher = asyncio.ensure_future(publish())
        travels = [asyncio.ensure_future(one.travel(new, last)) for one in travellers]
        await asyncio.sleep(0.5)  # some messages before, so that there is something to go on from
        lag = Lag()
        old.process.send_signal(signal.SIGTERM)

        async def arrived():
            failed = next((one for one in travels if one.done() and one.exception()), None)
            if failed:
                raise failed.exception()
            return all(one.moved_at for one in travellers)
        await until(arrived, 80, lambda: f"{sum(1 for one in travellers if one.moved_at)} of {CLIENTS} have moved")
        moved = True
        lag.task.cancel()
        await publisher
        await asyncio.gather(*travels)
        assert await asyncio.wait_for(old.process.wait(), 30) == 0

        everything = list(range(1, last.result() + 1))
        for one in travellers:
            assert one.numbers == everything, one.numbers
            assert one.problems == [], one.problems
        # Those that come back at once come as they are told to go: an eighth a second, and not all together.
        told = [one.told_at for one in travellers]
        assert max(told) - min(told) > 0.7 * DRAIN, max(told) - min(told)
        pace = CLIENTS / DRAIN
        for what, times in (("told", told), ("moved", [one.moved_at for one in travellers])):
            busiest = busiest_second(times)
            print(f"{what}: {busiest} in the busiest second; {pace:.0f} are the pace, {lag.most:.1f} s the lag", flush=True)
            assert busiest < 3 * pace * (1 + lag.most), busiest


asyncio.run(run_together(globals()))

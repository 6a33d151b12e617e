#!/usr/bin/env python3
# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
"""What was acknowledged is kept, however suddenly the server, Redis or the disk ends; and clients end with all of it.

usage: kill_server.py NOTIFICATION_SERVER TEST, the first words of a test's name below, such as sqlite_kill_9
"""
import asyncio
import contextlib
import itertools
import json
import os
import resource
import shutil
import signal
import sqlite3
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "redis"))

from redis_support import NOTIFICATION_SERVER, Node, Redis, Server, run_together, until, websockets  # noqa: E402

NOTIFICATIONS = 10_000  # as many as an inbox keeps
AT_ONCE = 24
USER = "alice"


# ---- servers

class Demo(Node):
    """A notification_server that keeps what it is told to keep with `args`."""

    @classmethod
    async def start(cls, *args, program=NOTIFICATION_SERVER, preexec=None):
        process = await asyncio.create_subprocess_exec(
            program, "--port", "0", "--no-self-telemetry", *args, preexec_fn=preexec,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
        demo = cls(process, None, None, None)
        demo.errors, demo.output = [], []
        errors = asyncio.ensure_future(demo._read(process.stderr, demo.errors))
        try:
            scheme, host, port = await asyncio.wait_for(cls._address(process, program), 20)
        except BaseException as failure:
            if process.returncode is None:
                process.kill()
            await process.wait()
            await errors
            raise AssertionError(f"no server: {failure}, {demo.errors}") from failure
        demo.reader = asyncio.gather(errors, demo._read(process.stdout, demo.output))
        Server.__init__(demo, process, scheme, host, port)
        return demo

    async def kill(self):
        await super().kill()
        await self.reader

    async def stop(self):
        if self.process.returncode is None:
            await super().stop()

    async def inbox(self):
        """Every notification of the user, newest first, and the unread count."""
        items, cursor = [], ""
        while True:
            status, page = await self.request(f"/api/v1/inbox?user_id={USER}&limit=200{cursor}")
            assert status == 200, (status, page)
            items += page["items"]
            if page["next_cursor"] is None:
                return items, page["unread"]
            cursor = "&cursor=" + page["next_cursor"]


@contextlib.contextmanager
def folder():
    path = tempfile.mkdtemp(prefix="fanfare-kill-")
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


async def fails_to_start(*args, **how):
    """The only line on its standard error; it ends with 1."""
    program = how.pop("program", NOTIFICATION_SERVER)
    process = await asyncio.create_subprocess_exec(
        program, "--port", "0", *args, **how, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE)
    try:
        out, err = await asyncio.wait_for(process.communicate(), 20)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 1 and not out, (args, process.returncode, out, err)
    lines = err.decode().splitlines()
    assert len(lines) == 1, lines
    return lines[0]


# ---- who publishes

class Poster:
    """POSTs over one connection that stays."""

    def __init__(self, server):
        self.server, self.writer = server, None

    async def post(self, path, body):
        """The status and the answer; OSError or EOFError if the server is gone."""
        if not self.writer:
            self.reader, self.writer = await asyncio.open_connection(self.server.host, self.server.port)
        try:
            data = json.dumps(body).encode()
            self.writer.write(f"POST {path} HTTP/1.1\r\nHost: {self.server.host}:{self.server.port}\r\n"
                              f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n".encode() + data)
            head = (await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 60)).decode().lower()
            length = int(head.partition("content-length:")[2].split()[0])
            answer = json.loads(await self.reader.readexactly(length))
            if "connection: close" in head:
                self.close()
            return int(head.split()[1]), answer
        except BaseException:
            self.close()
            raise

    def close(self):
        if self.writer:
            self.writer.close()
        self.writer = None


class Publisher:
    """Notifies the user NOTIFICATIONS times, several at once. A number that was not acknowledged is tried again with
    its idempotency key, so that in the end each is acknowledged once, with one id."""

    def __init__(self):
        self.killing = False
        self.todo = list(range(NOTIFICATIONS, 0, -1))
        self.acknowledged = {}  # number: id
        self.refused = []  # what the server answered instead
        self.unknown = 0  # requests whose answer never came
        self.repeated = 0  # answers that the notification was stored by an earlier try

    async def run(self, server, enough=NOTIFICATIONS):
        """Until so many are acknowledged, or the server is gone."""
        await asyncio.gather(*(self._work(server, enough) for _ in range(AT_ONCE)))

    async def _work(self, server, enough):
        poster = Poster(server)
        try:
            while self.todo and len(self.acknowledged) < enough:
                number = self.todo.pop()
                try:
                    status, answer = await poster.post("/api/v1/notify", {
                        "user_id": USER, "title": f"number {number}", "message": "text", "data": {"number": number},
                        "idempotency_key": f"key-{number}"})
                except (OSError, EOFError):
                    self.unknown += 1
                    self.todo.append(number)
                    if server.process.returncode is not None or self.killing:
                        return
                    continue
                if status == 200:
                    assert number not in self.acknowledged and answer["id"], answer
                    self.acknowledged[number] = answer["id"]
                    self.repeated += answer.get("duplicate", False)
                else:
                    assert status >= 500 and answer["error"]["code"] and answer["error"]["message"], (status, answer)
                    self.refused.append(answer["error"]["code"])
                    self.todo.append(number)
                    await asyncio.sleep(0.02)  # no more than 50 tries a second each, as a publisher would
        finally:
            poster.close()

    async def run_until_killed(self, server, count, kill):
        """Kills in the middle, with requests under way."""
        async def killer():
            await until(lambda: len(self.acknowledged) >= count, 300, f"{count} acknowledged")
            self.killing = True
            await kill()
        try:
            await asyncio.gather(killer(), self.run(server))
        finally:
            self.killing = False
        assert count <= len(self.acknowledged) < NOTIFICATIONS, len(self.acknowledged)

    def check(self, items, whole=False):
        """Each acknowledged one is in the inbox once, under its id; with `whole` there is nothing else."""
        ids = {item["data"]["number"]: item["id"] for item in items}
        assert len(ids) == len(items) == len(set(ids.values())), "a number is there twice"
        lost = [number for number, id_ in self.acknowledged.items() if ids.get(number) != id_]
        assert not lost, f"{len(lost)} of {len(self.acknowledged)} acknowledged ones are lost: {sorted(lost)[:10]}"
        assert not whole or len(ids) == len(self.acknowledged), (len(ids), len(self.acknowledged))


# ---- who listens

class Client:
    """A user's device that comes back with its position, and reads the inbox each time."""

    def __init__(self):
        self.position, self.ahead = None, set()
        self.streamed, self.known = [], set()
        self.unread, self.revision = 0, 0
        self.told = []  # what `recovered` said, each time
        self.gaps = 0

    async def connect(self, server):
        self.answers, self.asked = {}, itertools.count(1)
        self.socket = await websockets.connect(f"{server.ws}?user={USER}", max_queue=None, max_size=None)
        hello = json.loads(await asyncio.wait_for(self.socket.recv(), 20))
        assert hello["type"] == "connected", hello
        self.revision = 0
        self.task = asyncio.ensure_future(self._read())
        room = f"user:{USER}"
        if self.position is None:
            self.position = hello["payload"]["positions"][room]
        else:
            told = (await self.ask("subscribe", {"rooms": [room], "since": {room: self.position}}))["recovered"][room]
            self.told.append(told["recovered"])
            if not told["recovered"]:
                self._go_on_at(told)
        await self.read_inbox()

    async def _read(self):
        with contextlib.suppress(websockets.ConnectionClosed):
            async for text in self.socket:
                self._take(json.loads(text))

    def _take(self, message):
        payload = message.get("payload") or {}
        if "request_id" in message:
            # Not in a later turn: what follows goes on from here.
            if message["type"] == "subscribed":
                told = payload["recovered"].get(f"user:{USER}", {})
                if told and not told["recovered"]:
                    self._go_on_at(told)
            self.answers[message["request_id"]] = message
        elif message["type"] == "gap":
            self.gaps += 1
            self._go_on_at(payload)
        elif message["type"] == "notification":
            self.streamed.append(payload["id"])
            self.known.add(payload["id"])
            self._advance(message)
        if payload.get("revision", -1) >= self.revision and "unread" in payload:
            self.unread, self.revision = payload["unread"], payload["revision"]

    def _go_on_at(self, at):
        self.position = {"epoch": at["epoch"], "offset": at["offset"]} if "offset" in at else None
        self.ahead.clear()

    def _advance(self, message):
        if self.position is None:
            self.position = {"epoch": message["epoch"], "offset": message["offset"] - 1}
        assert self.position["epoch"] == message["epoch"], f"a new epoch, and no word of it: {message}"
        self.ahead.add(message["offset"])
        while self.position["offset"] + 1 in self.ahead:
            self.position["offset"] += 1
            self.ahead.remove(self.position["offset"])

    async def ask(self, kind, payload):
        request_id = next(self.asked)
        await self.socket.send(json.dumps({"type": kind, "payload": payload, "request_id": request_id}))
        await until(lambda: request_id in self.answers or self.task.done(), 60, f"the answer to {kind}")
        answer = self.answers.pop(request_id)
        assert answer["type"] in (kind, kind + "d"), answer
        return answer["payload"]

    async def read_inbox(self):
        """All of it, page by page."""
        query = {"limit": 200}
        while True:
            page = await self.ask("inbox", query)
            self.known.update(item["id"] for item in page["items"])
            if page["next_cursor"] is None:
                return
            query["cursor"] = page["next_cursor"]

    async def close(self):
        await self.socket.close()
        await self.task

    def check(self, publisher):
        """It has every notification, and the stream brought none twice and left none out without a word."""
        assert len(self.streamed) == len(set(self.streamed)), "the stream repeats"
        assert not self.ahead, f"a hole after {self.position}, and no word of it"
        assert self.known == set(publisher.acknowledged.values()), (len(self.known), len(publisher.acknowledged))

    async def ends_with(self, publisher, unread):
        await until(lambda: self.known >= set(publisher.acknowledged.values()), 60, "all notifications")
        await until(lambda: self.unread == unread, 60, f"{unread} unread, the badge is {self.unread}")
        await self.close()
        self.check(publisher)


def story(publisher, client):
    print(f"        {len(publisher.acknowledged)} acknowledged, {publisher.unknown} requests cut off, "
          f"{publisher.repeated} of them stored before; {len(publisher.refused)} refused "
          f"{sorted(set(publisher.refused))}; "
          f"the client streamed {len(client.streamed)}, recovered {client.told}, gaps {client.gaps}", flush=True)


# ---- tests

async def test_sqlite_kill_9_of_the_server_loses_no_acknowledged_notification():
    with folder() as path:
        file = os.path.join(path, "demo.db")
        publisher, client = Publisher(), Client()

        async def kept(server):
            items, unread = await server.inbox()
            publisher.check(items)
            assert unread == len(items), (unread, len(items))

        async with await Demo.start("--sqlite", file) as server:
            await client.connect(server)
            await publisher.run_until_killed(server, 3_000, server.kill)
            await client.close()
        async with await Demo.start("--sqlite", file) as server:
            await kept(server)
            await publisher.run_until_killed(server, 5_500, server.kill)
        async with await Demo.start("--sqlite", file) as server:
            await kept(server)
            await client.connect(server)
            assert client.told == [False], client.told  # the history has not all of it any more
            await publisher.run(server, 7_000)
            await until(lambda: client.known >= set(publisher.acknowledged.values()), 60, "the client keeps up")
            await publisher.run_until_killed(server, 7_500, server.kill)
            await client.close()
        async with await Demo.start("--sqlite", file) as server:
            await kept(server)
            await client.connect(server)
            assert client.told == [False, True], client.told
            await publisher.run(server)
            items, unread = await server.inbox()
            publisher.check(items, whole=True)
            assert len(items) == unread == NOTIFICATIONS, (len(items), unread)
            await client.ends_with(publisher, NOTIFICATIONS)
            status, marked = await server.request("/api/v1/inbox/mark", {
                "user_id": USER, "action": "read", "ids": [item["id"] for item in items[:100]]})
            assert status == 200 and marked["unread"] == NOTIFICATIONS - 100, marked
            await server.kill()
        async with await Demo.start("--sqlite", file) as server:
            items, unread = await server.inbox()
            publisher.check(items, whole=True)
            assert unread == NOTIFICATIONS - 100 == sum(item["read_at"] is None for item in items), unread
        story(publisher, client)


async def test_redis_kill_9_of_redis_loses_no_acknowledged_notification():
    async with Redis("--appendonly", "yes", "--appendfsync", "always") as redis:
        async with await Demo.start("--redis", redis.url()) as server:
            await server.ready()
            publisher, client = Publisher(), Client()
            await client.connect(server)

            async def kill_and_restart():
                await until(lambda: len(publisher.acknowledged) >= 3_000, 300, "3,000 acknowledged")
                await redis.kill()
                await until(lambda: publisher.refused or publisher.unknown, 60, "the publisher is told")
                assert len(publisher.acknowledged) < NOTIFICATIONS
                await redis.start()

            await asyncio.gather(kill_and_restart(), publisher.run(server))
            await server.ready()
            items, unread = await server.inbox()
            publisher.check(items, whole=True)
            assert len(items) == unread == NOTIFICATIONS, (len(items), unread)
            await client.close()
            await client.connect(server)
            await client.ends_with(publisher, NOTIFICATIONS)
            story(publisher, client)


async def test_sqlite_300_clients_that_return_at_once_share_few_reads_and_miss_nothing():
    clients, missed, room = 300, 100, "group:hall"

    async def publish(server, first, last):
        poster = Poster(server)
        for n in range(first, last + 1):
            status, answer = await poster.post("/api/v1/publish", {"room": room, "type": "n", "payload": n})
            assert status == 200, answer
        poster.close()

    async def connect(server):
        socket = await websockets.connect(server.ws, max_queue=None)
        await asyncio.wait_for(socket.recv(), 60)
        return socket

    async def recover(socket, position):
        """What came, up to the last one that was missed and one that is new."""
        told = json.loads(await asyncio.wait_for(socket.recv(), 60))["payload"]
        assert told["recovered"][room]["recovered"] and told["recovered"][room]["offset"] == 5 + missed, told
        got = [json.loads(await asyncio.wait_for(socket.recv(), 60)) for _ in range(missed + 1)]
        assert [m["payload"] for m in got] == list(range(6, 7 + missed)), [m["payload"] for m in got]
        assert [m["offset"] for m in got] == list(range(6, 7 + missed))
        assert {m["epoch"] for m in got} == {position["epoch"]}

    with folder() as path:
        file = os.path.join(path, "demo.db")
        async with await Demo.start("--sqlite", file) as server:
            socket = await connect(server)
            await socket.send(json.dumps({"type": "subscribe", "payload": {"rooms": [room]}}))
            await socket.recv()
            await publish(server, 1, 5)
            last = [json.loads(await asyncio.wait_for(socket.recv(), 60)) for _ in range(5)][-1]
            position = {"epoch": last["epoch"], "offset": last["offset"]}
            await publish(server, 6, 5 + missed)
            await socket.close()
            await server.kill()
        async with await Demo.start("--sqlite", file) as server:
            sockets = []
            while len(sockets) < clients:  # no more at once than the server's queue of new connections surely takes
                sockets += await asyncio.gather(*(connect(server) for _ in range(50)))
            before = (await server.stats())["store_reads"]
            request = json.dumps({"type": "subscribe", "payload": {"rooms": [room], "since": {room: position}}})
            server.process.send_signal(signal.SIGSTOP)  # so that all requests are there when it looks
            try:
                await asyncio.gather(*(socket.send(request) for socket in sockets))
            finally:
                server.process.send_signal(signal.SIGCONT)

            async def recovered():
                return (await server.stats())["recovered"] == clients
            await until(recovered, 60, "all have recovered")
            await publish(server, 6 + missed, 6 + missed)
            await asyncio.gather(*(recover(socket, position) for socket in sockets))
            stats = await server.stats()
            reads = stats["store_reads"] - before
            assert stats["not_recovered"] == stats["holes"] == stats["missed"] == 0, stats
            assert reads <= clients // 3, f"{reads} reads for {clients} clients"
            print(f"        {clients} x {missed} messages with {reads} reads of the store", flush=True)
            await asyncio.gather(*(socket.close() for socket in sockets))


def limit_files(most):
    """No file of this process grows beyond `most` bytes; a write that would is an error, not a signal."""
    def preexec():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
    return preexec


async def test_sqlite_a_full_disk_is_an_error_at_the_publisher_and_takes_nothing():
    with folder() as path:
        file = os.path.join(path, "demo.db")
        acknowledged, failed = [], 0

        async def notify(poster):
            return await poster.post("/api/v1/notify", {"user_id": USER, "title": "t", "message": "x" * 2_000})

        async with await Demo.start("--sqlite", file, preexec=limit_files(3 * 1024 * 1024)) as server:
            poster = Poster(server)
            while failed < 20:
                status, answer = await notify(poster)
                if status == 200:
                    acknowledged.append(answer["id"])
                    assert len(acknowledged) < 5_000, "the disk does not fill"
                    continue
                assert status == 503 and answer["error"]["code"] == "store_failed", (status, answer)
                assert answer["error"]["message"], answer
                failed += 1
            assert len(acknowledged) > 10, len(acknowledged)
            status, answer = await poster.post("/api/v1/publish", {"room": "group:hall", "type": "n",
                                                                   "payload": "x" * 50_000})
            assert status == 503 and answer["error"]["code"] == "store_failed", (status, answer)
            status, answer = await poster.post("/api/v1/publish", {"room": "device:1", "type": "n", "payload": 1})
            assert status == 200, answer  # no history: needs no disk
            items, unread = await server.inbox()
            assert sorted(item["id"] for item in items) == sorted(acknowledged) and unread == len(items)

            resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
            for _ in range(10):
                status, answer = await notify(poster)
                assert status == 200, answer  # there is room again: no restart needed
                acknowledged.append(answer["id"])
            poster.close()
            await server.kill()
        async with await Demo.start("--sqlite", file) as server:
            items, unread = await server.inbox()
            assert sorted(item["id"] for item in items) == sorted(acknowledged) and unread == len(items)
        with contextlib.closing(sqlite3.connect(file)) as db:
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        print(f"        {len(acknowledged)} acknowledged before and after, {failed} refused", flush=True)


async def test_sqlite_a_file_that_cannot_be_used_is_told_in_one_line():
    with folder() as path:
        os.chmod(path, 0o755)
        no_folder = os.path.join(path, "no", "demo.db")
        assert no_folder in await fails_to_start("--sqlite", no_folder)
        text = os.path.join(path, "text.db")
        with open(text, "w", encoding="ascii") as out:
            out.write("this is no database\n" * 100)
        assert "not a database" in await fails_to_start("--sqlite", text)

        file = os.path.join(path, "demo.db")
        async with await Demo.start("--sqlite", file) as server:
            status, answer = await server.request("/api/v1/notify", {"user_id": USER, "title": "t", "message": "m"})
            assert status == 200, answer
        # Root may write everything, so that this takes another user, who may not reach the build folder.
        program = shutil.copy(NOTIFICATION_SERVER, os.path.join(path, "server"))
        os.chmod(program, 0o755)
        os.chmod(file, 0o444)
        how = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
        line = await fails_to_start("--sqlite", file, program=program, **how)
        assert file in line and "readonly" in line.replace("-", "").replace(" ", ""), line
        os.chmod(file, 0o644)
        async with await Demo.start("--sqlite", file) as server:
            items, unread = await server.inbox()
            assert [item["id"] for item in items] == [answer["id"]] and unread == 1


if __name__ == "__main__":
    chosen = {name: body for name, body in globals().items() if name.startswith(f"test_{sys.argv[2]}")}
    asyncio.run(run_together(chosen, 380))

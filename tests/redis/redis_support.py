# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
"""What the scripts about several servers share: a redis-server, server processes on it, and clients that note all."""

import asyncio
import contextlib
import inspect
import json
import os
import shutil
import signal
import sys
import tempfile
import time
import traceback

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "clients"))

from support import SKIPPED, Server, reserved_port, until  # noqa: E402

try:
    import websockets
except ImportError:
    print("skipped: no Python package websockets (Debian: python3-websockets)")
    sys.exit(SKIPPED)

NOTIFICATION_SERVER = sys.argv[1]
# Seconds that one step may take before it counts as stuck. Nothing waits for it to pass, so it can be far above what a
# slow server (sanitizers, a busy machine) needs.
PATIENCE = 120


class RedisError(Exception):
    """What Redis refused."""


class Redis:
    """A redis-server on a free loopback port, with nothing kept on disk; ended by its own process id."""

    def __init__(self, *arguments):
        self.arguments, self.reserved, self.process = arguments, reserved_port(), None
        self.port = self.reserved.getsockname()[1]
        self.folder = tempfile.mkdtemp(prefix="fanfare-redis-")

    async def __aenter__(self):
        try:
            await self.start()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_):
        await self.kill()
        self.reserved.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, credentials=""):
        return f"redis://{credentials}127.0.0.1:{self.port}"

    async def start(self):
        """Also again, on the same port."""
        self.process = await asyncio.create_subprocess_exec(
            "redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
            "--dir", self.folder, "--logfile", os.path.join(self.folder, "log"), "--daemonize", "no", *self.arguments,
            stdin=asyncio.subprocess.DEVNULL)
        await until(self._answers, PATIENCE, "redis-server answers")

    async def _answers(self):
        if self.process.returncode is not None:
            with open(os.path.join(self.folder, "log"), encoding="utf-8", errors="replace") as log:
                raise AssertionError(f"redis-server ended: {log.read()}")
        try:
            await self.command("PING")
        except RedisError as refused:
            return str(refused).startswith("NOAUTH")
        except OSError:
            return False
        return True

    async def kill(self):
        """With -9."""
        if self.process and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()

    def freeze(self):
        """Frozen, not dead: the kernel still takes connections and bytes for it."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    async def command(self, *words, password=None):
        """One command over a connection of its own."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            if password:
                await self._talk(reader, writer, ("AUTH", password))
            return await self._talk(reader, writer, words)
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _talk(self, reader, writer, words):
        words = [word if isinstance(word, bytes) else str(word).encode() for word in words]
        writer.write(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words))
        return await asyncio.wait_for(self._reply(reader), 15)

    async def _reply(self, reader):
        line = (await reader.readline()).rstrip(b"\r\n")
        if not line:
            raise ConnectionResetError("Redis closed the connection")
        kind, rest = line[:1], line[1:]
        if kind == b"-":
            raise RedisError(rest.decode())
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else (await reader.readexactly(int(rest) + 2))[:-2]
        if kind == b"*":
            return [await self._reply(reader) for _ in range(int(rest))]
        return rest


class Node(Server):
    """A notification_server on a Redis. `errors` are the lines of its standard error, so far."""

    @classmethod
    async def start(cls, url, *args):
        process = await asyncio.create_subprocess_exec(
            NOTIFICATION_SERVER, "--port", "0", "--no-self-telemetry", "--redis", url, *args,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
        node = cls(process, None, None, None)
        node.errors, node.output = [], []
        try:
            errors = asyncio.ensure_future(node._read(process.stderr, node.errors))
            scheme, host, port = await asyncio.wait_for(cls._address(process, NOTIFICATION_SERVER), PATIENCE)
            output = asyncio.ensure_future(node._read(process.stdout, node.output))
            node.reader = asyncio.gather(errors, output)
        except BaseException as failure:
            if process.returncode is None:
                process.kill()
            await process.wait()
            raise AssertionError(f"no server: {failure}, {node.errors}") from failure
        Server.__init__(node, process, scheme, host, port)
        return node

    @staticmethod
    async def _read(stream, lines):
        async for line in stream:
            lines.append(line.decode(errors="replace").rstrip("\n"))

    async def kill(self):
        """With -9."""
        self.process.kill()
        await self.process.wait()

    async def request(self, path, body=None, key=None):
        """As any server's, but without a thread for each, and a publish may wait as long as the bus lets it."""
        data = b"" if body is None else json.dumps(body).encode()
        reader, writer = await asyncio.open_connection(self.host, self.port)
        try:
            writer.write((f"{'GET' if body is None else 'POST'} {path} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\n"
                          + (f"Authorization: Bearer {key}\r\n" if key else "")
                          + "Content-Type: application/json\r\nConnection: close\r\n"
                          f"Content-Length: {len(data)}\r\n\r\n").encode() + data)
            head, _, answer = (await asyncio.wait_for(reader.read(), PATIENCE)).partition(b"\r\n\r\n")
        finally:
            writer.close()
        return int(head.split()[1]), json.loads(answer or b"null")

    async def ready(self, within=PATIENCE):
        await until(self.is_ready, within, lambda: f"/readyz answers 200; stderr: {self.errors[-5:]}")

    async def is_ready(self):
        return (await self.request("/readyz"))[0] == 200

    async def down(self, within=PATIENCE):
        """Waits until /readyz says that the bus is down; answers why."""
        async def is_down():
            status, body = await self.request("/readyz")
            return body if status == 503 and body["status"] == "bus_down" else None
        return (await until(is_down, within, "/readyz answers bus_down"))["problem"]

    async def says(self, part, within=PATIENCE, after=0):
        """Waits for a line on standard error, beyond the first `after` ones."""
        return await until(lambda: next((line for line in self.errors[after:] if part in line), None), within,
                           lambda: f"{part!r} in {self.errors[after:]}")


@contextlib.asynccontextmanager
async def nodes(count, url, *args):
    """So many servers, ready."""
    async with contextlib.AsyncExitStack() as stack:
        all_nodes = [await stack.enter_async_context(await Node.start(url, *args)) for _ in range(count)]
        for node in all_nodes:
            await node.ready()
        yield all_nodes


class Member:
    """A client that notes every message, and when it came, but for the `badge` that a user is greeted with.
    `on_answer(message, time)` is told of the answers to what was sent with a request id."""

    def __init__(self, socket_):
        self.socket, self.messages, self.times, self.on_answer = socket_, [], [], None

    @classmethod
    async def join(cls, node, *rooms, query=""):
        member = cls(await websockets.connect(node.ws + query, max_queue=None))
        member.task = asyncio.ensure_future(member._read())
        member.connected = (await member.of_type("connected", 1))[0]["payload"]
        if member.connected.get("user_id"):
            badge = (await member.of_type("badge", 1))[0]
            assert member.messages[1] is badge, member.messages
            del member.messages[1], member.times[1]
            member.badge = badge["payload"]
        if rooms:
            await member.send("subscribe", {"rooms": list(rooms)})
            answer = (await member.of_type("subscribed", 1))[0]["payload"]
            assert answer["rejected"] == [], answer
        return member

    async def _read(self):
        with contextlib.suppress(websockets.ConnectionClosed):
            async for text in self.socket:
                self.messages.append(json.loads(text))
                self.times.append(time.monotonic())
                if self.on_answer and "request_id" in self.messages[-1]:
                    self.on_answer(self.messages[-1], self.times[-1])

    async def send(self, kind, payload, room=None, request_id=None):
        message = {"type": kind, "payload": payload}
        if room:
            message["room"] = room
        if request_id is not None:
            message["request_id"] = request_id
        await self.socket.send(json.dumps(message))

    def got(self, kind):
        return [message for message in self.messages if message["type"] == kind]

    async def of_type(self, kind, count, within=PATIENCE):
        """Waits until there are so many messages of this type, and answers them."""
        def enough():
            assert len(self.got(kind)) >= count or not self.task.done(), f"closed: {self.socket.close_code}"
            return len(self.got(kind)) >= count
        await until(enough, within, lambda: f"{count} x {kind}, {len(self.got(kind))} came")
        return self.got(kind)

    async def close(self):
        await self.socket.close()
        await self.task

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        await self.close()


@contextlib.asynccontextmanager
async def members(*joining):
    """Members that are closed together."""
    async with contextlib.AsyncExitStack() as stack:
        yield [await stack.enter_async_context(await one) for one in joining]


async def run_together(namespace, within=540):
    """Runs every `test_...` coroutine function at once, since they mostly wait; ends the process with their verdict."""
    async def run(name, body):
        begin = time.monotonic()
        try:
            await asyncio.wait_for(body(), within)
            print(f"ok      {name[5:].replace('_', ' ')} ({(time.monotonic() - begin) * 1000:.0f} ms)", flush=True)
            return True
        except Exception:
            print(f"NOT OK  {name[5:].replace('_', ' ')}\n{traceback.format_exc()}", flush=True)
            return False

    verdicts = await asyncio.gather(*(run(name, body) for name, body in namespace.items()
                                      if name.startswith("test_") and inspect.iscoroutinefunction(body)))
    print(f"{sum(verdicts)} of {len(verdicts)} passed")
    sys.exit(0 if verdicts and all(verdicts) else 1)

# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
"""What the Python scripts share: a server process, HTTP posts, raw sockets, deadlines."""

import asyncio
import base64
import inspect
import json
import os
import random
import re
import socket
import struct
import sys
import time
import traceback
import urllib.error
import urllib.request

SKIPPED = 77  # CTest's SKIP_RETURN_CODE


async def until(condition, within, what):
    """Polls until `condition()`, which may be a coroutine function, is true; answers what it answered.
    `what` may be a function, too."""
    deadline = time.monotonic() + within
    while True:
        answer = condition()
        if inspect.isawaitable(answer):
            answer = await answer
        if answer:
            return answer
        assert time.monotonic() < deadline, f"not within {within} s: {what() if callable(what) else what}"
        await asyncio.sleep(0.02)


async def receive(socket, kind, within=15):
    """The next message of type `kind` on one of `websockets`' sockets; others before it are skipped."""
    async def read():
        while True:
            message = json.loads(await socket.recv())
            if message["type"] == kind:
                return message
    return await asyncio.wait_for(read(), within)


def reserved_port():
    """A socket on a port of 127.0.0.1 that nobody listens on; `getsockname()[1]` tells which. Others are not given it
    until this is closed, also while a server that listens there (with SO_REUSEADDR) is away."""
    while True:
        attempt = socket.socket()
        try:
            attempt.bind(("127.0.0.1", random.randrange(20000, 26000)))  # not what the system gives by itself
            attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # not shared with other reservations
            return attempt
        except OSError:
            attempt.close()


class Server:
    """A server process, started on a free port and ended by its own process id."""

    def __init__(self, process, scheme, host, port):
        self.process, self.host, self.port = process, host, port
        secure = "s" if scheme in ("https", "wss") else ""
        self.http = f"http{secure}://{host}:{port}"
        self.ws = f"ws{secure}://{host}:{port}/api/v1/ws"

    @classmethod
    async def start(cls, binary, *args):
        process = await asyncio.create_subprocess_exec(
            binary, "--port", "0", *args, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)
        try:
            scheme, host, port = await asyncio.wait_for(cls._address(process, binary), 20)
        except BaseException:
            if process.returncode is None:
                process.kill()
            await process.wait()
            raise
        server = cls(process, scheme, host, port)
        server.reader = asyncio.ensure_future(cls._drain(process))
        return server

    @staticmethod
    async def _address(process, binary):
        seen = []
        async for line in process.stdout:
            seen.append(line.decode(errors="replace"))
            found = re.search(r"\b(https?|wss?)://([\w.]+|\[[\w:]+\]):(\d+)", seen[-1])
            if found:
                return found[1], found[2], int(found[3])
        raise AssertionError(f"{binary} ended without a URL: {''.join(seen)}")

    @staticmethod
    async def _drain(process):
        while await process.stdout.read(65536):
            pass

    async def stop(self):
        if self.process.returncode is None:
            self.process.terminate()
        try:
            await asyncio.wait_for(self.process.wait(), 20)
        finally:
            if self.process.returncode is None:
                self.process.kill()
            await self.process.wait()
            await self.reader

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        await self.stop()

    async def request(self, path, body=None, key=None):
        """GET, or POST of `body` as JSON; answers the status and the decoded body."""
        return await asyncio.get_running_loop().run_in_executor(None, self._request, path, body, key)

    def _request(self, path, body, key):
        headers = {"Content-Type": "application/json"}
        if key:
            headers["Authorization"] = f"Bearer {key}"
        data = None if body is None else json.dumps(body).encode()
        try:
            request = urllib.request.Request(self.http + path, data=data, headers=headers)
            with urllib.request.urlopen(request, timeout=15) as answer:
                return answer.status, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, json.loads(refused.read() or b"null")

    async def publish(self, room, kind, payload):
        """Publishes and insists that the server took it."""
        status, body = await self.request("/api/v1/publish", {"room": room, "type": kind, "payload": payload})
        assert 200 <= status < 300, f"publish answered {status}: {body}"
        return body

    async def stats(self):
        status, body = await self.request("/api/v1/ws/stats")
        assert status == 200, f"stats answered {status}"
        return body


class RawClient:
    """A client that may break every rule: bytes in, frames out."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    @classmethod
    async def connect(cls, server):
        return cls(*await asyncio.open_connection(server.host, server.port))

    @classmethod
    async def upgraded(cls, server, within=15):
        client = await cls.connect(server)
        key = base64.b64encode(os.urandom(16)).decode()
        client.write(f"GET /api/v1/ws HTTP/1.1\r\nHost: {server.host}:{server.port}\r\nUpgrade: websocket\r\n"
                     f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
        try:
            status, _ = await client.response(within)
            assert status == 101, f"upgrade answered {status}"
        except BaseException:
            client.writer.close()
            raise
        return client

    def write(self, data):
        self.writer.write(data)

    def frame(self, opcode, payload=b"", fin=True, masked=True, rsv=0):
        """Writes one frame, RFC 6455 section 5.2."""
        length = len(payload)
        head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
        mask_bit = 0x80 if masked else 0
        if length < 126:
            head += bytes([mask_bit | length])
        elif length < 65536:
            head += struct.pack("!BH", mask_bit | 126, length)
        else:
            head += struct.pack("!BQ", mask_bit | 127, length)
        if masked:
            mask = os.urandom(4)
            head += mask
            payload = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))
        self.write(head + payload)

    async def response(self, within=15):
        """The status and the body of an HTTP response; a body only with a Content-Length."""
        head = (await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), within)).decode("latin-1")
        status = int(re.match(r"HTTP/1\.[01] (\d{3})", head)[1])
        length = re.search(r"(?im)^content-length:\s*(\d+)", head)
        body = await asyncio.wait_for(self.reader.readexactly(int(length[1])), within) if length else b""
        return status, body

    async def next_frame(self, within=15):
        """The opcode and the payload of the next frame from the server."""
        async def read():
            first, second = await self.reader.readexactly(2)
            assert not second & 0x80, "a server must not mask"
            length = second & 0x7F
            if length == 126:
                length, = struct.unpack("!H", await self.reader.readexactly(2))
            elif length == 127:
                length, = struct.unpack("!Q", await self.reader.readexactly(8))
            return first & 0x0F, await self.reader.readexactly(length)
        return await asyncio.wait_for(read(), within)

    async def close_code(self, within=15):
        """The code of the close frame that must come; other frames are skipped."""
        end = time.monotonic() + within
        while time.monotonic() < end:
            opcode, payload = await self.next_frame(within)
            if opcode == 8:
                return struct.unpack("!H", payload[:2])[0] if payload else 1005
        raise AssertionError("no close frame came")

    async def ended(self, within):
        """Waits until the server has closed the connection; answers what came before."""
        try:
            return await asyncio.wait_for(self.reader.read(-1), within)
        except ConnectionResetError:
            return b""

    async def close(self):
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except ConnectionError:
            pass  # The server was first.


async def run_tests(namespace):
    """Runs every `test_...` coroutine function one after the other and ends the process with their verdict."""
    tests = [(name, body) for name, body in namespace.items()
             if name.startswith("test_") and inspect.iscoroutinefunction(body)]
    failures = 0
    for name, body in tests:
        begin = time.monotonic()
        try:
            await asyncio.wait_for(body(), 120)
            print(f"ok      {name[5:].replace('_', ' ')} ({(time.monotonic() - begin) * 1000:.0f} ms)", flush=True)
        except Exception:
            failures += 1
            print(f"NOT OK  {name[5:].replace('_', ' ')}\n{traceback.format_exc()}", flush=True)
    print(f"{len(tests) - failures} of {len(tests)} passed")
    sys.exit(1 if failures or not tests else 0)

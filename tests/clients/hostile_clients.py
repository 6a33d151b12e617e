# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
"""Clients and callers that mean harm, while an honest client must not notice: python3 hostile_clients.py
NOTIFICATION_SERVER [ECHO_SERVER]
"""

import asyncio
import json
import re
import socket
import struct
import sys
import time

from support import SKIPPED, RawClient, Server, run_tests

try:
    import websockets
except ImportError:
    print("skipped: no Python package websockets (Debian: python3-websockets)")
    sys.exit(SKIPPED)

NOTIFICATION_SERVER, ECHO_SERVER = (sys.argv[1:] + [None])[:2]
UPGRADE = (b"GET /api/v1/ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")


def start(*args):
    return Server.start(NOTIFICATION_SERVER, "--no-self-telemetry", *args)


async def ask(client, kind, payload=None, request_id="r"):
    await client.send(json.dumps({"type": kind, "request_id": request_id, "payload": payload}))
    while True:
        answer = json.loads(await asyncio.wait_for(client.recv(), 15))
        if answer.get("request_id") == request_id:
            return answer


async def member(server, room="global"):
    client = await websockets.connect(server.ws)
    assert (await ask(client, "subscribe", {"rooms": [room]}))["payload"]["rooms"] == [room]
    return client


class Witness:
    """An honest client: a message is posted every few milliseconds, and every one must arrive, in order."""

    @classmethod
    async def start(cls, server):
        self = cls()
        self.server, self.client, self.sent, self.done = server, await member(server), 0, False
        self.slowest = 0.0
        self.task = asyncio.ensure_future(self.run())
        return self

    async def run(self):
        while not self.done:
            begin = time.monotonic()
            await self.server.publish("global", "alert", {"n": self.sent})
            message = json.loads(await asyncio.wait_for(self.client.recv(), 15))
            assert message["payload"] == {"n": self.sent}, message
            self.sent += 1
            self.slowest = max(self.slowest, time.monotonic() - begin)
            await asyncio.sleep(0.005)

    async def finish(self, at_least):
        while self.sent < at_least and not self.task.done():
            await asyncio.sleep(0.01)
        self.done = True
        await self.task
        await self.client.close()
        slowest = round(self.slowest * 1000)
        print(f"        the honest client got all {self.sent} messages, the slowest in {slowest} ms")


async def connections_are(server, expected, within=15):
    end = time.monotonic() + within
    while (now := (await server.stats())["connections"]) != expected:
        assert time.monotonic() < end, f"{now} connections instead of {expected}"
        await asyncio.sleep(0.05)


async def test_2000_sockets_that_never_speak_are_dropped_and_delay_nobody():
    async with await start() as server:
        witness = await Witness.start(server)
        mute = []
        for _ in range(2000):
            plain = socket.socket()
            plain.setblocking(False)
            await asyncio.get_running_loop().sock_connect(plain, (server.host, server.port))
            mute.append(plain)
        await (await member(server)).close()  # There is room for others.
        end = time.monotonic() + 40
        for plain in mute:
            left = end - time.monotonic()
            assert await asyncio.wait_for(asyncio.get_running_loop().sock_recv(plain, 1), left) == b""
            plain.close()
        await witness.finish(100)


async def test_5000_resets_before_and_after_the_upgrade_cost_nobody_a_message():
    async with await start() as server:
        witness = await Witness.start(server)
        loop = asyncio.get_running_loop()
        for n in range(5000):
            rude = socket.socket()
            rude.setblocking(False)
            rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            await loop.sock_connect(rude, (server.host, server.port))
            if n % 4 != 0:
                await loop.sock_sendall(rude, UPGRADE)
            if n % 4 >= 2:
                assert (await loop.sock_recv(rude, 4096)).startswith(b"HTTP/1.1 101")
            if n % 4 == 3:
                await loop.sock_sendall(rude, b"\x81\xfe\x10")  # A part of a frame's header.
            rude.close()
        await connections_are(server, 1)
        await witness.finish(100)


async def test_a_client_that_sends_a_byte_a_second_is_understood():
    async with await start() as server:
        witness, slow = await Witness.start(server), await RawClient.upgraded(server)
        whole, write = [], slow.write
        slow.write = whole.append
        slow.frame(9, b"4")
        for byte in b"".join(whole):
            write(bytes([byte]))
            await asyncio.sleep(1)
        while (frame := await slow.next_frame())[0] != 10:
            pass
        assert frame[1] == b"4"
        await slow.close()
        await witness.finish(100)


async def test_deep_JSON_is_refused_and_the_connection_stays():
    async with await start() as server:
        client = await member(server)
        for depth in (17, 100, 4000):
            await client.send('{"type":"ping","payload":' + "[" * depth + "]" * depth + "}")
            answer = json.loads(await asyncio.wait_for(client.recv(), 15))
            assert answer["type"] == "error" and answer["payload"]["code"] == "invalid_json", answer
        assert (await ask(client, "ping"))["type"] == "pong"
        await client.close()


async def test_hundreds_of_rooms_in_8_KiB_are_joined_to_the_limit_and_refused_by_name():
    async with await start() as server:
        client = await websockets.connect(server.ws)
        rooms = [f"chat:{n}" for n in range(600)]
        payload = (await ask(client, "subscribe", {"rooms": rooms}))["payload"]
        assert payload["rooms"] == rooms[:128]
        assert [refused["room"] for refused in payload["rejected"]] == rooms[128:]
        payload = (await ask(client, "subscribe", {"rooms": ["x"] * 1500}))["payload"]
        assert payload["rooms"] == [] and {refused["room"] for refused in payload["rejected"]} == {"x"}
        rooms = [f"chat:{n}" for n in range(10000)]
        await client.send(json.dumps({"type": "subscribe", "payload": {"rooms": rooms}}))
        await asyncio.wait_for(client.wait_closed(), 15)
        assert client.close_code == 1009, client.close_code
        await connections_are(server, 0)
        assert (await server.stats())["rooms"] == 0


async def test_bad_HTTP_is_answered_with_a_status_and_a_reason():
    def posted(body, *headers, path="/api/v1/publish"):
        lines = [f"POST {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body)}", *headers, "", ""]
        return "\r\n".join(lines).encode() + body

    def message(**parts):
        return json.dumps({"room": "global", "type": "alert", "payload": {}} | parts).encode()

    deep = b'{"room":"global","type":"alert","payload":' + b"[" * 100 + b"]" * 100 + b"}"
    foreign = "Origin: http://evil.example"
    cases = [
        ("huge header", b"GET / HTTP/1.1\r\nX: " + b"x" * 1000000 + b"\r\n\r\n", 431),
        ("many headers", b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 100000 + b"\r\n", 431),
        ("huge target", b"GET /" + b"x" * 100000 + b" HTTP/1.1\r\n\r\n", 414),
        ("body above the limit", posted(message(payload="x" * 2000000)), 413),
        ("not JSON", posted(b"room=global&type=alert", "Content-Type: application/x-www-form-urlencoded"), 400),
        ("no body", posted(b""), 400),
        ("not UTF-8", posted(b'{"room":"global","type":"\xff","payload":{}}'), 400),
        ("deep JSON", posted(deep), 400),
        ("room is a number", posted(message(room=7)), 400),
        ("type is missing", posted(b'{"room":"global"}'), 400),
        ("room of no namespace", posted(message(room="nowhere:1")), 404),
        ("room without an id", posted(message(room="device:")), 400),
        ("user without a name", posted(b'{"user_id":"","title":"a","message":"b"}', path="/api/v1/notify"), 400),
        ("a page from elsewhere", posted(message(), foreign), 403),
        ("unknown path", posted(b"{}", path="/api/v1/nothing"), 404),
        ("both lengths", posted(b"0\r\n\r\n", "Transfer-Encoding: chunked"), 400),
        ("two lengths", posted(b"{}", "Content-Length: 1"), 400),
    ]
    async with await start() as server:
        witness = await Witness.start(server)
        for name, request, expected in cases:
            client = await RawClient.connect(server)
            client.write(request)
            status, body = await client.response()
            assert status == expected, f"{name}: {status} {body}"
            error = json.loads(body)["error"]
            assert error["code"] and error["message"], f"{name}: {body}"
            await client.close()
        await witness.finish(10)


async def test_a_wrong_command_line_is_named_and_ends_with_2():
    cases = [
        (["--port"], "--port"), (["--port", "x"], "'x'"), (["--port", "65536"], "65535"),
        (["--port", "-1"], "'-1'"), (["--port", ""], "--port"), (["--port", "80x"], "'80x'"),
        (["--threads", "0"], "--threads"),
        (["--threads", "1000"], "--threads"), (["--address", "nowhere"], "nowhere"), (["--address"], "--address"),
        (["--auth", "maybe"], "maybe"), (["--auth"], "--auth"), (["--admin-key"], "--admin-key"),
        (["--admin-key", ""], "--admin-key"), (["--address", "192.0.2.1", "--port", "0"], "192.0.2.1"),
        (["--no-such"], "--no-such"), (["stray"], "stray"),
    ]
    for arguments, named in cases:
        process = await asyncio.create_subprocess_exec(
            NOTIFICATION_SERVER, *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
        try:
            out, err = await asyncio.wait_for(process.communicate(), 5)
        except asyncio.TimeoutError:
            raise AssertionError(f"{arguments} did not end") from None
        finally:
            if process.returncode is None:
                process.kill()
        assert process.returncode == 2, f"{arguments} ended with {process.returncode}: {err}"
        assert named in err.decode() and not out, f"{arguments}: {err}"


async def test_a_port_that_is_taken_is_named():
    async with await start() as server:
        process = await asyncio.create_subprocess_exec(
            NOTIFICATION_SERVER, "--port", str(server.port), stderr=asyncio.subprocess.PIPE)
        _, err = await asyncio.wait_for(process.communicate(), 5)
        assert process.returncode == 2 and str(server.port) in err.decode(), err


def resident(process):
    with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
        return int(re.search(r"VmRSS:\s*(\d+) kB", status.read())[1])


async def test_large_messages_with_deflate_leave_no_memory_behind():
    if not ECHO_SERVER:
        return
    body = bytes(range(256)) * 4096

    async def echo(server):
        url = f"ws://{server.host}:{server.port}/"
        async with websockets.connect(url, max_size=None, compression="deflate") as client:
            for _ in range(5):
                await client.send(body)
                assert await asyncio.wait_for(client.recv(), 15) == body

    async with await Server.start(ECHO_SERVER, "--deflate") as server:
        after = []
        for _ in range(4):
            await asyncio.gather(*(echo(server) for _ in range(8)))
            await asyncio.sleep(0.3)
            after.append(resident(server.process))
        print(f"        resident after each round: {after} kB")
        assert max(after[1:]) < after[0] * 1.2 + 4096, after


if __name__ == "__main__":
    asyncio.run(run_tests(globals()))

# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
"""Python's `websockets` as the client, and raw sockets for what no decent client sends.

python3 websockets_clients.py NOTIFICATION_SERVER [ECHO_SERVER]
"""

import asyncio
import json
import sys

from support import SKIPPED, RawClient, Server, receive, run_tests

try:
    import websockets
except ImportError:
    print("skipped: no Python package websockets (Debian: python3-websockets)")
    sys.exit(SKIPPED)

NOTIFICATION_SERVER = sys.argv[1]


def start(*args):
    return Server.start(NOTIFICATION_SERVER, "--no-self-telemetry", *args)


async def member(server, room, query=""):
    socket = await websockets.connect(server.ws + query)
    first = json.loads(await asyncio.wait_for(socket.recv(), 15))
    assert first["type"] == "connected", first
    await socket.send(json.dumps({"type": "subscribe", "request_id": "s", "payload": {"rooms": [room]}}))
    answer = await receive(socket, "subscribed")
    assert answer["request_id"] == "s" and answer["payload"]["rooms"] == [room], answer
    return socket


async def still_served(server, socket, room="global"):
    """Proves that others do not suffer: a message posted now reaches `socket`."""
    await server.publish(room, "alert", {"message": "still served"})
    assert (await receive(socket, "alert", 5))["payload"]["message"] == "still served"


async def closed_with(socket, within=15):
    await asyncio.wait_for(socket.wait_closed(), within)
    return socket.close_code


async def test_members_get_the_rooms_messages_in_order():
    async with await start() as server:
        sockets = [await member(server, "device:sensor-001") for _ in range(5)]
        for n in range(50):
            payload = {"device_id": "sensor-001", "n": n, "text": "ü😀"}
            await server.publish("device:sensor-001", "telemetry", payload)
        for socket in sockets:
            for n in range(50):
                message = await receive(socket, "telemetry")
                assert message["room"] == "device:sensor-001"
                assert message["payload"] == {"device_id": "sensor-001", "n": n, "text": "ü😀"}, message
        for socket in sockets:
            await socket.close()


async def test_a_notification_reaches_every_connection_of_its_user_and_nobody_else():
    async with await start() as server:
        phone, laptop = [await member(server, "global", "?user=alice") for _ in range(2)]
        other = await member(server, "global", "?user=bob")
        status, receipt = await server.request("/api/v1/notify", {
            "user_id": "alice", "title": "Hello", "message": "Door open", "data": {"door": 7}})
        assert 200 <= status < 300, (status, receipt)
        for socket in (phone, laptop):
            payload = (await receive(socket, "notification"))["payload"]
            assert payload["user_id"] == "alice" and payload["title"] == "Hello", payload
            assert payload["message"] == "Door open" and payload["data"] == {"door": 7}, payload
        await server.publish("global", "alert", {"message": "for all"})
        first = json.loads(await asyncio.wait_for(other.recv(), 15))
        assert first["type"] == "alert", f"bob got {first}"
        for body in ({"title": "x", "message": "y"}, {"user_id": "", "title": "x", "message": "y"}, [1]):
            status, answer = await server.request("/api/v1/notify", body)
            assert 400 <= status < 500 and answer["error"]["code"], (status, answer)
        for socket in (phone, laptop, other):
            await socket.close()


async def test_a_client_message_above_8_KiB_is_closed_with_1009():
    async with await start() as server:
        healthy, big = await member(server, "global"), await member(server, "global")
        await big.send(json.dumps({"type": "ping", "payload": "x" * 9000}))
        assert await closed_with(big) == 1009
        await still_served(server, healthy)
        await healthy.close()


async def test_the_limit_holds_for_fragments_and_for_the_length_that_is_only_announced():
    async with await start() as server:
        healthy = await member(server, "global")
        fragments = await RawClient.upgraded(server)
        fragments.frame(1, b"x" * 5000, fin=False)
        fragments.frame(0, b"x" * 5000)
        assert await fragments.close_code() == 1009
        announced = await RawClient.upgraded(server)
        announced.write(b"\x81\xff" + (1 << 40).to_bytes(8, "big") + b"mask")
        assert await announced.close_code() == 1009
        await still_served(server, healthy)
        for client in (fragments, announced, healthy):
            await client.close()


async def test_a_binary_message_has_a_defined_answer():
    async with await start() as server:
        healthy, binary = await member(server, "global"), await member(server, "global")
        await binary.send(b"\x00\x01\x02")
        try:
            answer = json.loads(await asyncio.wait_for(binary.recv(), 15))
            assert answer["type"] == "error" and answer["payload"]["code"], answer
        except websockets.ConnectionClosed as closed:
            assert closed.code == 1003, closed
        await still_served(server, healthy)
        await binary.close()
        await healthy.close()


async def test_text_that_is_not_UTF_8_is_closed_with_1007():
    async with await start() as server:
        healthy = await member(server, "global")
        for bad in (b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82"):
            client = await RawClient.upgraded(server)
            client.frame(1, b'{"type":"' + bad + b'"}' if bad != b"\xe2\x82" else b'"' + bad)
            assert await client.close_code() == 1007, bad
            await client.close()
        await still_served(server, healthy)
        await healthy.close()


async def test_frames_that_break_the_protocol_are_closed_with_1002():
    def unmasked(client): client.frame(1, b'{"type":"ping"}', masked=False)
    def reserved_bit(client): client.frame(1, b"{}", rsv=4)
    def reserved_opcode(client): client.frame(3, b"")
    def long_control(client): client.frame(9, b"x" * 126)
    def split_control(client): client.frame(9, b"x", fin=False)
    def lone_continuation(client): client.frame(0, b"x")
    def close_of_one_byte(client): client.frame(8, b"\x03")
    def forbidden_close_code(client): client.frame(8, (1005).to_bytes(2, "big"))

    def text_within_text(client):
        client.frame(1, b"{", fin=False)
        client.frame(1, b"}")

    async with await start() as server:
        healthy = await member(server, "global")
        for breach in (unmasked, reserved_bit, reserved_opcode, long_control, split_control, lone_continuation,
                       close_of_one_byte, forbidden_close_code, text_within_text):
            client = await RawClient.upgraded(server)
            breach(client)
            code = await client.close_code()
            assert code == 1002, f"{breach.__name__} was closed with {code}"
            await client.ended(15)  # And the connection ends as well.
            await client.close()
        await still_served(server, healthy)
        await healthy.close()


async def test_rooms_above_the_limit_are_rejected_by_name():
    async with await start() as server:
        healthy = await member(server, "global")
        greedy = await websockets.connect(server.ws)
        rooms = [f"device:{n}" for n in range(500)]
        await greedy.send(json.dumps({"type": "subscribe", "request_id": "many", "payload": {"rooms": rooms}}))
        payload = (await receive(greedy, "subscribed"))["payload"]
        assert payload["rooms"] == rooms[:128], len(payload["rooms"])
        assert [refused["room"] for refused in payload["rejected"]] == rooms[128:]
        assert all(refused["code"] and refused["message"] for refused in payload["rejected"])
        rooms = [f"device:{n}" for n in range(5000)]
        await greedy.send(json.dumps({"type": "subscribe", "payload": {"rooms": rooms}}))
        assert await closed_with(greedy) == 1009
        await still_served(server, healthy)
        await healthy.close()


async def test_a_flood_of_pings_ends_in_pongs_or_a_close_and_delays_nobody():
    async with await start() as server:
        healthy, flood = await member(server, "global"), await RawClient.upgraded(server)
        flood.frame(9, b"once")
        while (await flood.next_frame())[0] != 10:
            pass
        try:
            for _ in range(200):
                for _ in range(100):
                    flood.frame(9, b"again")
                await flood.writer.drain()
            await still_served(server, healthy)
            flood.frame(1, b'{"type":"ping","request_id":"end"}')
            while True:
                opcode, payload = await flood.next_frame()
                if opcode == 8:
                    code = int.from_bytes(payload[:2], "big")
                    assert code == 3004, code
                    break
                if opcode == 1 and json.loads(payload).get("request_id") == "end":
                    break
                assert opcode in (1, 10), opcode
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # Cut off while writing: a defined end, too.
        await still_served(server, healthy)
        await flood.close()
        await healthy.close()


async def test_a_flood_of_bad_messages_ends_the_connection():
    async with await start() as server:
        healthy, bad = await member(server, "global"), await websockets.connect(server.ws)

        async def flood():
            while True:
                await bad.send("not JSON")
                await asyncio.sleep(0)  # Else `send` never lets `read` have its turn.

        async def read():
            async for _ in bad:
                pass

        await asyncio.wait_for(asyncio.gather(flood(), read(), return_exceptions=True), 60)
        assert bad.close_code in (3004, 3501), bad.close_code
        await still_served(server, healthy)
        await healthy.close()


async def test_malformed_HTTP_and_wrong_upgrades_are_refused():
    good = ["Host: localhost", "Upgrade: websocket", "Connection: Upgrade",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13"]

    def without(name): return [line for line in good if not line.startswith(name)]
    ws = "GET /api/v1/ws HTTP/1.1"
    cases = [
        ("NONSENSE", [], (400,)),
        ("GET /api/v1/ws HTTP/1.1", ["no colon here"], (400,)),
        ("GET /api/v1/ws HTTP/9.9", good, (400, 505)),
        (ws, without("Upgrade"), (400, 426)),
        (ws, without("Connection"), (400, 426)),
        (ws, without("Sec-WebSocket-Key"), (400, 426)),
        (ws, without("Sec-WebSocket-Key") + ["Sec-WebSocket-Key: " + "x" * 25], (400, 426)),
        (ws, without("Sec-WebSocket-Version"), (400, 426)),
        (ws, without("Sec-WebSocket-Version") + ["Sec-WebSocket-Version: 12"], (400, 426)),
        (ws, good + ["X-Long: " + "x" * 100000], (400, 413, 431)),
        ("POST /api/v1/ws HTTP/1.1", good + ["Content-Length: 0"], (400, 404, 405, 426)),
        ("GET /no/such/path HTTP/1.1", good, (400, 404)),
        ("GET /api/v1/publish HTTP/1.1", ["Host: localhost"], (404, 405)),
        ("POST /api/v1/publish HTTP/1.1", ["Host: localhost", "Content-Length: 99999999999"], (400, 413)),
    ]
    async with await start() as server:
        healthy = await member(server, "global")
        for line, headers, expected in cases:
            client = await RawClient.connect(server)
            client.write("\r\n".join([line, *headers, "", ""]).encode())
            status, _ = await client.response()
            assert status in expected, f"{line} {headers[-1:]} answered {status}"
            await client.close()
        await still_served(server, healthy)
        await healthy.close()


async def test_a_handshake_that_dawdles_is_dropped():
    async with await start() as server:
        healthy = await member(server, "global")
        silent, slow = await RawClient.connect(server), await RawClient.connect(server)
        slow.write(b"GET /api/v1/ws HTTP/1.1\r\nX-Slow: ")

        async def one_byte_after_the_other():
            while True:
                await asyncio.sleep(0.2)
                slow.write(b"x")
                await slow.writer.drain()

        dawdle = asyncio.ensure_future(one_byte_after_the_other())
        try:
            await asyncio.gather(silent.ended(40), slow.ended(40))
        finally:
            dawdle.cancel()
            await asyncio.gather(dawdle, return_exceptions=True)
        await still_served(server, healthy)
        for client in (silent, slow, healthy):
            await client.close()


async def test_a_client_that_sends_one_byte_after_the_other_is_understood_and_delays_nobody():
    async with await start() as server:
        healthy, slow = await member(server, "global"), await RawClient.upgraded(server)
        whole = []
        slow.write = whole.append
        slow.frame(1, b'{"type":"ping","request_id":"slow"}')
        for byte in b"".join(whole):
            slow.writer.write(bytes([byte]))
            await slow.writer.drain()
            await still_served(server, healthy)
        while True:
            opcode, payload = await slow.next_frame()
            if opcode == 1 and json.loads(payload)["type"] == "pong":
                break
        assert json.loads(payload)["request_id"] == "slow"
        await slow.close()
        await healthy.close()


async def test_connections_that_vanish_without_a_word_leave_no_trace():
    async with await start() as server:
        healthy = await member(server, "global")
        gone = [await member(server, "device:x") for _ in range(20)]
        assert (await server.stats())["connections"] == 21
        for socket in gone:
            socket.transport.abort()
        for _ in range(300):
            if (await server.stats())["connections"] == 1:
                break
            await asyncio.sleep(0.05)
        assert (await server.stats())["connections"] == 1
        await server.publish("device:x", "alert", {"message": "to nobody"})
        await still_served(server, healthy)
        await healthy.close()


if __name__ == "__main__":
    asyncio.run(run_tests(globals()))

# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
"""WebSockets and event streams through nginx and HAProxy, with the configurations of docs/proxies.md.

python3 through_proxies.py NOTIFICATION_SERVER
"""

import asyncio
import collections
import contextlib
import json
import os
import pathlib
import struct
import tempfile
import time

from proxies_support import (INTERNAL, NAME, Events, HAProxy, Nginx, TcpHAProxy, behind_each_proxy, certificate, closing,
                             two_behind, websockets)
from redis_support import Member, Node, Redis, members, nodes, run_together
from support import RawClient, until

IDLE = 5  # seconds, in place of the page's 75
SHORT = {Nginx: [("proxy_read_timeout 75s", f"proxy_read_timeout {IDLE}s"),
                 ("proxy_send_timeout 75s", f"proxy_send_timeout {IDLE}s")],
         HAProxy: [(f"timeout {which} 75s", f"timeout {which} {IDLE}s") for which in ("client", "server", "tunnel")]}


@behind_each_proxy
async def test_clients_of_both_servers_get_what_either_publishes(kind):
    async with two_behind(kind) as (proxy, servers):
        async with members(*(Member.join(proxy, "group:a") for _ in range(10))) as all_:
            assert all([(await server.stats())["connections"] for server in servers]), "one server has all clients"
            for number in range(20):
                await servers[number % 2].publish("group:a", "n", number)
            for one in all_:
                assert [message["payload"] for message in await one.of_type("n", 20)] == list(range(20))


async def close_frame(server, opcode, payload, **how):
    """What the server says when a client sends this frame."""
    client = await RawClient.upgraded(server)
    async with closing([client]):
        client.frame(opcode, payload, **how)
        while (frame := await client.next_frame())[0] != 8:
            pass
        return struct.unpack("!H", frame[1][:2])[0], frame[1][2:]


@behind_each_proxy
async def test_close_codes_and_reasons_come_through_unchanged(kind):
    async with two_behind(kind) as (proxy, servers):
        for code, frame, how in ((1002, (1, b"{}"), {"masked": False}), (1003, (2, b"binary"), {}),
                                 (1007, (1, b"\xff"), {}), (1009, (1, b" " * 9000), {}), (1000, (8, b"\x03\xe8"), {})):
            direct = await close_frame(servers[0], *frame, **how)
            assert direct[0] == code, direct
            assert await close_frame(proxy, *frame, **how) == direct, code


async def refused_with(status, proxy, **more):
    try:
        await (await proxy.websocket(**more)).close()
    except websockets.InvalidHandshake as refused:
        assert str(status) in str(refused), refused
    else:
        raise AssertionError(f"entered, and not refused with {status}")


async def own_page_hears(proxy, server):
    """A page of the proxy's public name connects over TLS and hears what is published."""
    socket = await proxy.websocket(origin=f"https://{proxy.authority}")
    async with closing([socket]):
        await socket.send(json.dumps({"type": "subscribe", "payload": {"rooms": ["group:a"]}}))
        while json.loads(await asyncio.wait_for(socket.recv(), 15))["type"] != "subscribed":
            pass
        await server.publish("group:a", "n", "hello")
        assert json.loads(await asyncio.wait_for(socket.recv(), 15))["payload"] == "hello"


@behind_each_proxy
async def test_tls_ends_at_the_proxy_and_only_pages_of_its_name_may_connect(kind):
    async with two_behind(kind, "--host", NAME, tls=True) as (proxy, servers):
        await own_page_hears(proxy, servers[0])
        await refused_with(403, proxy, origin="https://elsewhere.example")
        await refused_with(403, proxy, origin=f"https://{NAME}")  # another port is another origin


async def test_without_the_host_header_nginx_has_its_own_pages_refused():
    # `--host any`: it is the origin that is refused.
    for instead in ("", "proxy_set_header Host $host;"):
        changes = [("proxy_set_header Host $http_host;", instead)]
        async with two_behind(Nginx, "--host", "any", tls=True, changes=changes) as (proxy, _):
            await (await proxy.websocket()).close()
            await refused_with(403, proxy, origin=f"https://{proxy.authority}")


@contextlib.asynccontextmanager
async def tls_servers(redis, folder):
    """Two servers that speak TLS, and the certificate that they have."""
    chain, key, _ = certificate(folder, INTERNAL)
    words = [redis.url(), "--host", NAME, "--tls-cert", str(chain), "--tls-key", str(key)]
    async with await Node.start(*words) as a, await Node.start(*words) as b:
        for server in (a, b):
            await server.says("redis: up")
        yield (a, b), chain


@behind_each_proxy
async def test_tls_goes_on_to_the_servers_and_their_certificate_is_verified(kind):
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)  # the proxy is nobody
        folder = pathlib.Path(folder)
        async with Redis() as redis, nodes(1, redis.url()) as (plain,), tls_servers(redis, folder) as (servers, chain):
            async with kind(servers, tls=True, tls_behind=chain) as proxy:
                await own_page_hears(proxy, plain)
            another, _, _ = certificate(folder, "another")
            async with kind(servers, tls=True, tls_behind=another, status=502 if kind is Nginx else 503) as proxy:
                await refused_with(proxy.status, proxy)


@behind_each_proxy
async def test_events_come_at_once_one_by_one(kind):
    async with two_behind(kind) as (proxy, servers):
        events = await Events.open(proxy, "?rooms=group:a")
        async with closing([events]):
            await events.of_type("subscribed")
            for number in range(30):
                await servers[number % 2].publish("group:a", "n", number)
                assert (await events.of_type("n"))["payload"] == number  # before the next one is published


async def test_nginx_buffers_no_events_even_if_it_is_not_told():
    async with two_behind(Nginx, changes=[("proxy_buffering off;", "")]) as (proxy, servers):
        events = await Events.open(proxy, "?rooms=group:a")
        async with closing([events]):
            await events.of_type("subscribed")
            for number in range(10):
                await servers[0].publish("group:a", "n", number)
                assert (await events.of_type("n"))["payload"] == number


async def say(proxy, events, cookie=True):
    """A ping by POST for that stream; answers the status."""
    assert events.cookie, "no cookie came with the stream"
    body = {"session": events.session, "message": {"type": "ping", "request_id": 7}}
    return (await proxy.request("POST", "/api/v1/sse", body, events.cookie if cookie else ()))[0]


@behind_each_proxy
async def test_a_streams_posts_reach_its_server_by_the_cookie_and_only_so(kind):
    async with two_behind(kind) as (proxy, servers):
        streams = [await Events.open(proxy) for _ in range(20)]
        async with closing(streams):
            for events in streams:
                events.session = (await events.of_type("connected"))["payload"]["session"]
            assert all([(await server.stats())["connections"] for server in servers]), "one server has all streams"
            for events in streams * 2:
                assert await say(proxy, events) == 202
                assert (await events.of_type("pong"))["request_id"] == 7
            strangers = [await say(proxy, events, cookie=False) for events in streams for _ in range(2)]
            assert set(strangers) == {202, 404}, strangers


class Refusing:
    """A server that answers 503, and counts what it is asked for. `ready` is what /readyz says."""

    def __init__(self, ready):
        self.ready, self.seen = ready, collections.Counter()

    async def __aenter__(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        self.host, self.port = self.server.sockets[0].getsockname()
        return self

    async def __aexit__(self, *_):
        self.server.close()
        await self.server.wait_closed()

    async def serve(self, reader, writer):
        with contextlib.suppress(OSError, EOFError):
            asked = " ".join((await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split(" ")[:2])
            self.seen[asked] += 1
            status = "200 OK" if self.ready and asked == "GET /readyz" else "503 Service Unavailable"
            writer.write(f"HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n".encode())
            await writer.drain()
            await reader.read()  # the body, if there is one, until the other side closes
        writer.close()


@behind_each_proxy
async def test_who_comes_to_a_server_that_answers_503_gets_to_the_other_but_no_post_is_sent_twice(kind):
    async with Redis() as redis, nodes(1, redis.url()) as (server,), Refusing(ready=True) as refusing:
        async with kind((refusing, server)) as proxy:
            async def connect():
                await (await proxy.websocket()).close()
                return refusing.seen["GET /api/v1/ws"] >= 2
            await until(connect, 30, "the server that refuses is asked twice")
            answers = []

            async def post():
                message = {"room": "group:a", "type": "n", "payload": len(answers)}
                answers.append((await proxy.request("POST", "/api/v1/publish", message))[0])
                return 503 in answers and 200 in answers
            await until(post, 30, "a POST is refused, and another one is not")
            assert refusing.seen["POST /api/v1/publish"] == answers.count(503) and set(answers) == {200, 503}, answers


async def test_haproxy_sends_nobody_to_a_server_that_is_not_ready():
    async with Redis() as redis, nodes(1, redis.url()) as (server,), Refusing(ready=False) as refusing:
        async with HAProxy((refusing, server)) as proxy:
            async def asked():
                """How many of these reach the server that refuses."""
                before = refusing.seen["GET /healthz"]
                for _ in range(10):
                    await proxy.request("GET", "/healthz")
                return refusing.seen["GET /healthz"] - before

            async def left_alone():
                return await asked() == 0
            await until(left_alone, 20, "nobody is sent there")
            refusing.ready = True
            await until(asked, 20, "it is sent clients when it is ready")
            refusing.ready = False
            await until(left_alone, 20, "nobody is sent there again")


async def upgrade_from(proxy, source, *headers):
    """The status of a WebSocket handshake of a client with that address, and the client."""
    client = await proxy.connect(source)
    client.write("".join([f"GET /api/v1/ws HTTP/1.1\r\nHost: {proxy.authority}\r\nUpgrade: websocket\r\n",
                          "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
                          "Sec-WebSocket-Version: 13\r\n", *(f"{line}\r\n" for line in headers), "\r\n"]).encode())
    status, _ = await client.response()
    return status, client


FORGED = ("X-Forwarded-For: 203.0.113.7", "X-Forwarded-For: 203.0.113.8, 203.0.113.9", "Forwarded: for=203.0.113.7")


async def one_of_each_address(proxy):
    """The server, which lets one client of each address in, sees whose they are; what a client says of itself is no way
    around that."""
    async with contextlib.AsyncExitStack() as stack:
        async def status(source, *headers):
            status, client = await upgrade_from(proxy, source, *headers)
            await stack.enter_async_context(closing([client]))
            return status
        assert [await status(f"127.0.0.{at}") for at in (2, 3, 4)] == [101] * 3
        assert [await status(f"127.0.0.{at}") for at in (2, 3, 4)] == [429] * 3
        for header in FORGED:
            assert await status("127.0.0.2", header) == 429, header
        assert await status("127.0.0.5", FORGED[0]) == 101  # and is counted as itself
        assert await status("127.0.0.5") == 429


@behind_each_proxy
async def test_limits_count_the_addresses_of_a_trusted_proxys_clients(kind):
    async with Redis() as redis, nodes(1, redis.url(), "--max-per-address", "1", "--trusted-proxy",
                                       "127.0.0.1") as (server,), kind((server, server)) as proxy:
        await one_of_each_address(proxy)


@behind_each_proxy
async def test_a_proxy_that_is_not_trusted_is_the_client(kind):
    async with Redis() as redis, nodes(1, redis.url(), "--max-per-address", "1", "--trusted-proxy",
                                       "10.0.0.0/8") as (server,), kind((server, server)) as proxy:
        first, one = await upgrade_from(proxy, "127.0.0.2")
        second, other = await upgrade_from(proxy, "127.0.0.3")
        async with closing([one, other]):
            assert (first, second) == (101, 429)


async def by_the_proxy_protocol(changes=()):
    words = ["--max-per-address", "1", "--trusted-proxy", "127.0.0.1", "--proxy-protocol"]
    async with Redis() as redis, await Node.start(redis.url(), *words) as server:
        async with TcpHAProxy((server, server), changes=changes) as proxy:
            await one_of_each_address(proxy)
            # HAProxy's own checks are answered, though they are of nobody.
            assert (await proxy.request("GET", "/readyz"))[0] == 200
            status, body = await server.request("/readyz")
            assert status == 400 and "PROXY" in body["error"]["message"], body


async def test_limits_count_the_addresses_that_haproxy_tells_by_the_proxy_protocol():
    await by_the_proxy_protocol()


async def test_limits_count_the_addresses_that_haproxy_tells_by_version_1_of_the_proxy_protocol():
    await by_the_proxy_protocol([("send-proxy-v2", "send-proxy")])


@behind_each_proxy
async def test_a_prefix_that_the_proxy_leaves_is_taken_off(kind):
    async with two_behind(kind, "--path-prefix", "/live") as (proxy, _):
        proxy.ws = proxy.ws.replace("/api/", "/live/api/")
        async with await Member.join(proxy, "group:a") as member:
            assert (await proxy.request("POST", "/live/api/v1/publish",
                                        {"room": "group:a", "type": "n", "payload": 1}))[0] == 200
            assert (await member.of_type("n", 1))[0]["payload"] == 1
        assert (await proxy.request("GET", "/live/notification_centre.js"))[0] == 200


class Silent:
    """A client that says nothing but pongs, and notes when it was pinged and when it was cut."""

    def __init__(self):
        self.begun, self.pinged, self.ended = time.monotonic(), None, None

    async def websocket(self, proxy):
        client = await RawClient.upgraded(proxy)
        async with closing([client]):
            try:
                while True:
                    opcode, payload = await client.next_frame(60)
                    if opcode == 9:
                        client.frame(10, payload)
                        self.pinged = time.monotonic()
                    assert opcode != 8, payload
            except (EOFError, ConnectionError):
                self.ended = time.monotonic()

    async def events(self, proxy):
        events = await Events.open(proxy)
        async with closing([events]):
            try:
                while (event := await events.event(60)) is not None:
                    assert not event.startswith("event: close"), event
                    if event == ": ping":
                        self.pinged = time.monotonic()
            except (EOFError, ConnectionError):
                pass
            self.ended = time.monotonic()


async def pings_count(kind, how):
    """The proxy cuts who is idle. Of a crowd some are pinged before that, since the first ping comes after a random part
    of its interval: for these the time begins anew."""
    async with two_behind(kind, changes=SHORT[kind]) as (proxy, _):
        saved = []
        while not saved:
            crowd = [Silent() for _ in range(150)]
            await asyncio.gather(*(getattr(one, how)(proxy) for one in crowd))
            assert any(not one.pinged for one in crowd), "who is pinged at once?"
            saved = [one for one in crowd if one.pinged and one.pinged - one.begun > IDLE / 2]
        for one in saved:
            assert one.ended - one.begun > IDLE + 0.5, (one.pinged - one.begun, one.ended - one.begun)


@behind_each_proxy
async def test_a_ping_of_the_server_begins_the_proxys_idle_time_anew(kind):
    await pings_count(kind, "websocket")


@behind_each_proxy
async def test_a_comment_in_an_event_stream_begins_the_proxys_idle_time_anew(kind):
    await pings_count(kind, "events")


@behind_each_proxy
async def test_a_client_that_pings_outlives_those_that_are_silent(kind):
    async with two_behind(kind, changes=SHORT[kind]) as (proxy, _):
        lively = await proxy.websocket(ping_interval=0.5)
        async with closing([lively]):
            for _ in range(2):  # one after the other: longer than the time-out, whatever the machine's pace
                await Silent().websocket(proxy)
            await lively.send(json.dumps({"type": "ping", "request_id": "still there"}))
            while json.loads(await asyncio.wait_for(lively.recv(), 15))["type"] != "pong":
                pass


asyncio.run(run_together(globals()))

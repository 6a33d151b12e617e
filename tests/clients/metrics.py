# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
"""What Prometheus' own tools say of GET /metrics, and whether its figures are those of the traffic.

python3 metrics.py NOTIFICATION_SERVER [ECHO_SERVER]
"""

import asyncio
import http.client
import json
import math
import shutil
import sys

from support import SKIPPED, RawClient, Server, receive, run_tests, until

try:
    import websockets
    from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
    from prometheus_client.parser import text_string_to_metric_families as read_text
except ImportError as missing:
    print(f"skipped: no Python package {missing.name} (Debian: python3-prometheus-client, python3-websockets)")
    sys.exit(SKIPPED)
PROMTOOL = shutil.which("promtool")
if not PROMTOOL:
    print("skipped: no promtool (Debian: prometheus)")
    sys.exit(SKIPPED)

NOTIFICATION_SERVER = sys.argv[1]
OPEN = "application/openmetrics-text; version=1.0.0; charset=utf-8"
TEXT = "text/plain; version=0.0.4; charset=utf-8"
# The header as Prometheus 2.42 sends it.
PROMETHEUS = ("application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
              "text/plain;version=0.0.4;q=0.5,*/*;q=0.1")
ROOM, USERS = "group:secret-room", ("secret-alice", "secret-bob")


def start(*args):
    return Server.start(NOTIFICATION_SERVER, "--no-self-telemetry", "--metrics", *args)


def scrape_now(server, accept):
    """The Content-Type and the text of the page."""
    connection = http.client.HTTPConnection(server.host, server.port, timeout=30)
    try:
        connection.request("GET", "/metrics", headers={"Accept": accept} if accept else {})
        answer = connection.getresponse()
        text = answer.read().decode()
        assert answer.status == 200, (answer.status, text)
        return answer.headers["Content-Type"], text
    finally:
        connection.close()


async def scrape(server, accept=None):
    return await asyncio.to_thread(scrape_now, server, accept)


class Page:
    """The samples of a page in OpenMetrics, by name and labels."""

    def __init__(self, text):
        self.families = {family.name: family for family in read_openmetrics(text)}
        self.samples = {(sample.name, frozenset(sample.labels.items())): sample.value
                        for family in self.families.values() for sample in family.samples}

    @classmethod
    async def of(cls, server):
        kind, text = await scrape(server, PROMETHEUS)
        assert kind == OPEN, kind
        return cls(text)

    def value(self, name, **labels):
        return self.samples.get((name, frozenset(labels.items())), 0)

    def total(self, name, **labels):
        """Over all labels that are not named."""
        return sum(value for (sample, those), value in self.samples.items()
                   if sample == name and labels.items() <= dict(those).items())


async def lint(text):
    """What `promtool check metrics` says of a page; nothing if all is well."""
    process = await asyncio.create_subprocess_exec(
        PROMTOOL, "check", "metrics", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT)
    out, _ = await asyncio.wait_for(process.communicate(text.encode()), 60)
    return f"{process.returncode}: {out.decode()}" if process.returncode or out else ""


async def member(server, user):
    socket = await websockets.connect(f"{server.ws}?user={user}")
    await receive(socket, "connected")
    await socket.send(json.dumps({"type": "subscribe", "request_id": "s", "payload": {"rooms": [ROOM]}}))
    await receive(socket, "subscribed")
    return socket


async def event_stream(server):
    """A client of an event stream, who has been told that it is connected."""
    stream = await RawClient.connect(server)
    stream.write(f"GET /api/v1/sse?user={USERS[1]}&rooms={ROOM} HTTP/1.1\r\nHost: {server.host}:{server.port}\r\n\r\n"
                 .encode())
    await asyncio.wait_for(stream.reader.readuntil(b'"subscribed"'), 15)
    return stream


async def refused_requests(server):
    """Of each kind one, with a status."""
    for path, body, status in (("/nothing-secret", None, 404), ("/api/v1/publish", [], 400),
                               ("/api/v1/publish", {"room": "secret:1", "type": "t"}, 404),
                               ("/api/v1/ws", None, 426)):
        answer = (await server.request(path, body))[0]
        assert answer == status, (path, answer)


async def make_traffic(server, messages):
    """Two WebSockets and an event stream in one room, messages to it, and requests that are refused."""
    clients = [await member(server, user) for user in USERS]
    stream = await event_stream(server)
    for n in range(messages):
        await server.publish(ROOM, "note", n)
    for client in clients:
        for n in range(messages):
            assert (await receive(client, "note"))["payload"] == n
    await asyncio.wait_for(stream.reader.readuntil(f'"payload":{messages - 1}'.encode()), 15)
    await refused_requests(server)
    return [*clients, stream]


def check_histograms(page):
    """Buckets grow, and the last one has all."""
    found = 0
    for family in page.families.values():
        if family.type != "histogram":
            continue
        series = {}
        for sample in family.samples:
            if sample.name.endswith("_bucket"):
                labels = dict(sample.labels)
                bound = float(labels.pop("le"))
                series.setdefault(frozenset(labels.items()), []).append((bound, sample.value))
        for labels, buckets in series.items():
            assert buckets == sorted(buckets) and buckets[-1][0] == math.inf, (family.name, buckets)
            assert [count for _, count in buckets] == sorted(count for _, count in buckets), (family.name, buckets)
            assert buckets[-1][1] == page.value(family.name + "_count", **dict(labels)), (family.name, labels)
            assert page.value(family.name + "_sum", **dict(labels)) >= 0, (family.name, labels)
            found += 1
    assert found, "no histogram is there"


async def test_prometheus_tools_find_nothing_wrong_with_the_page():
    async with await start() as server:
        clients = await make_traffic(server, 3)
        for accept, kind in ((None, TEXT), ("*/*", TEXT), ("text/plain", TEXT), ("no;;such, =", TEXT),
                             ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", TEXT),
                             (PROMETHEUS, OPEN), ("application/openmetrics-text", OPEN)):
            told, text = await scrape(server, accept)
            assert told == kind, (accept, told)
            assert text.endswith("# EOF\n") == (kind == OPEN), accept
        _, text = await scrape(server, "text/plain")
        wrong = await lint(text)
        assert not wrong, wrong
        plain = {family.name: family for family in read_text(text)}
        page = await Page.of(server)
        assert plain.keys() == page.families.keys(), plain.keys() ^ page.families.keys()
        for name, family in page.families.items():
            assert family.documentation == plain[name].documentation != "", name
            assert family.type == plain[name].type, name
            assert name.startswith("fanfare_"), name
        check_histograms(page)
        for client in clients:
            await client.close()


async def test_the_figures_are_those_of_the_traffic():
    async with await start() as server:
        before = await Page.of(server)
        assert before.total("fanfare_build_info") == 1
        clients = await make_traffic(server, 20)

        async def delivered():  # it is counted behind the writing, and a client may be faster
            page = await Page.of(server)
            return page if page.value("fanfare_delivery_seconds_count", namespace="group:") >= 20 else None
        page = await until(delivered, 15, "20 deliveries were measured")
        assert page.value("fanfare_delivery_seconds_count", namespace="group:") == 20
        assert page.value("fanfare_users") == 2
        stats = await server.stats()
        for name, value in (("fanfare_connections", stats["connections"]),
                            ("fanfare_messages_published_total", stats["published"]),
                            ("fanfare_deliveries_total", stats["delivered"])):
            assert page.total(name) == value, (name, page.total(name), value)

        def requests(route, method, status):
            return page.value("fanfare_http_requests_total", route=route, method=method, status=status)
        assert requests("/api/v1/publish", "POST", "200") == 20
        assert requests("/api/v1/publish", "POST", "400") == requests("/api/v1/publish", "POST", "404") == 1
        assert requests("/api/v1/ws", "GET", "101") == 2 and requests("/api/v1/ws", "GET", "426") == 1
        assert requests("/api/v1/sse", "GET", "200") == 1
        assert requests("other", "GET", "404") == 1
        assert page.value("fanfare_http_request_seconds_count", route="/api/v1/publish") == 22
        for client in clients:
            await client.close()
        await until(lambda: users_gone(server), 15, "nobody is there")


async def users_gone(server):
    return (await Page.of(server)).value("fanfare_users") == 0


async def test_counters_only_grow_and_no_room_or_user_is_named():
    async with await start() as server:
        clients = await make_traffic(server, 5)
        first = await Page.of(server)
        for client in clients:
            await client.close()
        clients = await make_traffic(server, 5)
        _, text = await scrape(server, PROMETHEUS)
        second = Page(text)
        for family in first.families.values():
            if family.type in ("counter", "histogram"):
                for sample in family.samples:
                    after = second.value(sample.name, **sample.labels)
                    assert after >= sample.value, (sample, after)
        assert second.value("fanfare_http_requests_total", route="/api/v1/publish", method="POST", status="200") == 10
        _, plain = await scrape(server)
        for page in (text, plain):
            assert "secret" not in page, [line for line in page.splitlines() if "secret" in line]
        for client in clients:
            await client.close()


async def test_without_the_option_the_page_is_not_there():
    async with await Server.start(NOTIFICATION_SERVER, "--no-self-telemetry") as server:
        status, body = await server.request("/metrics")
        assert status == 404 and body["error"]["code"], (status, body)


asyncio.run(run_tests(dict(globals())))

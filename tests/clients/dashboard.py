# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
"""examples/monitoring against a server with real traffic, and Prometheus: every query of the dashboard and every alert
rule works, and names metrics that docs/metrics.md describes.

python3 dashboard.py NOTIFICATION_SERVER [ECHO_SERVER]
"""

import asyncio
import contextlib
import http.client
import json
import math
import os
import pathlib
import re
import shutil
import sys
import tempfile
import urllib.error
from urllib.parse import urlencode
from urllib.request import urlopen

from support import RawClient, SKIPPED, Server, reserved_port, run_tests, until

NOTIFICATION_SERVER = os.path.abspath(sys.argv[1])
ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / "examples/monitoring"
DASHBOARD = json.loads((FOLDER / "grafana-dashboard.json").read_text(encoding="utf-8"))
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
QUERIES = [(panel["title"], target["expr"]) for panel in PANELS for target in panel["targets"]]
RULES = (FOLDER / "alerts.yml").read_text(encoding="utf-8")
# What does not happen on a server without TLS and Redis, whose clients are quick and keep the rules, whose store works,
# and that ends before its first ping after 54 s. These queries must be taken, and may be answered with nothing.
QUIET = {"fanfare_tls_handshakes_total", "fanfare_bus_reconnects_total", "fanfare_bus_missed_total",
         "fanfare_bus_round_trip_seconds_bucket", "fanfare_messages_dropped_total", "fanfare_store_failures_total",
         "fanfare_heartbeat_seconds_bucket", "fanfare_refreshes_total", "fanfare_rate_limited_total",
         "fanfare_protocol_errors_total", "fanfare_handler_failures_total", "fanfare_idle_timeouts_total",
         "fanfare_write_timeouts_total", "fanfare_short_writes_total", "fanfare_stream_holes_total"}

for tool in ("prometheus", "promtool"):
    if not shutil.which(tool):
        print(f"{tool} is not installed")
        sys.exit(SKIPPED)


def metrics_in(text):
    return set(re.findall(r"\bfanfare_[a-z0-9_]+", text))


KINDS = {"c": "counter", "g": "gauge", "h": "histogram"}


def described():
    """The names of docs/metrics.md, as a scrape has them. A row has the name, without labels, in its first cell, and in
    another one what it is: counter, gauge or histogram, or its first letter."""
    out = set()
    for page in sorted((ROOT / "docs").glob("metrics*.md")):
        for name, rest in re.findall(r"^\| `(fanfare_[a-z0-9_]+)` \|(.*)\|$", page.read_text(encoding="utf-8"), re.M):
            cells = [KINDS.get(cell.strip(), cell.strip()) for cell in rest.split("|")]
            kind, = set(cells) & set(KINDS.values())
            if kind == "histogram":
                out |= {f"{name}_{part}" for part in ("bucket", "sum", "count")}
            else:
                out.add(name.removesuffix("_total") + ("_total" if kind == "counter" else ""))
    return out


def as_grafana_asks(expr):
    """The query with its variables replaced, as Grafana does it."""
    for variable, value in (("$__rate_interval", "5s"), ("$instance", ".*")):
        expr = expr.replace(variable, value)
    assert "$" not in expr, f"a variable that nobody replaces: {expr}"
    return expr


async def promtool(*arguments):
    process = await asyncio.create_subprocess_exec("promtool", *map(str, arguments), stdout=asyncio.subprocess.PIPE,
                                                   stderr=asyncio.subprocess.STDOUT)
    out, _ = await process.communicate()
    assert process.returncode == 0, out.decode()


class Prometheus:
    """One that scrapes a server each second, with the configuration of examples/monitoring."""

    def __init__(self, process, port, log):
        self.process, self.url, self.log = process, f"http://127.0.0.1:{port}", log

    async def ask(self, path, **parameters):
        def get():
            with urlopen(f"{self.url}{path}?{urlencode(parameters)}", timeout=10) as answer:
                return json.loads(answer.read())
        try:
            answer = await asyncio.get_running_loop().run_in_executor(None, get)
        except urllib.error.HTTPError as refused:
            with refused:
                raise AssertionError(f"{path} {parameters}: {refused.read().decode()}") from None
        assert answer["status"] == "success", (parameters, answer)
        return answer["data"]

    async def values(self, expr):
        """What a query answers: a number for each series."""
        return [float(one["value"][1]) for one in (await self.ask("/api/v1/query", query=expr))["result"]]

    async def is_ready(self):
        assert self.process.returncode is None, self.log.read_text(encoding="utf-8")
        try:
            await self.ask("/api/v1/status/buildinfo")
            return True
        except (OSError, AssertionError):  # it does not listen yet, or is reading its files
            return False

    async def has_scraped(self, times):
        return any(count >= times for count in await self.values('count_over_time(up{job="fanfare"}[1h])')) and \
            await self.values('up{job="fanfare"}') == [1]


@contextlib.asynccontextmanager
async def prometheus(server):
    with tempfile.TemporaryDirectory(prefix="fanfare-prometheus-") as name, reserved_port() as reserved:
        folder, port = pathlib.Path(name), reserved.getsockname()[1]
        config = (FOLDER / "prometheus.yml").read_text(encoding="utf-8")
        assert "localhost:8080" in config and "15s" in config
        config = config.replace("localhost:8080", f"{server.host}:{server.port}").replace("15s", "1s")
        (folder / "prometheus.yml").write_text(config, encoding="utf-8")
        shutil.copy(FOLDER / "alerts.yml", folder)
        log = folder / "log"
        with log.open("wb") as out:
            process = await asyncio.create_subprocess_exec(
                "prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
                f"--web.listen-address=127.0.0.1:{port}", stdout=out, stderr=out)
        try:
            one = Prometheus(process, port, log)
            await until(one.is_ready, 60, "Prometheus is ready")
            yield one
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


class Traffic:
    """Clients of each transport, and what they and a service do, over and over."""

    def __init__(self, server):
        self.server = server

    async def say(self, client, kind, payload=None, room=None):
        message = {"type": kind, "payload": payload, "request_id": kind, **({"room": room} if room else {})}
        client.frame(1, json.dumps(message).encode())
        while True:
            opcode, text = await client.next_frame()
            assert opcode != 8, f"the connection was closed after {kind}: {text}"
            answer = json.loads(text) if opcode == 1 else {}
            if answer.get("request_id") == kind:
                return answer

    async def round(self):
        server = self.server
        for room in ("chat:1", "device:1", "global"):
            await server.publish(room, "n", {"n": 1})
        receipt = await server.publish("chat:1", "n", {"n": 2})
        status, _ = await server.request("/api/v1/publish", {"room": "not a room", "type": "n"})
        assert status == 400, status
        client = await RawClient.upgraded(server)
        since = {"chat:1": {"epoch": receipt["epoch"], "offset": receipt["offset"] - 1}}
        joined = await self.say(client, "subscribe", {"rooms": ["chat:1", "global"], "since": since})
        assert joined["payload"]["recovered"]["chat:1"]["recovered"], joined
        for kind, payload, room in (("ping", None, None), ("history", {"room": "chat:1"}, None),
                                    ("publish", {"type": "n", "payload": 3}, "chat:1")):
            answer = await self.say(client, kind, payload, room)
            assert answer["type"] != "error", answer
        client.frame(8, b"\x03\xe8")
        assert await client.close_code() == 1000
        await client.close()
        await asyncio.get_running_loop().run_in_executor(None, self.refused)

    def refused(self):
        connection = http.client.HTTPConnection(self.server.host, self.server.port, timeout=15)
        with contextlib.closing(connection):
            connection.request("GET", "/api/v1/sse", headers={"Origin": "http://elsewhere.test"})
            assert connection.getresponse().status == 403

    async def run(self):
        members = [await RawClient.upgraded(self.server) for _ in range(3)]
        events = await RawClient.connect(self.server)
        events.write(f"GET /api/v1/sse?user=eve&rooms=chat:1 HTTP/1.1\r\nHost: {self.server.host}\r\n\r\n".encode())
        try:
            for member in members:
                await self.say(member, "subscribe", {"rooms": ["chat:1", "device:1", "global"]})
            while True:
                await self.round()
                await asyncio.sleep(0.1)  # a pace, not a wait
        finally:
            for one in (*members, events):
                await one.close()


async def test_the_dashboard_can_be_imported():
    assert isinstance(DASHBOARD["schemaVersion"], int) and DASHBOARD["uid"] and DASHBOARD["title"]
    variables = {one["name"]: one for one in DASHBOARD["templating"]["list"]}
    assert variables["datasource"]["type"] == "datasource" and variables["datasource"]["query"] == "prometheus"
    numbers = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(numbers) == len(set(numbers)), numbers
    taken = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken and at["x"] + at["w"] <= 24, panel["title"]
        taken |= cells
    for panel in PANELS:
        for source in (panel["datasource"], *(target["datasource"] for target in panel["targets"])):
            assert source == {"type": "prometheus", "uid": "${datasource}"}, panel["title"]
        references = [target["refId"] for target in panel["targets"]]
        assert references and len(references) == len(set(references)), panel["title"]


async def test_every_metric_of_the_dashboard_and_the_rules_is_described():
    known = described()
    assert known, "docs/metrics.md describes nothing"
    used = metrics_in(" ".join(expr for _, expr in QUERIES) + RULES)
    assert not used - known, f"not in docs/metrics.md: {sorted(used - known)}"
    assert QUIET <= used, f"not used: {sorted(QUIET - used)}"


async def test_the_configuration_and_the_alert_rules_are_what_prometheus_takes():
    await promtool("check", "config", FOLDER / "prometheus.yml")
    await promtool("check", "rules", FOLDER / "alerts.yml")
    await promtool("test", "rules", ROOT / "tests/clients/alert_rules.yml")
    tested = (ROOT / "tests/clients/alert_rules.yml").read_text(encoding="utf-8")
    for alert in re.findall(r"- alert: (\w+)", RULES):
        assert f"alertname: {alert}\n" in tested, f"{alert} has no test"


async def test_every_query_of_the_dashboard_has_data_and_every_rule_is_evaluated():
    async with await Server.start(NOTIFICATION_SERVER, "--no-self-telemetry", "--metrics", "--open-publish") as server, \
            prometheus(server) as prom:
        traffic = asyncio.ensure_future(Traffic(server).run())
        try:
            async def scraped():
                if traffic.done():
                    traffic.result()
                return await prom.has_scraped(5)
            await until(scraped, 60, "it has scraped five times")
            empty = []
            for title, expr in QUERIES:
                may_be_empty = metrics_in(expr) & QUIET
                asked = as_grafana_asks(expr)
                values = []

                async def answered():
                    values[:] = [value for value in await prom.values(asked) if math.isfinite(value)]
                    return values or may_be_empty
                try:
                    await until(answered, 5, "an answer with a number")
                except AssertionError as nothing:
                    empty.append(f"{title}: {asked}: {nothing}")
            assert not empty, "\n".join(["", *empty])

            async def evaluated():
                groups = (await prom.ask("/api/v1/rules"))["groups"]
                rules = [rule for group in groups for rule in group["rules"]]
                assert not [rule for rule in rules if rule["health"] == "err"], rules
                return rules and all(rule["health"] == "ok" for rule in rules)
            await until(evaluated, 30, "all rules were evaluated")
            firing = await prom.values('ALERTS{alertname="FanfareLinkDown"}')
            assert not firing, "nothing is down here"
        finally:
            traffic.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await traffic


asyncio.run(run_tests(globals()))

# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
"""The HTTP API is as openapi.json describes it, and the curl examples of docs/http_api.md work.

python3 openapi.py NOTIFICATION_SERVER [ECHO_SERVER]
"""

import asyncio
import http.client
import json
import os
import pathlib
import re
import shutil
import socket
import sys
import tempfile
from urllib.parse import urlencode

from support import Server, run_tests

NOTIFICATION_SERVER = os.path.abspath(sys.argv[1])
ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCUMENT = json.loads((ROOT / "examples/demos/notification_server/openapi.json").read_text(encoding="utf-8"))
SCHEMAS = DOCUMENT["components"]["schemas"]
PAGE = (ROOT / "docs/http_api.md").read_text(encoding="utf-8")
KINDS = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int, "number": (int, float),
         "null": type(None)}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
NOTES = {"description", "examples", "default", "title"}


def resolved(part):
    """The thing itself, where there is a reference to it."""
    while isinstance(part, dict) and "$ref" in part:
        path, part = part["$ref"].removeprefix("#/").split("/"), DOCUMENT
        for name in path:
            part = part[name]
    return part


def is_kind(value, name):
    return isinstance(value, KINDS[name]) and (name == "boolean" or not isinstance(value, bool))


# What a keyword wants of a value of the kind that it is about.
KEYWORDS = {
    "minimum": ("number", lambda value, wanted: value >= wanted),
    "maximum": ("number", lambda value, wanted: value <= wanted),
    "minLength": ("string", lambda value, wanted: len(value) >= wanted),
    "maxLength": ("string", lambda value, wanted: len(value) <= wanted),
    "minItems": ("array", lambda value, wanted: len(value) >= wanted),
    "maxItems": ("array", lambda value, wanted: len(value) <= wanted),
    "pattern": ("string", lambda value, wanted: re.search(wanted, value)),
    "format": ("string", lambda value, wanted: wanted == "date-time" and TIME.fullmatch(value)),
    "required": ("object", lambda value, wanted: all(name in value for name in wanted)),
}


def keeps(schema, keyword, wanted, value):
    """Whether a value keeps to a keyword that is not about the parts of the value."""
    if keyword == "type":
        return any(is_kind(value, kind) for kind in (wanted if isinstance(wanted, list) else [wanted]))
    if keyword in ("enum", "const"):
        return any(value == one and type(value) is type(one) for one in (wanted if keyword == "enum" else [wanted]))
    if keyword == "additionalProperties":
        return wanted or not is_kind(value, "object") or value.keys() <= schema["properties"].keys()
    if keyword == "oneOf":
        return sum(not wrong_with(one, value) for one in wanted) == 1
    kind, holds = KEYWORDS[keyword]  # a keyword that is not known here must not pass for one that is kept
    return not is_kind(value, kind) or holds(value, wanted)


def wrong_with(schema, value, at="body"):
    """What is wrong with a value, as a list. Knows the keywords that the description uses."""
    schema, out = resolved(schema), []
    for keyword, wanted in schema.items():
        if keyword in NOTES:
            continue
        if keyword == "properties":
            for name in wanted.keys() & (value.keys() if is_kind(value, "object") else ()):
                out += wrong_with(wanted[name], value[name], f"{at}.{name}")
        elif keyword == "items":
            for n, item in enumerate(value if is_kind(value, "array") else ()):
                out += wrong_with(wanted, item, f"{at}[{n}]")
        elif keyword == "allOf":
            for one in wanted:
                out += wrong_with(one, value, at)
        elif not keeps(schema, keyword, wanted, value):
            out.append(f"{at}: {keyword} {wanted!r} is not kept by {value!r}")
    return out


def operations():
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            yield path, method.upper(), operation


OPERATIONS = {operation["operationId"]: (path, method, operation) for path, method, operation in operations()}


class Answer:
    """Of a stream of events only the first one is read."""

    def __init__(self, connection, response):
        self.connection, self.response, self.status = connection, response, response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.kind = self.headers.get("content-type", "").split(";")[0]
        if self.kind == "text/event-stream":
            self.text = ""
            while line := response.readline().decode().rstrip("\n"):
                self.text += line.removeprefix("data: ") if line.startswith("data: ") else ""
            return
        self.text = "" if response.status == 101 else response.read().decode()
        connection.close()

    def json(self):
        return json.loads(self.text)

    def close(self):
        self.response.close()
        self.connection.close()


def ask(server, method, target, body=None, headers=None):
    connection = http.client.HTTPConnection(server.host, server.port, timeout=30)
    connection.request(method, target, body=body, headers=headers or {})
    return Answer(connection, connection.getresponse())


def check(operation, answer, code=None):
    """The answer is one that the operation is described to give."""
    name = operation["operationId"]
    described = resolved(operation["responses"].get(str(answer.status)))
    assert described, f"{name}: status {answer.status} is not described: {answer.text}"
    for header, rules in described.get("headers", {}).items():
        value = answer.headers.get(header.lower())
        assert value is not None or not rules.get("required"), f"{name} {answer.status}: no {header}"
        assert value is None or not wrong_with(rules["schema"], value, header), (name, header, value)
    content = described.get("content", {})
    if not content or not answer.text:
        assert not answer.text and not content, (name, answer.status, answer.kind, answer.text)
        return
    kind = answer.kind
    assert kind in content, f"{name} {answer.status}: {kind} is not described"
    if kind in ("application/json", "text/event-stream"):
        schema = content[kind]["schema"] if kind == "application/json" else SCHEMAS["ServerMessage"]
        wrong = wrong_with(schema, answer.json())
        assert not wrong, (name, answer.status, wrong)
    assert code is None or answer.json()["error"]["code"] == code, (name, answer.text)


def call(server, name, query=None, body=None, headers=None):
    """Asks for an operation by its name; a body that is no text becomes JSON."""
    path, method, _ = OPERATIONS[name]
    if body is not None and not isinstance(body, (str, bytes)):
        body = json.dumps(body)
    return ask(server, method, path + ("?" + urlencode(query) if query else ""), body, headers)


def parameters(operation, place, only_required):
    return {one["name"]: one["example"] for one in operation.get("parameters", ())
            if one["in"] == place and one.get("example", "") != "" and (one.get("required") or not only_required)}


def bodies(operation):
    content = operation.get("requestBody", {}).get("content", {})
    return {name: one["value"] for name, one in content.get("application/json", {}).get("examples", {}).items()}


async def in_thread(work, *arguments):
    return await asyncio.get_running_loop().run_in_executor(None, work, *arguments)


async def test_every_reference_of_the_description_leads_somewhere_and_every_example_is_valid():
    assert DOCUMENT["openapi"].startswith("3.1"), DOCUMENT["openapi"]
    assert len(OPERATIONS) == sum(1 for _ in operations()), "an operationId is there twice"
    for found in re.findall(r'"\$ref": "([^"]+)"', json.dumps(DOCUMENT)):
        assert resolved({"$ref": found}), found
    for _, _, operation in operations():
        name, contents = operation["operationId"], []
        for body in bodies(operation).values():
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            assert not wrong_with(schema, body), (name, wrong_with(schema, body))
        for one in operation.get("parameters", ()):
            assert "example" not in one or not wrong_with(one["schema"], one["example"]), (name, one["name"])
        for status, response in operation["responses"].items():
            assert resolved(response)["description"], (name, status)
            contents += resolved(response).get("content", {}).values()
        for content in contents:
            wrong = wrong_with(content["schema"], content["example"]) if "example" in content else []
            assert not wrong, (name, wrong)


async def test_every_route_that_the_server_knows_is_described_and_no_other():
    sources = "".join(file.read_text(encoding="utf-8") for file in sorted((ROOT / "include").rglob("*.[hi]pp")))
    known = set(re.findall(r'"(/(?:api/v1/[a-z/]+[a-z]|[a-z]+z|metrics))"', sources))
    assert known == DOCUMENT["paths"].keys() - {"/openapi.json"}, known ^ DOCUMENT["paths"].keys()
    routes = re.findall(r'\{"(/api/v1/[a-z/]+)", (?:http::)?verb::(\w+)', sources)
    assert len(routes) > 5 and all(method in DOCUMENT["paths"][path] for path, method in routes), routes
    async with await Server.start(NOTIFICATION_SERVER, "--no-self-telemetry", "--metrics") as server:
        for path, described in DOCUMENT["paths"].items():
            for method in ("GET", "POST", "PUT", "DELETE", "OPTIONS"):
                answer = await in_thread(ask, server, method, path)
                allowed = {m.upper() for m in described} | ({"HEAD"} if "get" in described else set())
                if method.lower() not in described:
                    # The demo's own page leaves OPTIONS out.
                    known = allowed if path == "/openapi.json" else allowed | {"OPTIONS"}
                    assert answer.status == (204 if method in known else 405), (method, path, answer.status)
                    assert set(answer.headers["allow"].split(", ")) == known, (method, path, answer.headers)
                    if answer.status == 405:
                        assert answer.kind == "application/json", (method, path, answer.kind)
                        assert answer.json()["error"]["code"] == "invalid_message", (method, path, answer.text)
                else:
                    assert answer.status not in (404, 405), (method, path, answer.text)
                answer.close()
        answer = await in_thread(ask, server, "GET", "/openapi.json")
        assert answer.status == 200 and answer.kind == "application/json" and answer.json() == DOCUMENT, answer.status


async def test_every_operation_answers_its_examples_as_described():
    async with await Server.start(NOTIFICATION_SERVER, "--no-self-telemetry", "--metrics") as server:
        stream = await in_thread(call, server, "connectEvents", {"user": "alice"})
        session = stream.json()["payload"]["session"]
        notified = await in_thread(call, server, "notify", None, {"user_id": "alice", "title": "T", "message": "M"})
        live = {"Xq0bPzV5hY2nUe8RkT1c": notified.json()["id"],
                bodies(OPERATIONS["sendOverEvents"][2])["join"]["session"]: session}
        for path, method, operation in operations():
            for only_required in (True, False):
                for body in bodies(operation).values() or (None,):
                    text = None if body is None else json.dumps(body)
                    for example, value in live.items():
                        text = text and text.replace(example, value)
                    query = parameters(operation, "query", only_required)
                    answer = await in_thread(ask, server, method, path + "?" + urlencode(query), text,
                                             parameters(operation, "header", only_required))
                    assert answer.status in (101, 200, 202, 204), (method, path, answer.status, answer.text)
                    check(operation, answer)
                    answer.close()
        stream.close()


# operation, query, body, headers, status, code
REFUSALS = (
    ("publish", None, "{", None, 400, "invalid_json"),
    ("publish", None, "[" * 17 + "]" * 17, None, 400, "invalid_json"),
    ("publish", None, "[]", None, 400, "invalid_message"),
    ("publish", None, {"type": "t"}, None, 400, "invalid_message"),
    ("publish", None, {"room": "chat:1", "type": "t" * 65}, None, 400, "invalid_message"),
    ("publish", None, {"room": "bad room", "type": "t"}, None, 400, "invalid_room"),
    ("publish", None, {"room": "device:1", "type": "t", "idempotency_key": "k"}, None, 400, "no_history"),
    ("publish", None, {"room": "chat:1", "type": "t", "key": 7}, None, 400, "invalid_message"),
    ("publish", None, {"room": "chat:1", "type": "t", "idempotency_key": None}, None, 400, "invalid_message"),
    ("publish", None, {"room": "nowhere:1", "type": "t"}, None, 404, "unknown_room"),
    ("publish", None, {"room": "chat:1", "type": "t", "payload": "x" * 1048510}, None, 413, "message_too_large"),
    ("publish", None, "x" * 1048577, None, 413, "invalid_message"),
    ("publish", None, {"room": "chat:1", "type": "t"}, {"Origin": "http://evil.example"}, 403, "forbidden"),
    ("publish", None, {"room": "chat:1", "type": "t"}, {"X-Big": "x" * 8200}, 431, "invalid_message"),
    ("publish", None, {"room": "chat:1", "type": "t"}, {"Host": "evil.example"}, 403, "forbidden"),
    ("notify", None, {"user_id": "a b", "title": "T", "message": "M"}, None, 400, "invalid_user"),
    ("notify", None, {"user_id": "a", "title": "T"}, None, 400, "invalid_message"),
    ("notify", None, {"user_id": "a", "title": "T" * 1025, "message": "M"}, None, 413, "message_too_large"),
    ("inbox", None, None, None, 400, "invalid_message"),
    ("inbox", {"user_id": "a b"}, None, None, 400, "invalid_user"),
    ("inbox", {"user_id": "a", "limit": 201}, None, None, 400, "invalid_message"),
    ("inbox", {"user_id": "a", "filter": "new"}, None, None, 400, "invalid_message"),
    ("inbox", {"user_id": "a", "cursor": "made-up"}, None, None, 400, "invalid_message"),
    ("markInbox", None, {"user_id": "a", "action": "read"}, None, 400, "invalid_message"),
    ("markInbox", None, {"user_id": "a", "action": "eat", "all": True}, None, 400, "invalid_message"),
    ("markInbox", None, {"user_id": "a", "action": "read", "ids": ["never-was"]}, None, 404, "not_found"),
    ("issueTicket", None, {"user_id": "a b"}, None, 400, "invalid_user"),
    ("issueTicket", None, {"user_id": "a", "rooms": ["bad room"]}, None, 400, "invalid_room"),
    ("issueTicket", None, {"user_id": "a", "expires_in": 9999}, None, 400, "invalid_config"),
    ("issueTicket", None, {"user_id": "a", "origin": "nothing"}, None, 400, "origin_not_allowed"),
    ("issueTicket", None, {"user_id": "a", "origin": ["https://a.example"]}, None, 400, "invalid_message"),
    ("issueTicket", None, {"user_id": "a", "origin": None}, None, 400, "invalid_message"),
    ("issueTicket", None, {"user_id": "a", "claims": "editor"}, None, 400, "invalid_message"),
    ("revoke", None, {}, None, 400, "invalid_message"),
    ("revoke", None, {"user": "a", "issued_before": 1}, None, 400, "invalid_message"),
    ("revoke", None, {"user_id": "a b"}, None, 400, "invalid_user"),
    ("revoke", None, {"token_id": "t", "issued_before": 1}, None, 400, "invalid_message"),
    ("revoke", None, {"token_id": "t", "expires_in": 0}, None, 400, "invalid_message"),
    ("revoke", None, "{", None, 400, "invalid_json"),
    ("presence", None, None, None, 400, "invalid_message"),
    ("presence", {"room": "bad room"}, None, None, 400, "invalid_room"),
    ("presence", {"room": "device:1"}, None, None, 403, "forbidden"),
    ("presence", {"room": "nowhere:1"}, None, None, 404, "unknown_room"),
    ("history", {"room": "chat:1", "limit": 0}, None, None, 400, "invalid_message"),
    ("history", {"room": "chat:1", "order": "odd"}, None, None, 400, "invalid_message"),
    ("history", {"room": "chat:1", "epoch": "zz", "offset": 1}, None, None, 400, "invalid_message"),
    ("history", {"room": "chat:1", "epoch": "0" * 15 + "1", "offset": 1}, None, None, 400, "invalid_position"),
    ("history", {"room": "device:1"}, None, None, 400, "no_history"),
    ("history", {"room": "bad room"}, None, None, 400, "invalid_room"),
    ("history", {"room": "nowhere:1"}, None, None, 404, "unknown_room"),
    ("connect", None, None, None, 426, "invalid_message"),
    ("connect", {"user": "a b"}, None, "upgrade", 400, "invalid_user"),
    ("connect", None, None, {"Sec-WebSocket-Version": "12"}, 426, "invalid_message"),
    ("connect", None, None, {"Sec-WebSocket-Key": "short"}, 400, "invalid_message"),
    ("connect", None, None, {"Host": "evil.example"}, 403, "forbidden"),
    ("connect", None, None, {"Origin": "http://evil.example"}, 403, "origin_not_allowed"),
    ("connectEvents", {"user": "a b"}, None, None, 400, "invalid_user"),
    ("connectEvents", {"last": 0}, None, None, 400, "invalid_message"),
    ("connectEvents", None, None, {"Last-Event-ID": "made up"}, 400, "invalid_message"),
    ("connectEvents", None, None, {"Origin": "http://evil.example"}, 403, "origin_not_allowed"),
    ("connectEvents", None, None, {"Host": "evil.example"}, 403, "forbidden"),
    ("sendOverEvents", None, {"session": "x" * 64, "message": {"type": "ping"}}, None, 404, "not_found"),
    ("sendOverEvents", None, {"session": "x" * 64}, None, 400, "invalid_message"),
    ("sendOverEvents", None, "{", None, 400, "invalid_json"),
    ("sendOverEvents", None, {"session": "x" * 64, "message": {"type": "p", "payload": "x" * 8192}}, None, 413,
     "message_too_large"),
)


def refused(server, name, query, body, headers, status, code):
    operation = OPERATIONS[name][2]
    if name == "connect" and headers:
        headers = {**parameters(operation, "header", True), **(headers if headers != "upgrade" else {})}
    answer = call(server, name, query, body, headers)
    assert answer.status == status, (name, query, body if len(str(body)) < 200 else "", answer.status, answer.text)
    check(operation, answer, code)


async def test_every_refusal_is_one_that_is_described():
    async with await Server.start(NOTIFICATION_SERVER, "--no-self-telemetry") as server:
        for one in REFUSALS:
            await in_thread(refused, server, *one)
        for target in ("/api/v1/nothing", "/nothing"):
            answer = await in_thread(ask, server, "GET", target)
            assert answer.status == 404 and not wrong_with(SCHEMAS["Error"], answer.json())
        reader, writer = await asyncio.open_connection(server.host, server.port)
        writer.write(b"this is no HTTP\r\n\r\n")
        head, _, body = (await asyncio.wait_for(reader.read(), 20)).partition(b"\r\n\r\n")
        writer.close()
        assert head.startswith(b"HTTP/1.1 400 "), head
        assert not wrong_with(SCHEMAS["Error"], json.loads(body)), body


async def test_what_needs_a_key_or_a_ticket_says_so_as_described():
    async with await Server.start(NOTIFICATION_SERVER, "--admin-key", "the-key", "--auth", "ticket") as server:
        for name, (_, _, operation) in OPERATIONS.items():
            if {"adminKey": []} in operation.get("security", ()):
                for headers in ({}, {"Authorization": "Bearer wrong"}):
                    body = next(iter(bodies(operation).values()), None)
                    await in_thread(refused, server, name, parameters(operation, "query", True), body, headers, 401,
                                    "unauthorized")
                answer = await in_thread(call, server, name, parameters(operation, "query", True), body,
                                         {"Authorization": "Bearer the-key"})
                assert answer.status != 401 and answer.status != 403, (name, answer.status)
        for name, headers in (("connect", "upgrade"), ("connectEvents", None)):
            await in_thread(refused, server, name, None, None, headers, 401, "unauthorized")
            await in_thread(refused, server, name, {"ticket": "x" * 43}, None, headers, 401, "ticket_invalid")


async def test_a_server_without_its_redis_says_so_as_described():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen: nobody else can, either
        url = f"redis://127.0.0.1:{taken.getsockname()[1]}"
        async with await Server.start(NOTIFICATION_SERVER, "--no-self-telemetry", "--redis", url) as server:
            answer = await in_thread(call, server, "ready")
            assert answer.status == 503 and answer.json()["status"] == "bus_down", answer.text
            check(OPERATIONS["ready"][2], answer)

            async def unavailable(name):
                operation = OPERATIONS[name][2]
                body = next(iter(bodies(operation).values()), None)
                answer = await in_thread(call, server, name, parameters(operation, "query", True), body)
                assert answer.status >= 500, (name, answer.status, answer.text)
                check(operation, answer)

            await asyncio.gather(*(unavailable(name) for name in
                                   ("publish", "notify", "inbox", "markInbox", "issueTicket", "revoke", "cluster",
                                    "presence", "history")))


async def run_shell(text, folder, within=60):
    """A block of the page in a folder of its own; a line that follows a stream is cut when it has shown a message."""
    environment = dict(os.environ, PATH=f"{folder}:{os.environ['PATH']}")
    process = await asyncio.create_subprocess_exec(
        "sh", "-euc", text, cwd=folder, env=environment, stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, start_new_session=True)
    endless = "curl -sN" in text and "&\n" not in text
    out = b""
    try:
        while chunk := await asyncio.wait_for(process.stdout.read(65536), within):
            out += chunk
            if endless and b'"type":"subscribed"' in out and b'"type":"message"' in out:
                return 0, out.decode()
        return await asyncio.wait_for(process.wait(), within), out.decode()
    finally:
        try:
            os.killpg(process.pid, 9)
        except ProcessLookupError:
            pass  # all of it has ended
        await process.wait()


async def test_the_curl_examples_of_the_page_work_when_they_are_pasted():
    blocks = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    shown = re.findall(r"^\$ (curl .*)\n(.*)$", PAGE, re.MULTILINE)
    assert len(blocks) >= 10 and shown and all("curl" in block for block in blocks), blocks
    folder = tempfile.mkdtemp(prefix="fanfare-curl-")
    try:
        wrapper = pathlib.Path(folder, "curl")  # a status that is no success ends the block
        wrapper.write_text(f'#!/bin/sh\nexec {shutil.which("curl")} --fail-with-body "$@"\n')
        wrapper.chmod(0o755)
        async with await Server.start(NOTIFICATION_SERVER, "--no-self-telemetry", "--metrics") as server:
            for block in blocks:
                code, out = await run_shell(block.replace("localhost:8080", f"{server.host}:{server.port}"), folder)
                assert code == 0 and out, f"{block}\nended with {code}:\n{out}"
            for command, answer in shown:
                code, out = await run_shell(command.replace("localhost:8080", f"{server.host}:{server.port}"), folder)
                assert code == 22 and out.strip().endswith(answer), (command, code, out)
    finally:
        shutil.rmtree(folder)


asyncio.run(run_tests(globals()))

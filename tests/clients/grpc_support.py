# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
"""What the scripts about the gRPC door share: a grpc_push, calls to it, and streams from it."""

import asyncio
import json
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "redis"))

from redis_support import Node, until  # noqa: E402
from support import run_tests  # noqa: E402

FOLDER = os.path.dirname(os.path.abspath(sys.argv[1]))
GRPC_PUSH, CLIENT = os.path.join(FOLDER, "grpc_push"), os.path.join(FOLDER, "grpc_push_client")

# Of the client: the resolver of gRPC's own (c-ares 1.18) leaks a name that it has looked up.
ENVIRONMENT = {**os.environ, "GRPC_DNS_RESOLVER": "native"}


class Push(Node):
    """A grpc_push, alone or on a Redis. `grpc` is its gRPC address."""

    @classmethod
    async def start(cls, *args):
        process = await asyncio.create_subprocess_exec(
            GRPC_PUSH, "--port", "0", "--grpc-port", "0", *args,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
        node = cls(process, None, None, None)
        node.errors, node.output = [], []
        node.reader = asyncio.gather(node._read(process.stderr, node.errors), node._read(process.stdout, node.output))
        try:
            text = await until(lambda: node._told(process), 20, "grpc_push tells its addresses")
        except BaseException:
            if process.returncode is None:
                process.kill()
            await process.wait()
            raise
        node.grpc = re.search(r"gRPC: (\S+)", text)[1]
        scheme, host, port = re.search(r"(https?)://([\w.]+):(\d+)/", text).groups()
        reader = node.reader
        node.__init__(process, scheme, host, int(port))
        node.reader = reader
        return node

    def _told(self, process):
        assert process.returncode is None, self.errors
        return len(self.output) == 2 and "\n".join(self.output)

    async def stop(self):
        await super().stop()
        assert self.process.returncode == 0, (self.process.returncode, self.errors)

    async def call(self, *words, key=None, stdin=None, within=40):
        """One call of the client's: what it printed, or the status and its text."""
        process = await asyncio.create_subprocess_exec(
            CLIENT, self.grpc, *words, "--timeout", "30", *(("--admin-key", key) if key else ()),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=ENVIRONMENT)
        try:
            out, err = await asyncio.wait_for(process.communicate((stdin or "").encode()), within)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        assert process.returncode in (0, 1), (process.returncode, err)
        return json.loads(out) if process.returncode == 0 else tuple(err.decode().rstrip("\n").split(": ", 2))

    async def receipt(self, *words, **more):
        answer = await self.call(*words, **more)
        assert isinstance(answer, dict), answer
        return answer["receipt"]


class Stream:
    """A grpc_push_client that follows a room. `events` are what it has printed so far, `errors` the end."""

    @classmethod
    async def open(cls, node, room, *args):
        self = cls()
        self.process = await asyncio.create_subprocess_exec(
            CLIENT, node.grpc, "stream", room, *args, stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, limit=4 * 1024 * 1024, env=ENVIRONMENT)
        self.events, self.errors = [], ""
        self.reader = asyncio.ensure_future(self._read())
        return self

    async def _read(self):
        async for line in self.process.stdout:
            self.events.append(json.loads(line))
        self.errors = (await self.process.stderr.read()).decode()

    def published(self):
        return [event["published"] for event in self.events if "published" in event]

    def payloads(self):
        return [json.loads(message["payload_json"]) for message in self.published()]

    async def started(self):
        await until(lambda: self.events or self.reader.done(), 20, "the stream has started")
        assert self.events, f"it ended: {self.errors}"
        return self.events[0]["started"]

    async def messages(self, count, within=30):
        def enough():
            assert len(self.published()) >= count or not self.reader.done(), f"it ended: {self.errors}"
            return len(self.published()) >= count
        await until(enough, within, f"{count} messages, {len(self.published())} came")
        return self.payloads()

    def position(self):
        at = self.published()[-1]["position"]
        return f"{at['epoch']}:{at['offset']}"

    async def end(self, within=40):
        """Waits for its end; answers the status and its text."""
        await asyncio.wait_for(self.reader, within)
        await self.process.wait()
        return tuple(self.errors.rstrip("\n").split(": ", 2))

    async def kill(self):
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()
        await self.reader

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        await self.kill()


def run_grpc_tests(namespace):
    """Runs every `test_...` and ends the process, if this build has the program."""
    if not os.path.exists(GRPC_PUSH) and os.environ.get("FANFARE_NO_GRPC"):
        print("this build has no grpc_push, as FANFARE_NO_GRPC says")
        sys.exit(0)
    asyncio.run(run_tests(namespace))

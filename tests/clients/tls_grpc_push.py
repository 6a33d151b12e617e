# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
"""grpc_push with TLS on both of its ports: who is refused, and certificates that are renewed while it runs.

python3 tls_grpc_push.py NOTIFICATION_SERVER [ECHO_SERVER]     (grpc_push and grpc_push_client lie beside the first)
"""

import asyncio
import json
import os
import pathlib
import re
import signal
import ssl
import subprocess

import websockets

from grpc_support import CLIENT, GRPC_PUSH, Push, Stream, run_grpc_tests
from redis_support import until
from support import receive
from tls_support import Certificates

PUBLISH = ("publish", "chat:x", "t")


def tls_of(files):
    return ("--tls-cert", str(files.chain), "--tls-key", str(files.key))


def trusting(files):
    return ("--tls-ca", str(files.chain))


async def refused(push, *options):
    """What the client says, after lines of gRPC's own log."""
    answer = await push.call(*PUBLISH, *options)
    said = ": ".join(answer) if isinstance(answer, tuple) else ""
    assert re.search("^UNAVAILABLE: ", said, re.MULTILINE), answer
    return said


async def test_a_caller_with_the_right_authority_is_served_and_others_end_the_handshake():
    with Certificates() as server, Certificates() as other, Certificates("elsewhere.example", "192.0.2.1") as elsewhere:
        async with await Push.start(*tls_of(server)) as push:
            assert push.http.startswith("https://"), push.http
            port = push.grpc.rsplit(":", 1)[1]
            for push.grpc in (f"localhost:{port}", f"127.0.0.1:{port}"):
                assert (await push.receipt(*PUBLISH, *trusting(server)))["status"] == "STORED"
                assert "certificate verify failed" in await refused(push, *trusting(other))
                await refused(push)  # in plain text
        async with await Push.start(*tls_of(elsewhere)) as push:
            said = await refused(push, *trusting(elsewhere))
            assert "127.0.0.1 is not in peer certificate" in said, said


async def test_the_web_port_speaks_tls_with_the_same_certificate_and_a_stream_gets_what_is_published():
    with Certificates() as server:
        async with await Push.start(*tls_of(server)) as push:
            async with websockets.connect(push.ws + "?user=ann", ssl=server.trusted()) as ann:
                await receive(ann, "connected")
                await ann.send(json.dumps({"type": "subscribe", "payload": {"rooms": ["chat:x"]}}))
                await receive(ann, "subscribed")
                async with await Stream.open(push, "chat:x", *trusting(server)) as stream:
                    await stream.started()
                    receipt = await push.receipt("publish", "chat:x", "t", '{"n":1}', *trusting(server))
                    assert receipt["status"] == "DELIVERED_LOCALLY" and receipt["local_receivers"] == "2", receipt
                    assert (await receive(ann, "t"))["payload"] == {"n": 1}
                    assert await stream.messages(1) == [{"n": 1}]


async def test_with_a_clients_authority_only_who_has_a_certificate_of_it_may_call():
    with Certificates() as server, Certificates("backend") as backend, Certificates("backend") as stranger:
        async with await Push.start(*tls_of(server), "--tls-client-ca", str(backend.chain)) as push:
            receipt = await push.receipt(*PUBLISH, *trusting(server), *tls_of(backend))
            assert receipt["status"] == "STORED", receipt
            await refused(push, *trusting(server))
            await refused(push, *trusting(server), *tls_of(stranger))
            await refused(push)
            # Browsers have none, and are not asked.
            async with websockets.connect(push.ws, ssl=server.trusted()) as anybody:
                await receive(anybody, "connected")
        async with await Push.start(*tls_of(server), "--tls-client-ca", str(backend.chain), "--admin-key", "k") as push:
            answer = await push.call(*PUBLISH, *trusting(server), *tls_of(backend))
            assert answer[0] == "UNAUTHENTICATED", answer  # the key is asked for as well
            await push.receipt(*PUBLISH, *trusting(server), *tls_of(backend), key="k")


class Live:
    """The certificate in use, in a folder whose name is a link: both files change at once."""

    def __init__(self, first):
        self.link = first.folder.with_name(first.folder.name + "-live")
        self.chain, self.key = self.link / "chain.pem", self.link / "key.pem"
        self.use(first)

    def use(self, files):
        fresh = pathlib.Path(f"{self.link}-new")
        fresh.symlink_to(files.folder)
        os.replace(fresh, self.link)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.link.unlink()


async def test_a_renewed_certificate_is_used_without_a_restart_and_nobody_is_cut_off():
    with Certificates() as old, Certificates() as new, Live(old) as live:
        async with await Push.start(*tls_of(live)) as push:
            async with await Stream.open(push, "chat:x", *trusting(old)) as early:
                await early.started()
                live.use(new)

                async def served():
                    return isinstance(await push.call(*PUBLISH, *trusting(new)), dict)
                await until(served, 30, "gRPC uses the new certificate")
                assert "certificate verify failed" in await refused(push, *trusting(old))
                push.process.send_signal(signal.SIGHUP)
                await until(lambda: any("read the certificate again" in line for line in push.errors), 20, "the reload")
                async with websockets.connect(push.ws, ssl=new.trusted()) as late:
                    await receive(late, "connected")
                try:
                    await websockets.connect(push.ws, ssl=old.trusted())
                    raise AssertionError("the old certificate is served still")
                except ssl.SSLCertVerificationError:
                    pass
                before = len(early.published())
                await push.receipt("publish", "chat:x", "t", '"last"', *trusting(new))
                assert (await early.messages(before + 1))[-1] == "last"


async def test_a_renewal_that_went_wrong_is_told_and_never_opens_the_port_in_plain_text():
    with Certificates() as files, Certificates() as other:
        good = files.key.read_text()
        async with await Push.start(*tls_of(files)) as push:
            files.key.write_text(other.key.read_text())

            async def fails():
                return isinstance(await push.call(*PUBLISH, *trusting(files)), tuple)
            await until(fails, 30, "gRPC has seen a key that is not the certificate's")
            await refused(push)
            push.process.send_signal(signal.SIGHUP)
            await until(lambda: any(line.startswith("tls: ") and str(files.key) in line for line in push.errors), 20,
                        "the file is named")
            async with websockets.connect(push.ws, ssl=files.trusted()) as anybody:  # has the one before
                await receive(anybody, "connected")
            files.key.write_text(good)

            async def served():
                return isinstance(await push.call(*PUBLISH, *trusting(files)), dict)
            await until(served, 30, "gRPC has seen the right key")


async def test_what_is_wrong_with_the_options_or_a_file_is_told_by_its_name():
    with Certificates() as files, Certificates() as other:
        chain, key = str(files.chain), str(files.key)
        cases = [(GRPC_PUSH, words, part) for words, part in (
            (("--tls-cert", chain), "--tls-key"), (("--tls-key", key), "--tls-cert"),
            (("--tls-client-ca", chain), "--tls-cert"),
            (("--tls-cert", "/nowhere.pem", "--tls-key", key), "/nowhere.pem"),
            (("--tls-cert", chain, "--tls-key", "/nowhere.key"), "/nowhere.key"),
            (("--tls-cert", key, "--tls-key", key), key),
            (("--tls-cert", chain, "--tls-key", str(other.key)), str(other.key)),
            ((*tls_of(files), "--tls-client-ca", "/nowhere.ca"), "/nowhere.ca"),
            ((*tls_of(files), "--tls-client-ca", key), key))]
        cases += [(CLIENT, ("localhost:1", *PUBLISH, *words), part) for words, part in (
            (tls_of(files), "--tls-ca"), (("--tls-ca", chain, "--tls-cert", chain), "--tls-key"),
            (("--tls-ca", "/nowhere.ca"), "/nowhere.ca"), (("--tls-ca", key), key),
            (("--tls-ca", chain, "--tls-cert", "/nowhere.pem", "--tls-key", key), "/nowhere.pem"),
            (("--tls-ca", chain, "--tls-cert", chain, "--tls-key", "/nowhere.key"), "/nowhere.key"),
            (("--tls-ca", chain, "--tls-cert", chain, "--tls-key", str(other.key)), str(other.key)))]
        for program, words, part in cases:
            ports = ("--port", "0", "--grpc-port", "0") if program == GRPC_PUSH else ()
            done = await asyncio.to_thread(subprocess.run, [program, *ports, *words], capture_output=True, timeout=30,
                                           text=True)
            assert done.returncode == 2 and not done.stdout and part in done.stderr, (words, done)


run_grpc_tests(globals())

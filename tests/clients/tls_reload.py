# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
"""notification_server with TLS: Python's own TLS and `websockets` as clients, and a certificate that changes while they
are connected.

python3 tls_reload.py NOTIFICATION_SERVER [ECHO_SERVER]
"""

import asyncio
import json
import os
import signal
import ssl
import subprocess
import sys

from support import SKIPPED, Server, receive, run_tests, until
from tls_support import Certificates

try:
    import websockets
except ImportError:
    print("skipped: no Python package websockets (Debian: python3-websockets)")
    sys.exit(SKIPPED)

NOTIFICATION_SERVER = sys.argv[1]


async def start(certificates, *args):
    server = await Server.start(NOTIFICATION_SERVER, "--no-self-telemetry", "--tls-cert", str(certificates.chain),
                                "--tls-key", str(certificates.key), *args)
    assert server.http.startswith("https://"), server.http
    return server


async def member(server, context, room):
    socket = await websockets.connect(server.ws, ssl=context)
    await receive(socket, "connected")
    await socket.send(json.dumps({"type": "subscribe", "payload": {"rooms": [room]}}))
    await receive(socket, "subscribed")
    return socket


async def publish(server, context, room, payload):
    body = json.dumps({"room": room, "type": "n", "payload": payload}).encode()
    reader, writer = await asyncio.open_connection(server.host, server.port, ssl=context)
    writer.write(b"POST /api/v1/publish HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                 b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    answer = await asyncio.wait_for(reader.read(), 15)
    writer.close()
    assert answer.startswith(b"HTTP/1.1 200"), answer


async def test_a_certificate_changes_while_clients_are_connected():
    with Certificates() as certificates:
        server = await start(certificates)
        async with server:
            old = certificates.trusted()
            early = await member(server, old, "group:a")
            await publish(server, old, "group:a", 1)
            assert (await receive(early, "n"))["payload"] == 1

            certificates.renew()
            new = certificates.trusted()
            server.process.send_signal(signal.SIGHUP)

            async def reloaded():
                try:
                    await (await websockets.connect(server.ws, ssl=new)).close()
                    return True
                except ssl.SSLCertVerificationError:
                    return False
            await until(reloaded, 15, "the new certificate is not served")

            late = await member(server, new, "group:a")
            await publish(server, new, "group:a", 2)
            for socket in (early, late):
                assert (await receive(socket, "n"))["payload"] == 2
            try:
                await websockets.connect(server.ws, ssl=old)
                raise AssertionError("the old certificate is served still")
            except ssl.SSLCertVerificationError:
                pass

            # Files that cannot be used change nothing, and end nobody.
            certificates.key.write_text("no key")
            server.process.send_signal(signal.SIGHUP)
            await publish(server, new, "group:a", 3)
            for socket in (early, late):
                assert (await receive(socket, "n"))["payload"] == 3
                await socket.close()


async def test_both_files_are_needed_and_must_be_readable():
    with Certificates() as certificates:
        chain, key, pipe = str(certificates.chain), str(certificates.key), str(certificates.folder / "pipe.pem")
        os.mkfifo(pipe)
        for words, told in ((["--tls-cert", chain], "--tls-key"),
                            (["--tls-cert", "/nowhere.pem", "--tls-key", key],
                             "cannot use the certificates of /nowhere.pem: there is no such file"),
                            (["--tls-cert", chain, "--tls-key", "/nowhere.pem"],
                             "cannot use the private key of /nowhere.pem: there is no such file"),
                            (["--tls-cert", chain, "--tls-key", pipe],
                             f"cannot use the private key of {pipe}: it is a pipe, and must be a regular file"),
                            (["--tls-cert", str(certificates.folder), "--tls-key", key], "it is a directory")):
            done = subprocess.run([NOTIFICATION_SERVER, "--port", "0", *words], capture_output=True, timeout=20)
            assert done.returncode == 2 and told in done.stderr.decode(), (done.returncode, done.stderr)


async def test_without_a_certificate_a_hangup_is_told_and_ends_nothing():
    process = await asyncio.create_subprocess_exec(
        NOTIFICATION_SERVER, "--port", "0", "--no-self-telemetry", stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE)
    try:
        assert b"http://" in await asyncio.wait_for(process.stdout.readline(), 20)
        for _ in range(2):
            process.send_signal(signal.SIGHUP)
            while True:  # behind what it says at the start
                told = await asyncio.wait_for(process.stderr.readline(), 20)
                assert told, "it ended"
                if told.startswith(b"SIGHUP: there is no certificate to read again"):
                    break
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 20) == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


if __name__ == "__main__":
    asyncio.run(run_tests(globals()))

# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
"""examples/06_https_service as a program: its own page, the API, a WebSocket with a ticket, a new certificate, its end.

python3 https_service.py NOTIFICATION_SERVER ECHO_SERVER (which are only used to find the folder of the examples)
"""

import asyncio
import json
import pathlib
import signal
import ssl
import sys

from support import SKIPPED, receive, run_tests, until
from tls_support import Certificates

try:
    import websockets
except ImportError:
    print("skipped: no Python package websockets (Debian: python3-websockets)")
    sys.exit(SKIPPED)

SERVICE = pathlib.Path(sys.argv[1]).parent / "06_https_service"
KEY = "the-admin-key"


async def ask(port, context, method, path, body=None, key=KEY):
    """Status and body of one request."""
    data = b"" if body is None else json.dumps(body).encode()
    reader, writer = await asyncio.open_connection("localhost", port, ssl=context)
    writer.write(f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {len(data)}\r\n"
                 f"Authorization: Bearer {key}\r\n\r\n".encode() + data)
    answer = await asyncio.wait_for(reader.read(), 15)
    writer.close()
    head, _, rest = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), rest


async def member(port, context, room):
    """A client that has entered with a ticket, and is in the room."""
    status, answer = await ask(port, context, "POST", "/api/v1/tickets", {"user_id": "alice"})
    assert status == 200, answer
    socket = await websockets.connect(f"wss://localhost:{port}/api/v1/ws?ticket={json.loads(answer)['ticket']}",
                                      ssl=context)
    assert (await receive(socket, "connected"))["payload"]["user_id"] == "alice"
    await socket.send(json.dumps({"type": "subscribe", "payload": {"rooms": [room]}}))
    await receive(socket, "subscribed")
    return socket


async def test_a_service_with_https_of_its_own_from_its_start_to_its_end():
    with Certificates() as certificates:
        process = await asyncio.create_subprocess_exec(
            str(SERVICE), "0", str(certificates.chain), str(certificates.key), KEY, stdout=asyncio.subprocess.PIPE)
        try:
            line = (await asyncio.wait_for(process.stdout.readline(), 15)).decode()
            port = int(line.split(":")[2].split("/")[0])
            old = certificates.trusted()
            assert await ask(port, old, "GET", "/orders") == (200, b'[{"id":42}]')
            assert await ask(port, old, "HEAD", "/orders") == (200, b"")
            assert (await ask(port, old, "GET", "/other"))[0] == 404
            assert (await ask(port, old, "GET", "/api/v1/sse?rooms=global"))[0] == 401
            assert (await ask(port, old, "GET", "/api/v1/cluster", key="wrong"))[0] == 401
            try:
                await websockets.connect(f"wss://localhost:{port}/api/v1/ws", ssl=old)
                raise AssertionError("nobody enters without a ticket")
            except websockets.exceptions.InvalidStatusCode as refused:
                assert refused.status_code == 401, refused

            early = await member(port, old, "group:a")
            certificates.renew()
            new = certificates.trusted()
            process.send_signal(signal.SIGHUP)

            async def reloaded():
                try:
                    return (await ask(port, new, "GET", "/orders"))[0] == 200
                except ssl.SSLCertVerificationError:
                    return False
            await until(reloaded, 15, "the new certificate is not served")

            late = await member(port, new, "group:a")
            status, answer = await ask(port, new, "POST", "/api/v1/publish",
                                       {"room": "group:a", "type": "n", "payload": 1})
            assert status == 200 and json.loads(answer)["local_receivers"] == 2, answer
            for socket in (early, late):
                assert (await receive(socket, "n"))["payload"] == 1

            process.send_signal(signal.SIGTERM)
            for socket in (early, late):
                await asyncio.wait_for(socket.wait_closed(), 15)
                assert socket.close_code == 3001, socket.close_code
            assert await asyncio.wait_for(process.wait(), 15) == 0
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


if __name__ == "__main__":
    asyncio.run(run_tests(globals()))

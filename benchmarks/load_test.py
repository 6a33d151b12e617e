#!/usr/bin/env python3
# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.

"""load_test.py NOTIFICATION_SERVER LOAD SECONDS [OPTION...]: a crowd of dashboards at the demo server.

Starts the server on a free port, and `load` with 1,000 clients in `global`; options go to `load`. The status is its."""

import asyncio
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests" / "clients"))
import support


async def main(binary, load, seconds, *options):
    async with await support.Server.start(binary, "--no-self-telemetry") as server:
        clients = await asyncio.create_subprocess_exec(
            load, "--url", server.ws, "--clients", "1000", "--rooms", "global", "--seconds", seconds,
            "--publish-rate", "10", "--patience", "120", *options)
        try:
            return await clients.wait()
        finally:
            if clients.returncode is None:
                clients.kill()
                await clients.wait()


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    sys.exit(asyncio.run(main(*sys.argv[1:])))

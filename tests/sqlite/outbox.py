#!/usr/bin/env python3
# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
"""The transactional outbox tells of every order exactly once, in the order of the commits, whenever it dies.

usage: outbox.py 05_TRANSACTIONAL_OUTBOX
"""
import contextlib
import json
import pathlib
import signal
import sqlite3
import subprocess
import sys
import tempfile

PROGRAM = sys.argv[1]


def run(folder, *arguments):
    return subprocess.run([PROGRAM, str(folder), *map(str, arguments)], capture_output=True, text=True, timeout=60,
                          check=False)


def rows(folder, sql):
    with contextlib.closing(sqlite3.connect(folder / "shop.db")) as db:
        return [row[0] for row in db.execute(sql)]


def check(what, found, expected):
    if found != expected:
        sys.exit(f"{what}: {found!r}, not {expected!r}")


def dies(folder, *arguments):
    done = run(folder, *arguments)
    check(f"the end of {arguments}", done.returncode, -signal.SIGKILL)


def is_killed(folder, after_lines):
    """Dies from outside, wherever it is when it has said so much."""
    with subprocess.Popen([PROGRAM, str(folder), "--orders", "1000"], stdout=subprocess.PIPE, text=True) as child:
        for _ in range(after_lines):
            if not child.stdout.readline():
                sys.exit("the shop ended by itself")
        child.kill()


def history(folder):
    """What clients can read, after a run that publishes what was left."""
    done = run(folder)
    check(f"the end of the last run ({done.stderr})", done.returncode, 0)
    lines = [line.removeprefix("history ") for line in done.stdout.splitlines() if line.startswith("history ")]
    messages = [json.loads(line) for line in lines]
    check("offsets", [m["offset"] for m in messages], list(range(1, len(messages) + 1)))
    check("epochs", len({m["epoch"] for m in messages}), 1)
    check("outbox", rows(folder, "SELECT id FROM outbox"), [])
    return [m["payload"]["order"] for m in messages], done.stdout


def main():
    with tempfile.TemporaryDirectory() as root:
        root = pathlib.Path(root)

        folder = root / "commit"
        for at in (1, 2, 3, 4):  # one after the other: each run finds what the one before has left
            dies(folder, "--orders", 5, "--crash-after-commit", at)
            check("left", len(rows(folder, "SELECT id FROM outbox")), 1)
        check("history", history(folder)[0], rows(folder, "SELECT id FROM orders ORDER BY id"))
        check("orders", len(rows(folder, "SELECT id FROM orders")), 10)

        folder = root / "publish"
        for at in (1, 2, 3):
            dies(folder, "--orders", 4, "--crash-after-publish", at)
        orders, output = history(folder)
        check("history", orders, rows(folder, "SELECT id FROM orders ORDER BY id"))
        check("orders", len(orders), 6)
        if "before the crash" not in output:
            sys.exit("the message that was published before the crash was not found to be known")

        folder = root / "both"
        dies(folder, "--orders", 3, "--crash-after-commit", 2)
        dies(folder, "--orders", 3, "--crash-after-publish", 3)
        done = run(folder, "--orders", 2)
        check(f"a run without a crash ({done.stderr})", done.returncode, 0)
        check("history", history(folder)[0], rows(folder, "SELECT id FROM orders ORDER BY id"))
        check("orders", len(rows(folder, "SELECT id FROM orders")), 7)

        folder = root / "killed"
        for lines in range(1, 31, 3):
            is_killed(folder, lines)
        check("history", history(folder)[0], rows(folder, "SELECT id FROM orders ORDER BY id"))
    print("every order's message is in the history once, in the order of the commits")


if __name__ == "__main__":
    main()

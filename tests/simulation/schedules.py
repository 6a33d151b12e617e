#!/usr/bin/env python3
# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
"""Runs schedules of the simulation that no list names.

    schedules.py first                                where those of this commit begin
    schedules.py commit --program P --count N         N of them
    schedules.py many [--program P] [--first SEED] [--count N] [--jobs J]
                                                      a million, or N, in several processes; names all that break the law

Every commit has schedules of its own: its hash says where they begin. FANFARE_SIMULATION_FIRST says it instead, where it
is set. `many` without a program builds one.
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
LOWEST = 2_000_000  # below are the fixed ones
CHUNK = 5_000  # schedules a process runs before it says how far it is


def first_of_commit():
    """Where the commit's schedules begin, and why there."""
    if chosen := os.environ.get("FANFARE_SIMULATION_FIRST"):
        if not chosen.isdecimal():
            sys.exit(f"FANFARE_SIMULATION_FIRST is no number: {chosen}")
        return int(chosen), "FANFARE_SIMULATION_FIRST"
    # The checkout may belong to somebody else, as in a container.
    git = subprocess.run(["git", "-c", f"safe.directory={ROOT}", "-C", str(ROOT), "rev-parse", "HEAD"],
                         capture_output=True, text=True, check=False)
    commit = git.stdout.strip()
    if git.returncode != 0 or not re.fullmatch("[0-9a-f]{40,}", commit):
        return LOWEST, "no commit is known"
    return LOWEST + int(commit[:12], 16) % 1_000_000_000, f"commit {commit[:12]}"


def run_of_commit(options):
    first, why = first_of_commit()
    print(f"schedules {first} to {first + options.count - 1} ({why})", flush=True)
    return subprocess.run([options.program, "--first", str(first), "--count", str(options.count)], check=False).returncode


def build():
    """As the tests are built: lightly optimised, asserts on."""
    subprocess.run(["cmake", "--preset", "test"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--build", "--preset", "test", "--target", "simulation_tests"], cwd=ROOT, check=True)
    return str(ROOT / "build" / "test" / "tests" / "simulation_tests")


def run_many(options):
    program = options.program or build()
    end = options.first + options.count
    began = time.monotonic()
    broken, unclear, done = [], [], 0

    def run(first):
        count = min(CHUNK, end - first)
        return count, subprocess.run([program, "--first", str(first), "--count", str(count), "--all"],
                                     capture_output=True, text=True, check=False)

    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for ready in concurrent.futures.as_completed(pool.submit(run, f) for f in range(options.first, end, CHUNK)):
            count, result = ready.result()
            done += count
            breaches = re.findall(r"^seed \d+: .*$", result.stdout, re.MULTILINE)
            broken += breaches
            for one in breaches:
                print(one, flush=True)
            if result.returncode != (1 if breaches else 0):
                unclear.append(result)
                print(f"exit {result.returncode}: {' '.join(result.args)}\n{result.stderr[-2000:]}", flush=True)
            if done % (20 * CHUNK) < count:
                print(f"{done} of {options.count} schedules in {(time.monotonic() - began) / 60:.1f} min", flush=True)
    print(f"{done} schedules, {options.first} to {end - 1}, by {options.jobs} processes in "
          f"{(time.monotonic() - began) / 60:.1f} min: {len(broken)} broke the law")
    return 1 if broken or unclear else 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["first", "commit", "many"])
    parser.add_argument("--program")
    parser.add_argument("--first", type=int, default=LOWEST)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    if options.what == "first":
        first, why = first_of_commit()
        print(f"{first} ({why})")
        return 0
    if options.what == "commit":
        if not options.program:
            parser.error("commit needs --program")
        return run_of_commit(options)
    return run_many(options)


if __name__ == "__main__":
    sys.exit(main())

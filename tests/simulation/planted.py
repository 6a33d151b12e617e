#!/usr/bin/env python3
# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
"""Plants bugs in copies of the library's .ipp files and expects the simulation to find each of them.

    planted.py names
    planted.py find --include DIR --work DIR --build CMAKE BUILD_DIR --programs DIR --count N

A bug is one replacement of a text that stands in its file exactly once: who changes that code chooses the text anew.
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys

PLAIN = "simulation_tests"

# name: (an .ipp below include/fanfare, the right text, the wrong text)
BUGS = {
    # What comes live while the history is read does not wait for it.
    "no_merge_buffer": (
        "detail/session/catch_up.ipp",
        "            buffer_.push_back(message);\n",
        "            return live_step::pass;\n",
    ),
    # Positions of a history that was lost count in the one that came after it.
    "no_epoch_check": (
        "detail/session/catch_up.ipp",
        "slice->top.epoch == sent_.epoch && sent_.offset <= slice->top.offset &&",
        "sent_.offset <= slice->top.offset &&",
    ),
    # The bus has a message before the store does.
    "published_before_stored": (
        "detail/publish/stored_publish.ipp",
        "    parts_.store.async_append(std::move(message), [op](const append_answer& answer) { op->stored(answer); });\n",
        "    parts_.bus.publish({.channel = room, .body = message.message.body, .origin = &parts_.origin}, {});\n"
        "    parts_.store.async_append(std::move(message), [op](const append_answer& answer) { op->stored(answer); });\n",
    ),
    # A message that the bus repeats is delivered again.
    "no_duplicate_check": (
        "detail/room/stream_sequencer.ipp",
        "        if (same && at.offset == last_.offset)\n            return step::drop;\n",
        "        if (same && at.offset <= last_.offset)\n            return step::pass;\n",
    ),
    # A hole in the live stream goes unnoticed.
    "no_hole_check": (
        "detail/room/stream_sequencer.ipp",
        "(same && at.offset == last_.offset + 1)",
        "(same && at.offset > last_.offset)",
    ),
    # Of a history that began anew only what comes from now on is sent.
    "new_epoch_from_its_top": (
        "detail/room/stream_sequencer.ipp",
        "        begin = slice.beginning_after(last_.offset);\n",
        "        begin = slice.top;\n",
    ),
    # What is left of a history that was cut off passes for all of it.
    "partial_replay": (
        "detail/session/catch_up.ipp",
        "slice->reaches_back_to(sent_.offset)",
        "(sent_.offset = std::max(sent_.offset, slice->oldest - 1)) + 1 > 0",
    ),
}


def plant(include, work, bug):
    file, right, wrong = BUGS[bug]
    text = (include / "fanfare" / file).read_text(encoding="utf-8")
    if text.count(right) != 1:
        sys.exit(f"{bug}: this text stands {text.count(right)} times in {file}, not once:\n{right}")
    text = text.replace(right, wrong)
    target = work / f"{bug}.cpp"
    # A file that is the same keeps its time, so that nothing is built twice.
    if not target.exists() or target.read_text(encoding="utf-8") != text:
        work.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


def first_breach(programs, target, count):
    """The first schedule that breaks the law with the bug, and keeps it without."""
    first, end = 1, count + 1
    while True:
        run = subprocess.run([str(programs / target), "--first", str(first), "--count", str(end - first)],
                             capture_output=True, text=True, timeout=600)
        said = re.search(r"^seed (\d+): (.*)$", run.stdout, re.MULTILINE)
        if run.returncode != 1 or not said or said[2].startswith("an exception"):
            return run, None
        plain = subprocess.run([str(programs / PLAIN), "--seed", said[1]], capture_output=True, timeout=600)
        if plain.returncode == 0 and "come to rest" not in said[2]:
            return run, said
        first = int(said[1]) + 1


def find(options):
    include, work = pathlib.Path(options.include), pathlib.Path(options.work)
    for bug in BUGS:
        plant(include, work, bug)
    targets = [f"simulation_with_{bug}" for bug in BUGS]
    cmake, folder = options.build
    subprocess.run([cmake, "--build", folder, "--parallel", str(min(2, os.cpu_count() or 1)), "--target", PLAIN, *targets],
                   check=True)
    missed = []
    for bug, target in zip(BUGS, targets):
        run, said = first_breach(pathlib.Path(options.programs), target, int(options.count))
        if said:
            print(f"{bug}: found by seed {said[1]}: {said[2]}")
        else:
            missed.append(bug)
            print(f"{bug}: NOT FOUND (exit {run.returncode})\n{run.stdout[-2000:]}{run.stderr[-2000:]}")
    if missed:
        sys.exit("the simulation does not find: " + ", ".join(missed))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["names", "find"])
    parser.add_argument("--include")
    parser.add_argument("--work")
    parser.add_argument("--build", nargs=2)
    parser.add_argument("--programs")
    parser.add_argument("--count", default="20000")
    options = parser.parse_args()
    if options.what == "names":
        for bug, (file, _, _) in BUGS.items():
            if not file.endswith(".ipp"):
                sys.exit(f"{bug}: a bug is compiled with its .ipp, and {file} is none")
            print(bug, f"fanfare/{file}")
    else:
        find(options)


if __name__ == "__main__":
    main()

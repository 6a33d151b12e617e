#!/usr/bin/env python3
# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
"""The tests that docs/http_conformance.md names are there.

usage: conformance.py ROOT
"""
import pathlib
import re
import sys

LETTER = re.compile(r"^\| ([A-Z]) \| `([^`]+)` \|$", re.MULTILINE)
REFERENCE = re.compile(r"`([A-Z]): ([^`]+)`")
CASE = re.compile(r'^TEST_CASE\("((?:[^"\\]|\\.)*)"', re.MULTILINE)


def main():
    root = pathlib.Path(sys.argv[1])
    page = (root / "docs/http_conformance.md").read_text(encoding="utf-8")
    cases = {letter: CASE.findall((root / file).read_text(encoding="utf-8")) for letter, file in LETTER.findall(page)}
    references = REFERENCE.findall(page)
    faults = [f"{letter}: {name}" for letter, name in references
              if sum(case.startswith(name) for case in cases.get(letter, ())) != 1]
    faults += [f"{letter}: named nowhere" for letter in cases if letter not in dict(references)]
    for row in page.splitlines():
        rules = row.startswith("| ") and not row.startswith(("| section", "| rule", "| letter")) and not LETTER.match(row)
        if rules and not REFERENCE.search(row):
            faults.append(f"a row without a test: {row}")
    for fault in faults:
        print(fault)
    print(f"{len(references)} references, {len(faults)} faults")
    return 1 if faults or not references else 0


if __name__ == "__main__":
    sys.exit(main())

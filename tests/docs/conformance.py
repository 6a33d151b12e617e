#!/usr/bin/env python3
# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
"""The tests that docs/http_conformance.md and docs/threat_model.md name are there.

usage: conformance.py ROOT
"""
import pathlib
import re
import sys

PAGES = {"docs/http_conformance.md": True, "docs/threat_model.md": False}  # whether each row of a table needs a test
LETTER = re.compile(r"^\| ([A-Za-z]) \| `([^`]+)` \|$", re.MULTILINE)
REFERENCE = re.compile(r"`([A-Za-z]): ([^`]+)`")
CASE = re.compile(r'^(?:TEMPLATE_)?TEST_CASE\(\s*"((?:[^"\\]|\\.)*)"', re.MULTILINE)


def faults_of(root, name, every_row):
    page = (root / name).read_text(encoding="utf-8")
    cases = {letter: CASE.findall((root / file).read_text(encoding="utf-8")) for letter, file in LETTER.findall(page)}
    page = page[max((match.end() for match in LETTER.finditer(page)), default=0):]  # an example may stand before
    references = REFERENCE.findall(page)
    faults = [f"{letter}: {name}" for letter, name in references
              if sum(case.startswith(name) for case in cases.get(letter, ())) != 1]
    faults += [f"{letter}: named nowhere" for letter in cases if letter not in dict(references)]
    for row in page.splitlines() if every_row else ():
        rules = row.startswith("| ") and not row.startswith(("| section", "| rule", "| letter"))
        if rules and not REFERENCE.search(row):
            faults.append(f"a row without a test: {row}")
    if not references:
        faults.append("no references")
    print(f"{name}: {len(references)} references, {len(faults)} faults")
    return faults


def main():
    root = pathlib.Path(sys.argv[1])
    faults = [fault for name, every_row in PAGES.items() for fault in faults_of(root, name, every_row)]
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

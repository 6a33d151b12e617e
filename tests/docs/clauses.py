#!/usr/bin/env python3
# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
"""The clauses of docs/adapter_contracts.md are those that the checks of adapters name.

A clause that ends with *(not checked)* is named by no check; every other one is, both where the check looks at it and in
the list of the checks' clauses, and a faulty adapter breaks it.

usage: clauses.py ROOT
"""
import pathlib
import re
import sys

ROW = re.compile(r"^\| ([BSIPR]\d+) \| (.+) \|$", re.MULTILINE)
NAMED = re.compile(r'"([BSIPR]\d+)"')
LISTED = re.compile(r'"((?:[BSIPR]\d+ ?)+)"')
EXPECTED = re.compile(r'\{fault::\w+, \{"([BSIPR]\d+)"\}\}')
ALL_THREADS = {"B15"}  # what many checks show, under ThreadSanitizer most of all


def texts(folder, pattern):
    return "".join(file.read_text(encoding="utf-8") for file in sorted(folder.glob(pattern)))


def main():
    root = pathlib.Path(sys.argv[1])
    rows = ROW.findall((root / "docs/adapter_contracts.md").read_text(encoding="utf-8"))
    clauses = [name for name, _ in rows]
    checked = {name for name, text in rows if "*(not checked)*" not in text}
    testing = root / "include/fanfare"
    named = set(NAMED.findall(texts(testing, "detail/testing/*.hpp") + texts(testing, "testing/*.hpp")))
    listed = {name for group in LISTED.findall(texts(testing, "testing/*_conformance.hpp")) for name in group.split()}
    broken = set(EXPECTED.findall(texts(root / "tests", "*/faulty_*.cpp")))
    faults = [f"{name} stands there twice" for name in sorted(set(clauses)) if clauses.count(name) != 1]
    for name in sorted(checked ^ (named | ALL_THREADS)):
        faults.append(f"{name}: the page and the checks do not agree on whether it is checked")
    for name in sorted(checked ^ listed):
        faults.append(f"{name}: the page and the lists of checks do not agree")
    for name in sorted(checked ^ (broken | ALL_THREADS)):
        faults.append(f"{name}: no faulty adapter breaks it")
    for fault in faults:
        print(fault)
    print(f"{len(rows)} clauses, {len(checked)} of them checked, {len(faults)} faults")
    return 1 if faults or not rows else 0


if __name__ == "__main__":
    sys.exit(main())

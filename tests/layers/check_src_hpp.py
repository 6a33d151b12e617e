#!/usr/bin/env python3
# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
"""src.hpp includes every part in src/, and these every .ipp once, in order, and nothing else of ours.

usage: check_src_hpp.py INCLUDE_FOLDER
"""
import pathlib
import re
import sys

INCLUDE = re.compile(r"^#include <(fanfare/[^>]+)>", re.MULTILINE)


def compare(where, wanted, listed):
    faults = [f"{where} lacks #include <{name}>" for name in sorted(set(wanted) - set(listed))]
    faults += [f"{where} includes <{name}>, which is not there" for name in sorted(set(listed) - set(wanted))]
    faults += [f"{where} includes <{name}> twice" for name in sorted(set(listed)) if listed.count(name) != 1]
    return faults


def main():
    library = pathlib.Path(sys.argv[1]) / "fanfare"

    def includes(file):
        return INCLUDE.findall(file.read_text(encoding="utf-8"))

    def names(pattern):
        return sorted(f"fanfare/{f.relative_to(library).as_posix()}" for f in library.glob(pattern))

    bodies, parts = names("**/*.ipp"), names("src/*.hpp")
    lists = {"src.hpp": includes(library / "src.hpp")}
    lists.update((part, includes(library.parent / part)) for part in parts)
    faults = compare("src.hpp", parts, lists["src.hpp"])
    faults += compare("src/", bodies, [name for part in parts for name in lists[part]])
    faults += [f"{where}: sort the includes" for where, listed in lists.items() if listed != sorted(listed)]
    for fault in faults:
        print(fault)
    print(f"{len(bodies)} .ipp files in {len(parts)} parts, {len(faults)} faults")
    return 1 if faults or not bodies else 0


if __name__ == "__main__":
    sys.exit(main())

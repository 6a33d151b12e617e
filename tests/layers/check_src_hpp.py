#!/usr/bin/env python3
# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
"""src.hpp includes every .ipp once, in order, and nothing else of ours.

usage: check_src_hpp.py INCLUDE_FOLDER
"""
import pathlib
import re
import sys


def main():
    library = pathlib.Path(sys.argv[1]) / "fanfare"
    wanted = sorted(f"fanfare/{f.relative_to(library)}" for f in library.rglob("*.ipp"))
    listed = re.findall(r"^#include <(fanfare/[^>]+)>", (library / "src.hpp").read_text(encoding="utf-8"), re.MULTILINE)
    for name in sorted(set(wanted) - set(listed)):
        print(f"src.hpp lacks #include <{name}>")
    for name in sorted(set(listed) - set(wanted)):
        print(f"src.hpp includes <{name}>, which is not there")
    if set(wanted) == set(listed) and wanted != listed:
        print("src.hpp: sort the includes, one of each")
    print(f"{len(wanted)} .ipp files, {len(listed)} listed")
    return 0 if wanted and wanted == listed else 1


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
"""The package managers' files can be read and name the version of version.hpp.

usage: check_metadata.py SOURCE_FOLDER
"""
import ast
import json
import pathlib
import re
import sys


def main():
    source = pathlib.Path(sys.argv[1])
    text = (source / "include/fanfare/version.hpp").read_text(encoding="utf-8")
    version = re.search(r'FANFARE_VERSION_STRING "([^"]+)"', text).group(1)
    number = int(re.search(r"FANFARE_VERSION (\d+)", text).group(1))
    faults = []
    if version != f"{number // 10000}.{number // 100 % 100}.{number % 100}":
        faults.append(f"version.hpp: {version} and {number} differ")

    port = "cmake/packaging/vcpkg/ports/fanfare/vcpkg.json"
    for name in ("vcpkg.json", port):
        found = json.loads((source / name).read_text(encoding="utf-8"))["version-semver"]
        if found != version:
            faults.append(f"{name}: version {found}, not {version}")
    for name in ("conanfile.py", "cmake/packaging/conan/test_package/conanfile.py"):
        ast.parse((source / name).read_text(encoding="utf-8"), name)

    print("\n".join(faults) or f"version {version} everywhere")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

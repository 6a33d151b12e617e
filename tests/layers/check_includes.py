#!/usr/bin/env python3
# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
"""The headers' includes keep to the layers of layers.ini.

usage: check_includes.py INCLUDE_FOLDER
"""
import configparser
import pathlib
import re
import sys

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)


def is_standard(name):
    """A header of the C++ standard library: no folder, no `.h`."""
    return "/" not in name and "." not in name


class Checker:
    def __init__(self, table, library):
        self.table = table
        self.layer_of = {header: layer for layer in table.sections() for header in table[layer]["headers"].split()}
        self.files = {f.relative_to(library).as_posix(): INCLUDE.findall(f.read_text(encoding="utf-8"))
                      for f in sorted(library.rglob("*.[hi]pp"))}
        self.faults = []

    def fault(self, file, text):
        self.faults.append(f"fanfare/{file}: {text}")

    def place_bodies(self):
        """Gives each .ipp the layer of the header that includes it."""
        for header, layer in list(self.layer_of.items()):
            for _, name in self.files.get(header, []):
                if name.startswith("fanfare/impl/"):
                    self.layer_of[name.removeprefix("fanfare/")] = layer

    def check_include(self, file, layer, quote, name):
        if quote == '"':
            self.fault(file, f'"{name}": include with <fanfare/...>')
        elif name.startswith("fanfare/"):
            target = self.layer_of.get(name.removeprefix("fanfare/"))
            if target is None:
                self.fault(file, f"<{name}> is in no layer of layers.ini")
            elif target != layer and target not in self.table[layer]["layers"].split():
                self.fault(file, f"{layer} must not include <{name}>, which is {target}")
        elif not is_standard(name) and not name.startswith(tuple(self.table[layer]["libraries"].split())):
            self.fault(file, f"{layer} must not include <{name}>")

    def run(self):
        self.place_bodies()
        for header in sorted(set(self.layer_of) - set(self.files)):
            self.fault(header, "named in layers.ini, but there is no such file")
        for file, includes in self.files.items():
            if file == "src.hpp":
                continue  # check_src_hpp.py looks at it
            layer = self.layer_of.get(file)
            if layer is None:
                why = "no header in layers.ini includes it" if file.endswith(".ipp") else "add it to layers.ini"
                self.fault(file, f"in no layer: {why}")
                continue
            for quote, name in includes:
                self.check_include(file, layer, quote, name)
        return self.faults


def main():
    here = pathlib.Path(__file__).resolve().parent
    table = configparser.ConfigParser()
    with open(here / "layers.ini", encoding="utf-8") as file:
        table.read_file(file)
    checker = Checker(table, pathlib.Path(sys.argv[1]) / "fanfare")
    faults = checker.run()
    print("\n".join(faults + [f"{len(checker.files)} files, {len(faults)} faults"]))
    return 1 if faults or not checker.files else 0


if __name__ == "__main__":
    sys.exit(main())

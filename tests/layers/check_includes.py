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
        self.files = {f.relative_to(library).as_posix(): INCLUDE.findall(f.read_text(encoding="utf-8"))
                      for f in sorted(library.rglob("*.[hi]pp"))}
        self.layer_of_file = self.places("files")
        self.layer_of_folder = self.places("folders")
        self.faults = []

    def places(self, key):
        """What a layer names under `key`, and the layer."""
        return {place: layer for layer in self.table.sections() for place in self.table[layer].get(key, "").split()}

    def fault(self, file, text):
        self.faults.append(f"fanfare/{file}: {text}")

    def layer_of(self, file):
        path = pathlib.PurePosixPath(file)
        return (self.layer_of_file.get(path.with_suffix(".hpp").as_posix())
                or self.layer_of_folder.get(path.parent.as_posix()))

    def check_include(self, file, layer, quote, name):
        if quote == '"':
            self.fault(file, f'"{name}": include with <fanfare/...>')
        elif name.startswith("fanfare/"):
            target = self.layer_of(name.removeprefix("fanfare/"))
            if target is None:
                self.fault(file, f"<{name}> is in no layer of layers.ini")
            elif target != layer and target not in self.table[layer]["layers"].split():
                self.fault(file, f"{layer} must not include <{name}>, which is {target}")
        elif not is_standard(name) and not name.startswith(tuple(self.table[layer]["libraries"].split())):
            self.fault(file, f"{layer} must not include <{name}>")

    def check_table(self):
        """Each place exists, and a layer includes only layers that stand below it in the table."""
        for file in sorted(set(self.layer_of_file) - set(self.files)):
            self.fault(file, "named in layers.ini, but there is no such file")
        folders = {pathlib.PurePosixPath(file).parent.as_posix() for file in self.files}
        for folder in sorted(set(self.layer_of_folder) - folders):
            self.fault(folder, "named in layers.ini, but there is no such folder")
        names = self.table.sections()
        for place, layer in enumerate(names):
            for other in self.table[layer]["layers"].split():
                if other not in names[place + 1:]:
                    self.fault("", f"layers.ini: {layer} may not include {other}, which does not stand below it")

    def run(self):
        self.check_table()
        for file, includes in self.files.items():
            if file == "src.hpp" or file.startswith("src/"):
                continue  # check_src_hpp.py looks at it
            layer = self.layer_of(file)
            if layer is None:
                self.fault(file, "in no layer: add its folder, or itself, to layers.ini")
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

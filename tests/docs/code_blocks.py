#!/usr/bin/env python3
# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
"""Writes each C++ block of Markdown pages to a file that can be compiled, and prints the files' names.

The rule:
- A ```cpp block with `int main` is a program: it must compile and link as it stands.
- A ```cpp block that begins with `#include` and has no main is a source file: it must compile as it stands.
- Any other ```cpp block is the inside of a function that has the names of prelude.hpp: it must compile.
- A sketch that is not meant to compile is fenced as ```c++, which looks the same on the page.

usage: code_blocks.py OUTPUT_FOLDER PAGE...
"""
import pathlib
import re
import sys

BLOCK = re.compile(r"^```cpp[ \t]*\n(.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)


def source(code, page, line):
    """The kind of a block and the text to compile; diagnostics name the page and its line."""
    where = f'#line {line} "{page}"\n'
    if re.search(r"\bint main\b", code):
        return "program", where + code
    if code.lstrip().startswith("#include"):
        return "file", where + code
    signature = "void block([[maybe_unused]] asio::io_context& ioc, [[maybe_unused]] fanfare::hub<>& hub)"
    return "inside", f'#include "prelude.hpp"\n{signature}\n{{\n{where}{code}}}\n'


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for page in map(pathlib.Path, sys.argv[2:]):
        text = page.read_text(encoding="utf-8")
        for match in BLOCK.finditer(text):
            line = text.count("\n", 0, match.start(1)) + 1
            kind, code = source(match.group(1), page, line)
            file = folder / f"{page.stem}_line_{line}_{kind}.cpp"
            if not file.exists() or file.read_text(encoding="utf-8") != code:
                file.write_text(code, encoding="utf-8")
            print(file)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
"""No file of the library, and no function of it, its examples and its benchmarks, is above the limits of sizes.ini.

usage: check_sizes.py PROJECT_FOLDER
"""
import configparser
import pathlib
import re
import sys

# What may hold a brace that is none: a raw string, a string, a character, a comment.
NO_CODE = re.compile(r'R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<!\w)\'(?:\\.|[^\'\\\n])+\''
                     r'|//[^\n]*|/\*.*?\*/', re.DOTALL)


def only_code(text):
    """The text with what is no code taken out; its lines keep their numbers."""
    return NO_CODE.sub(lambda match: "\n" * match.group().count("\n"), text)


def functions(text):
    """The first line and the number of lines of each function's body.

    .clang-format puts the brace that opens a function's body alone on a line, and no other brace but a concept's.
    """
    code = only_code(text)
    for opening in re.finditer(r"^ *\{ *$", code, re.MULTILINE):
        depth = 0
        for brace in re.finditer(r"[{}]", code[opening.start():]):
            depth += 1 if brace.group() == "{" else -1
            if depth == 0:
                body = code[opening.start():opening.start() + brace.end()]
                yield code.count("\n", 0, opening.start()) + 1, body.count("\n") + 1
                break


class Checker:
    def __init__(self, table, project):
        self.table = table
        self.project = project
        self.seen = 0
        self.faults = []

    def sources(self, rule):
        for folder in self.table[rule]["folders"].split():
            for file in sorted((self.project / folder).rglob("*.[hic]pp")):
                self.seen += 1
                yield file.relative_to(self.project).as_posix(), file.read_text(encoding="utf-8")

    def check(self, rule, measure):
        """`measure` gives pairs of a line and a number of lines for each file's text."""
        limit = self.table[rule].getint("lines")
        excepted = set(self.table[rule].get("except", "").split())
        needed = set()
        for file, text in self.sources(rule):
            above = [(line, count) for line, count in measure(text) if count > limit]
            if above and file in excepted:
                needed.add(file)
                continue
            for line, count in above:
                self.faults.append(f"{file}:{line}: {count} lines, {limit} are allowed for {rule}")
        for file in sorted(excepted - needed):
            self.faults.append(f"{file}: take it out of sizes.ini, [{rule}]: it needs no exception any more")

    def run(self):
        self.check("files", lambda text: [(1, text.count("\n"))])
        self.check("functions", functions)
        return self.faults


def main():
    table = configparser.ConfigParser()
    with open(pathlib.Path(__file__).resolve().parent / "sizes.ini", encoding="utf-8") as file:
        table.read_file(file)
    checker = Checker(table, pathlib.Path(sys.argv[1]))
    faults = checker.run()
    print("\n".join(faults + [f"{checker.seen} files looked at, {len(faults)} faults"]))
    return 1 if faults or not checker.seen else 0


if __name__ == "__main__":
    sys.exit(main())

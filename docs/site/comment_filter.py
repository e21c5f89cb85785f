#!/usr/bin/env python3
"""Rewrites the plain comments of a public header as Doxygen's comments; doxygen calls it for each file.

usage: comment_filter.py HEADER    writes the header to stdout

- A comment before a declaration documents it, and a comment behind a declaration on the same line does so too. A
  comment with a blank line behind it documents nothing.
- The first comment of a file describes the file.
- A comment also documents the declarations that follow the first one directly, without a comment of their own: those
  of the same name or the same type, and all functions if the comment says "functions". A function that frees an
  object is left out.
- Lines that are indented by two blanks or more are shown as they are.
- A header that begins with `/*` is one of C.
"""
import re
import sys

CODE = re.compile(r"(`[^`]*`)")
SPECIAL = re.compile(r"([\\@<>#%&])")
NOT_DOCUMENTATION = re.compile(r"IWYU pragma|NOLINT|^Internal\.|^namespace |^extern ")
SPECIAL_MEMBER = re.compile(r"~|\boperator\b|_free\(|\bfriend\b")


def escaped(line):
    """The text with a backslash before what Doxygen would take for a command, outside of backticks."""
    return "".join(part if part.startswith("`") else SPECIAL.sub(r"\\\1", part) for part in CODE.split(line))


def body(lines):
    """The lines of a comment in Doxygen's form."""
    found, verbatim, in_list = [], False, False
    for line in lines:
        in_list = line.startswith("- ") or (in_list and line.startswith("  "))
        shown = not in_list and (line.startswith("  ") or (verbatim and not line.strip()))
        if shown != verbatim:
            found.append("@verbatim" if shown else "@endverbatim")
            verbatim = shown
        found.append(line[2:] if shown else escaped(line))
    if verbatim:
        found.append("@endverbatim")
    # Blank lines at the end of what is shown as it is belong behind it.
    text = re.sub(r"((?:\n[ ]*)+)\n@endverbatim", r"\n@endverbatim\1", "\n".join(found))
    return text.split("\n")


def block(lines, file_name=None):
    """A documentation comment."""
    head = ["@file " + file_name] if file_name else []
    return ["/**"] + head + body(lines) + ["*/"]


def trailing(lines):
    """A documentation comment for what stands before it."""
    return " /**< %s */" % " ".join(escaped(line.strip()) for line in lines)


def cpp_comments(text):
    """Splits a header with `//` into ("code", line), ("trailing", line, comment) and ("comment", lines)."""
    items, column = [], None
    for line in text.split("\n"):
        alone = re.match(r"( *)//(?: ?)(.*)$", line)
        behind = re.match(r"(.*\S) {2,}// ?(.*)$", line)
        if alone and column == len(alone.group(1)) and items and items[-1][0] == "trailing":
            items[-1][2].append(alone.group(2))
            continue
        column = None
        if alone:
            if items and items[-1][0] == "comment":
                items[-1][1].append(alone.group(2))
            else:
                items.append(("comment", [alone.group(2)]))
        elif behind and not NOT_DOCUMENTATION.search(behind.group(2)) and not re.match(r"[#}]", line):
            column = line.index("//")
            items.append(("trailing", behind.group(1), [behind.group(2)]))
        else:
            items.append(("code", line if not behind else behind.group(1)))
    return items


def c_comments(text):
    """The same for a header with `/* */`."""
    items = []
    pieces = re.split(r"(/\*.*?\*/)", text, flags=re.DOTALL)
    for index in range(0, len(pieces), 2):
        lines = pieces[index].split("\n")
        comment = pieces[index + 1] if index + 1 < len(pieces) else None
        if index and lines[0].strip():
            sys.exit("comment_filter.py: expected the end of the line behind a comment, found %r" % lines[0])
        items += [("code", line) for line in (lines[1:-1] if index else lines[:-1])]
        if comment is None:
            continue
        inner = [re.sub(r"^ *\* ?", "", line).rstrip() for line in comment[2:-2].strip("\n").split("\n")]
        inner[0] = inner[0].lstrip()
        inner = inner[:-1] if not inner[-1] else inner
        code = lines[-1].rstrip()
        if not code:
            items.append(("comment", inner))
        elif re.match(r"[#}]", code):
            items.append(("code", code))
        else:
            items.append(("trailing", code, inner))
    return items


def named(statement):
    """The type and the name of a declaration in one line, and whether it is a function."""
    statement = re.sub(r"\s+", " ", re.sub(r"template <[^>]*> |^ *static |\[\[\w+\]\] ", "", statement)).strip()
    head = re.split(r"\(| = |;", statement, maxsplit=1)[0]
    kind, _, name = head.rpartition(" ")
    return kind, name, "(" in statement


class Writer:
    """Writes items one after the other, and remembers the comment that the next declarations may share."""

    def __init__(self, file_name):
        self.file_name, self.lines = file_name, []
        self.comment = self.first = None
        self.statement = []

    def forget(self):
        self.comment = self.first = None
        self.statement = []

    def add_comment(self, lines, is_attached):
        self.forget()
        if self.file_name:
            self.lines += block(lines, self.file_name)
            self.file_name = None
        elif is_attached:
            self.lines += block(lines)
            self.comment = lines

    def shares(self, found):
        """Whether the declaration shares the comment of the first one."""
        kind, name, is_function = self.first
        if is_function != found[2] or SPECIAL_MEMBER.search(" ".join(self.statement)):
            return False
        if is_function and re.search(r"\bfunctions\b", " ".join(self.comment)):
            return True
        return bool(kind) and (found[1] == name or (found[0] == kind and kind not in ("enum", "struct")))

    def add_code(self, code, comment=None):
        """One line; a statement that ends here may take the comment of the one before it."""
        end = "" if comment is None else trailing(comment)
        if self.comment is None or code.lstrip().startswith("#") or not code.strip():
            self.forget()
            self.lines.append(code + end)
            return
        self.statement.append(code)
        if not re.search(r"[;{}]$", code.rstrip()):
            self.lines.append(code + end)
            return
        if self.first is None:
            self.first = named(" ".join(self.statement))
        elif comment is not None or not self.shares(named(" ".join(self.statement))):
            self.forget()
        else:
            before = len(self.lines) - (len(self.statement) - 1)
            self.lines[before:before] = block(self.comment)
        self.lines.append(code + end)
        self.statement = []
        if not code.rstrip().endswith(";"):
            self.forget()  # A body.


def filtered(text, path):
    items = c_comments(text) if text.startswith("/*") else cpp_comments(text)
    writer = Writer(re.sub(r"^.*?(mace/\w)", r"\1", path))
    for index, item in enumerate(items):
        follower = items[index + 1] if index + 1 < len(items) else ("code", "")
        if item[0] == "comment":
            is_attached = follower[0] in ("code", "trailing") and bool(follower[1].strip())
            writer.add_comment(item[1], is_attached and not re.match(r"#(?!define)|}", follower[1].lstrip()))
        elif item[0] == "trailing":
            writer.add_code(item[1], item[2])
        else:
            writer.add_code(item[1])
    return "\n".join(writer.lines) + "\n"


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: comment_filter.py HEADER")
    with open(sys.argv[1], encoding="utf-8") as file:
        sys.stdout.write(filtered(file.read(), sys.argv[1]))


if __name__ == "__main__":
    main()

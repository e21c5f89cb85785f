"""Which top-level pieces of the C++ sources below a folder use which others.

A piece is a function, a class or a table at the left margin, as clang-format lays them out. Names
are resolved in the piece's own file first, since the anonymous namespace of a file may hold a name
that another file holds too. Calls through objects are followed by the class: whoever names a class
reaches all of its methods.
"""
import collections
import os
import re

# Where no piece begins: preprocessor lines, comments, namespaces, forward declarations.
NO_PIECE = re.compile(r"[\s}#/]|namespace\b|using\b|extern const \w+ \w+(\[\])?;|class \w+;|struct \w+;")
CODE = re.compile(r'"(?:\\.|[^"\\])*"|//[^\n]*')
# What a piece defines, in the order in which the patterns are tried.
DEFINITIONS = [
    re.compile(r"(?:template <[^\n]*>\s+)?(?:class|struct|enum class) (\w+)[^;(]*\{"),
    re.compile(r"[^({=]*\b(k[A-Z]\w*)\s*(?:\[\])?\s*(?:=|\{)"),
    re.compile(r"[^({=]*?\b([A-Z]\w*)::~?\w+\("),
    re.compile(r"[^({=]*?\b([A-Z]\w*)\("),
]

# `private`: in an anonymous namespace, so that no other file can mean it.
Piece = collections.namedtuple("Piece", "path name text private")


def files_below(folder, endings):
    """The paths of all files below a folder with one of the endings, in order."""
    found = []
    for parent, _, names in os.walk(folder):
        found += [os.path.join(parent, name) for name in names if name.endswith(endings)]
    return sorted(found)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def is_test(path):
    return path.endswith("_test.cc") or os.path.basename(path).startswith("test_")


def without_comments(text):
    """Strings stay, since they name kernels and ops; comments go."""
    return CODE.sub(lambda match: "" if match.group().startswith("//") else match.group(), text)


def pieces_of(path):
    """The top-level pieces of a source that define a name."""
    piece = []
    private = False
    for line in read(path).split("\n"):
        if not piece and line in ("namespace {", "}  // namespace"):
            private = line == "namespace {"
        line = without_comments(line).rstrip()
        if not piece and (not line or NO_PIECE.match(line)):
            continue
        piece.append(line)
        text = "\n".join(piece)
        bare = re.sub(r'"(?:\\.|[^"\\])*"|\'[{}]\'', "", text)
        closed = bare.count("{") <= bare.count("}") and bare.count("(") <= bare.count(")")
        if closed and (line.endswith((";", "}"))):
            for pattern in DEFINITIONS:
                match = pattern.match(text)
                if match:
                    yield Piece(path, match.group(1), text, private)
                    break
            piece = []


class SourceMap:
    """All pieces below some folders, and what can be reached from one of them."""

    def __init__(self, folders):
        self.by_file = collections.defaultdict(lambda: collections.defaultdict(list))
        self.by_name = collections.defaultdict(list)
        for folder in folders:
            for path in files_below(folder, (".cc", ".h")):
                if is_test(path):
                    continue
                for piece in pieces_of(path):
                    self.by_file[path][piece.name].append(piece)
                    if not piece.private:
                        self.by_name[piece.name].append(piece)

    def pieces(self, name, path=None):
        """The pieces of a name, those of the file `path` before all others."""
        own = self.by_file[path].get(name, []) if path in self.by_file else []
        return own + [piece for piece in self.by_name.get(name, []) if piece not in own]

    def reachable(self, name, path=None, stop=()):
        """All pieces that `name` in the file `path` uses, itself first; `stop` are not entered."""
        todo = collections.deque(self.pieces(name, path))
        seen = set(todo)
        ordered = []
        while todo:
            piece = todo.popleft()
            ordered.append(piece)
            for word in sorted(set(re.findall(r"\bk?[A-Z]\w+", re.sub(r'"[^"]*"', "", piece.text)))):
                if word in stop:
                    continue
                for other in self.pieces(word, piece.path):
                    if other not in seen:
                        seen.add(other)
                        todo.append(other)
        return ordered

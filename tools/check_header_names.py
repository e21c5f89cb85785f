"""What tools/check_docs knows of the comments of public headers: every name and file that they mention is there.

A name is a chain such as Request::SelectOutputs, a word that begins with mace_ or MACE_, or a constant such as
kNotFound. It must stand in the code of a public header; a variable of the environment must stand in a source.
"""
import glob
import os
import re

COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
NAME = re.compile(r"(?<![\w/.])(?:(?:\w+::)+\w+|mace_\w+|MACE_\w+|k[A-Z]\w+)(?![\w/]|\.\w|\.\.\.)")
FILE = re.compile(r"(?<![\w/])(?:mace|tools)/[\w/]+\.\w+")
# What begins a name and is no name of a header.
OUTSIDE = {"mace", "std"}


def public_headers(root):
    """The paths of the headers that an app or a developer of models includes."""
    found, to_read = set(), ["mace/mace.h", "mace/mace_c.h", "mace/diagnose.h"]
    while to_read:
        path = to_read.pop()
        if path not in found:
            found.add(path)
            with open(os.path.join(root, path), encoding="utf-8") as file:
                to_read += re.findall(r'#include "(mace/[^"]+)"', file.read())
    return sorted(found)


def environment_variables(root):
    """The names that sources ask the environment for."""
    found = set()
    for path in glob.glob(os.path.join(root, "mace/**/*.cc"), recursive=True):
        with open(path, encoding="utf-8") as file:
            found.update(re.findall(r'getenv\("(\w+)"\)', file.read()))
    return found


def faults_of(texts, variables, exists):
    """Lines for `texts`, the headers by path. `exists` tells whether the repository has a path."""
    names = {word for text in texts.values() for word in re.findall(r"\w+", COMMENT.sub("", text))}
    for path, text in sorted(texts.items()):
        for comment in COMMENT.finditer(text):
            line = text.count("\n", 0, comment.start()) + 1
            for name in NAME.findall(comment.group()):
                parts = name.split("::")
                if parts[0] != "std" and not names | variables | OUTSIDE >= set(parts):
                    yield "%s:%d: the comment names %s, which no public header has" % (path, line, name)
            for file in FILE.findall(comment.group()):
                if not exists(file):
                    yield "%s:%d: the comment names %s, which is not there" % (path, line, file)


def faults(root):
    texts = {}
    for path in public_headers(root):
        with open(os.path.join(root, path), encoding="utf-8") as file:
            texts[path] = file.read()
    return faults_of(texts, environment_variables(root), lambda path: os.path.exists(os.path.join(root, path)))

"""Makes the Python package `mace` importable from the sources alone, so that its docstrings can be read.

The extension module mace._mace, which is compiled C++, is replaced by its stub file, mace/python/source/_mace.pyi.
"""
import importlib.abc
import importlib.util
import os
import re
import sys

from navigation import ROOT

SOURCE = os.path.join(ROOT, "mace", "python", "source")


def version():
    """The version in mace/api/version.h, such as "0.1.0"."""
    with open(os.path.join(ROOT, "mace", "api", "version.h"), encoding="utf-8") as file:
        return ".".join(re.findall(r"#define MACE_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)", file.read()))


class StubLoader(importlib.abc.Loader):
    """Runs the stub file; a value that the stub only names is shown as "..."."""

    def exec_module(self, module):
        path = os.path.join(SOURCE, "_mace.pyi")
        with open(path, encoding="utf-8") as file:
            text = "from __future__ import annotations\n" + file.read()
        exec(compile(text, path, "exec"), module.__dict__)
        for name in module.__annotations__:
            module.__dict__.setdefault(name, ...)
        module.VERSION = version()


class Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, fullname, path=None, target=None):
        if fullname == "mace._mace":
            return importlib.util.spec_from_loader(fullname, StubLoader())
        if fullname == "mace":
            return importlib.util.spec_from_file_location(
                "mace", os.path.join(SOURCE, "__init__.py"), submodule_search_locations=[SOURCE])
        return None


def make_importable():
    sys.dont_write_bytecode = True
    sys.meta_path.insert(0, Finder())

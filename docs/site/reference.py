"""A Sphinx extension for the reference pages: docstrings of Python, and what Breathe makes of headers.

The docstrings have Google's sections, Markdown's backquotes around code, and code that is indented by four blanks.
"""
import logging
import re

from docutils import nodes
from sphinx import addnodes
from sphinx.ext.napoleon import Config, GoogleDocstring

CODE = re.compile(r"(?<!`)`([^`]+)`(?!`)")


def with_literals(text):
    """The same in reStructuredText: code between two backquotes."""
    return CODE.sub(r"``\1``", text)


def with_code_blocks(lines):
    """Begins a code block where a paragraph is indented by four blanks."""
    found, before = [], ""
    for line in lines:
        if line.startswith("    ") and not before.strip():
            if not any(one.startswith("    ") for one in found[-2:-1]):
                found += [".. code-block:: python", ""]
        found.append(line)
        before = line
    return found


def process_docstring(app, what, name, obj, options, lines):
    text = with_literals("\n".join(lines)).split("\n")
    if what == "module":
        lines[:] = with_code_blocks(text)
    elif what in ("attribute", "property"):
        # A colon in the first line is no type here.
        lines[:] = text
    else:
        lines[:] = GoogleDocstring(text, Config(), app, what, name, obj, options).lines()


def clean_breathe(app, doctree):
    """Mends what Breathe makes.

    All titles of one kind, such as "Public Functions", have the same id, which is dropped. Each header declares the
    namespace anew, with all that is in it; its content stays, without the namespace around it.
    """
    for title in doctree.findall(nodes.rubric):
        if "breathe-sectiondef-title" in title["classes"]:
            title["ids"] = []
    anchors = []
    for declared in list(doctree.findall(addnodes.desc)):
        if declared.get("domain") == "cpp" and declared[0].astext() == "namespace mace":
            anchors = anchors or [nodes.target("", "", ids=declared[0]["ids"])]
            first = anchors if not anchors[0].parent else []
            declared.replace_self(first + declared[-1].children)


class NamespaceFilter(logging.Filter):
    """Drops the warning that the namespace is declared by several headers, as it should be."""

    def filter(self, record):
        return not record.getMessage().endswith("Declaration is '.. cpp:type:: mace'.")


def setup(app):
    for handler in logging.getLogger("sphinx").handlers:
        handler.filters.insert(0, NamespaceFilter())
    app.connect("autodoc-process-docstring", process_docstring)
    app.connect("doctree-read", clean_breathe)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}

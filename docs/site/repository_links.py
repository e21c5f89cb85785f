"""A Sphinx extension: the links of the repository's Markdown files hold on the site, too.

A link to a file that is no page, such as a source, or to a folder leads to a page that shows the file or lists the
folder. A link to the README.md of the root leads to the front page.
"""
import os
from html import escape

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.osutil import relative_uri

import navigation

# The page of a file is this and the file's path.
PREFIX = "source/"
LARGEST = 400_000  # Bytes that a page shows.
# Languages that Pygments does not tell from the ending.
LANGUAGES = {".cc": "cpp", ".h": "cpp", ".c": "c", ".cl": "c", ".clh": "c", ".py": "python", ".bazel": "python",
             ".bzl": "python", ".sh": "bash", ".cmake": "cmake", ".html": "html"}


class RepositoryLinks(SphinxPostTransform):
    """Replaces links to files and folders before MyST looks for pages of these names."""

    default_priority = 5

    def run(self, **kwargs):
        for node in list(self.document.findall(pending_xref)):
            if node.get("reftype") != "myst":
                continue
            # MyST follows the links of the folder that Sphinx reads: pages are named by where they really are.
            target = node["reftarget"].split("#")[0]
            folder = os.path.dirname(os.path.join(navigation.ROOT, self.env.docname))
            path = os.path.relpath(os.path.normpath(os.path.join(folder, target)), navigation.ROOT)
            if node.get("refdomain") == "doc":
                node["reftarget"] = navigation.FRONT if path == "README" else path
            elif target and not path.startswith("..") and os.path.exists(os.path.join(navigation.ROOT, path)):
                self.replace(node, self.page_of(path))

    def page_of(self, path):
        """The page for a path of the repository."""
        readme = os.path.join(path, "README")
        if readme in self.env.all_docs:
            return readme
        self.app.repository_paths.add(path)
        return PREFIX + path

    def replace(self, node, page):
        uri = relative_uri(self.app.builder.get_target_uri(self.env.docname), page + ".html")
        reference = nodes.reference("", "", internal=True, refuri=uri)
        reference += node.children
        node.replace_self(reference)


def language_of(path):
    ending = os.path.splitext(path)[1]
    if ending:
        return LANGUAGES.get(ending, "text")
    with open(os.path.join(navigation.ROOT, path), "rb") as file:
        first = file.readline()
    return "python" if b"python" in first else "bash" if b"bash" in first else "text"


def body_of(app, path):
    """The HTML that shows a file, or lists a folder."""
    whole = os.path.join(navigation.ROOT, path)
    head = "<h1><code>%s</code></h1>\n" % escape(path)
    if os.path.isdir(whole):
        names = sorted(name for name in os.listdir(whole) if not name.startswith("."))
        app.repository_paths.update(os.path.join(path, name) for name in names)
        page = PREFIX + path + ".html"
        items = ['<li><a href="%s">%s</a></li>' % (relative_uri(page, PREFIX + os.path.join(path, name) + ".html"),
                                                    escape(name)) for name in names]
        return head + "<ul>%s</ul>" % "".join(items)
    try:
        with open(whole, encoding="utf-8") as file:
            text = file.read(LARGEST + 1)
    except UnicodeDecodeError:
        return head + "<p>This file is not text. It has %d bytes.</p>" % os.path.getsize(whole)
    if len(text) > LARGEST:
        return head + "<p>This file is too long for a page. It has %d bytes.</p>" % os.path.getsize(whole)
    return head + app.builder.highlighter.highlight_block(text, language_of(path), linenos=False)


def source_pages(app):
    """Gives the pages of all files and folders that links lead to."""
    done = set()
    while app.repository_paths - done:
        for path in sorted(app.repository_paths - done):
            done.add(path)
            yield PREFIX + path, {"title": path, "parents": [], "body": body_of(app, path)}, "page.html"


def add_contents(app, docname, source):
    """Gives the front page the navigation."""
    if docname == navigation.FRONT:
        source[0] += navigation.contents(app.env.found_docs)


def setup(app):
    app.repository_paths = set()
    app.add_post_transform(RepositoryLinks)
    app.connect("html-collect-pages", source_pages)
    app.connect("source-read", add_contents)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": False}

#!/usr/bin/env python3
"""Checks every link and every anchor between the pages of a built site, and that no page is an orphan.

usage: check_links.py FOLDER    FOLDER has index.html

Prints a line for each fault and exits with 1 if there is one. Links to other hosts are counted, not followed.
"""
import html.parser
import os
import sys
import urllib.parse

ATTRIBUTES = {"a": "href", "link": "href", "img": "src", "script": "src", "object": "data", "source": "srcset"}
# Pages that Sphinx makes for machines, or that no page has to link to.
NO_LINK_NEEDED = {"index.html", "search.html", "genindex.html", "py-modindex.html"}


class Page(html.parser.HTMLParser):
    """The anchors of a page and what it links to."""

    def __init__(self):
        super().__init__()
        self.anchors, self.links, self.twice = set(), [], []

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        for name in {values.get("id"), values.get("name") if tag == "a" else None} - {None}:
            if name in self.anchors:
                self.twice.append(name)
            self.anchors.add(name)
        target = values.get(ATTRIBUTES.get(tag, ""))
        if target:
            self.links.append(target)


def read_pages(folder):
    pages = {}
    for parent, _, names in os.walk(folder):
        for name in names:
            if name.endswith(".html"):
                path = os.path.relpath(os.path.join(parent, name), folder)
                pages[path] = Page()
                with open(os.path.join(parent, name), encoding="utf-8") as file:
                    pages[path].feed(file.read())
    return pages


def check(folder, pages):
    """The faults, the number of links within the site, and of those to other hosts."""
    faults, inside, outside, linked = [], 0, 0, set()
    for path, page in sorted(pages.items()):
        faults += ["%s: two elements have the id '%s'" % (path, name) for name in page.twice]
        for link in page.links:
            parts = urllib.parse.urlsplit(link)
            if parts.scheme or parts.netloc:
                outside += parts.scheme != "data"
                continue
            inside += 1
            target = urllib.parse.unquote(parts.path)
            target = os.path.normpath(os.path.join(os.path.dirname(path), target)) if target else path
            anchor = urllib.parse.unquote(parts.fragment)
            if target != path:
                linked.add(target)
            if not os.path.isfile(os.path.join(folder, target)):
                faults.append("%s: the link %s leads to no file" % (path, link))
            elif anchor and target in pages and anchor not in pages[target].anchors:
                faults.append("%s: the link %s leads to no anchor" % (path, link))
    faults += ["%s: no page links here" % path for path in sorted(set(pages) - linked - NO_LINK_NEEDED)]
    return faults, inside, outside


def main():
    if len(sys.argv) != 2 or not os.path.isfile(os.path.join(sys.argv[1], "index.html")):
        sys.exit("usage: check_links.py FOLDER    FOLDER has index.html")
    pages = read_pages(sys.argv[1])
    faults, inside, outside = check(sys.argv[1], pages)
    for fault in sorted(set(faults)):
        print(fault)
    print("links: %d pages, %d links within the site, %d to other hosts (not followed), %d faults"
          % (len(pages), inside, outside, len(set(faults))))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

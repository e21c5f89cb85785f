#!/usr/bin/env python3
"""check_links.py finds links that lead nowhere, anchors that are missing or twice there, and orphans."""
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

import check_links  # noqa: E402


class CheckLinksTest(unittest.TestCase):
    def faults(self, **pages):
        with tempfile.TemporaryDirectory() as folder:
            for name, text in pages.items():
                path = os.path.join(folder, name.replace("__", "/") + ".html")
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "w", encoding="utf-8") as file:
                    file.write(text)
            return check_links.check(folder, check_links.read_pages(folder))

    def test_good_pages(self):
        index = "<a href='sub/a.html#x'>a</a> <a href='https://example.com/'>b</a>"
        other = "<h1 id='x'>x</h1> <a href='../index.html'>c</a> <a href='#x'>d</a>"
        self.assertEqual(self.faults(index=index, sub__a=other), ([], 3, 1))

    def test_bad_pages(self):
        for pages, words in (
                ({"index": "<a href='b.html'>b</a>"}, "leads to no file"),
                ({"index": "<img src='b.png'>"}, "leads to no file"),
                ({"index": "<a href='#x'>x</a>"}, "leads to no anchor"),
                ({"index": "<a href='a.html#x'>x</a>", "a": ""}, "leads to no anchor"),
                ({"index": "<p id='x'>x</p><p id='x'>x</p>"}, "two elements have the id 'x'"),
                ({"index": "", "a": "<a href='a.html'>a</a>"}, "no page links here")):
            faults = self.faults(**pages)[0]
            self.assertEqual(len(faults), 1, pages)
            self.assertIn(words, faults[0])


if __name__ == "__main__":
    unittest.main()

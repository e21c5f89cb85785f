#!/usr/bin/env python3
"""Opens the pages of the built site in Chromium, at the width of a desk and of a phone, and the page of a profile.

usage: check_pages.py CHROMIUM SITE SCREENSHOTS [PROFILE.html]

A page must have a title, a heading and what EXPECTED says, no message of the console above a notice, no request that
fails, and at 390 pixels no body that scrolls sideways. The search must find a name of the API. Prints a line for each
fault and exits with 1 if there is one.
"""
import functools
import http.server
import os
import sys
import threading
import urllib.parse

from playwright.sync_api import sync_playwright

DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}

# Selectors that must match at least so many elements, by page.
EXPECTED = {
    "index.html": {"nav a, .sidebar-tree a": 20, "input[name=q]": 1, "img[src*='demo']": 1},
    "docs/ops.html": {"table": 2, "table tbody tr": 120},
    "docs/drivers.html": {"table": 3},
    "docs/performance.html": {"table": 20, "img[src$='.svg']": 5},
    "docs/security.html": {"table": 1, "#report-a-vulnerability": 1},
    "docs/limits.html": {"table": 1},
    "docs/install.html": {"table": 1, "pre": 4},
    "mace/cache/FORMAT.html": {"table": 5, "#trailer": 1},
    "docs/site/cpp.html": {"dl.cpp.class": 5, "dl.cpp.function": 40, "dl.cpp.struct": 10, "dl.cpp.enum-class": 5},
    "docs/site/diagnose.html": {"dl.cpp.function": 6, "dl.cpp.struct": 8},
    "docs/site/c.html": {"dl.c.function": 70, "dl.c.struct, dl.c.type": 10, "dl.c.enumerator": 30},
    "docs/site/python.html": {"dl.py.class": 10, "dl.py.method": 15, "dl.py.exception": 1},
}
PROFILE = {"h1, h2": 1, "table": 1, "table tr": 5, "svg": 1}


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


def serve(folder):
    """A server for the folder on a port of this machine; gives its address."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return "http://127.0.0.1:%d/" % server.server_address[1]


class Checker:
    """Opens pages one after the other in one window, and collects faults."""

    def __init__(self, browser, screenshots):
        self.page = browser.new_page(viewport=DESK)
        self.screenshots, self.name, self.faults, self.pages = screenshots, "", [], 0
        self.page.on("console", self.on_console)
        self.page.on("pageerror", lambda error: self.fault("an error of a script: %s" % error))
        self.page.on("requestfailed", self.on_failure)
        self.page.on("response", self.on_response)

    def fault(self, what):
        self.faults.append("%s: %s" % (self.name, what))

    def on_console(self, message):
        if message.type in ("error", "warning"):
            self.fault("the console has: %s" % message.text)

    def on_failure(self, request):
        # A page that is left while it loads something ends that request.
        if request.failure != "net::ERR_ABORTED":
            self.fault("the request of %s failed: %s" % (request.url, request.failure))

    def on_response(self, response):
        if response.status >= 400:
            self.fault("the status %d for %s" % (response.status, response.url))

    def open(self, name, address, expected):
        self.name, self.pages = name, self.pages + 1
        self.page.goto(address, wait_until="load")
        if not self.page.title().strip():
            self.fault("expected a title, found none")
        # The page of the search makes its heading when it has results.
        if not self.page.locator("h1").count() and name != "search.html":
            self.fault("expected a heading, found none")
        for selector, least in expected.items():
            found = self.page.locator(selector).count()
            if found < least:
                self.fault("expected at least %d of '%s', found %d" % (least, selector, found))

    def check_width(self):
        """The body may not be wider than the window."""
        widths = self.page.evaluate("[document.scrollingElement.scrollWidth, window.innerWidth]")
        if widths[0] > widths[1]:
            self.fault("at %d pixels the page scrolls sideways, to %d" % (widths[1], widths[0]))

    def check_phone(self, keep):
        self.page.set_viewport_size(PHONE)
        self.check_width()
        if keep:
            self.screenshot("phone")
        self.page.set_viewport_size(DESK)

    def screenshot(self, kind):
        base = self.name.replace("/", "_").replace(" ", "_").removesuffix(".html")
        self.page.screenshot(path=os.path.join(self.screenshots, "%s_%s.png" % (base, kind)))

    def search(self, address, words, wanted):
        """Asks the search box of the page, which must find the page that is wanted."""
        self.open("search for %s" % words, address, {})
        self.page.locator("input[name=q]").first.fill(words)
        self.page.locator("input[name=q]").first.press("Enter")
        try:
            self.page.locator("#search-results a[href*='%s']" % wanted).first.wait_for(timeout=15000)
        except Exception:  # Playwright's TimeoutError.
            self.fault("the search does not find %s" % wanted)
        self.screenshot("desk")


def pages_of(site):
    found = []
    for folder, _, names in os.walk(site):
        found += [os.path.relpath(os.path.join(folder, name), site) for name in names if name.endswith(".html")]
    return sorted(found)


def check_site(checker, site):
    address = serve(site)
    pages = pages_of(site)
    for name in sorted(set(EXPECTED) - set(pages)):
        checker.faults.append("%s: expected this page, found none" % name)
    # All pages of sources are made alike: a few stand for all.
    sources = [name for name in pages if name.startswith("source/")]
    for name in [page for page in pages if page not in sources] + sources[:3]:
        expected = dict(EXPECTED.get(name, {}))
        if name != "search.html":
            expected.setdefault("input[name=q]", 1)
        checker.open(name, address + urllib.parse.quote(name), expected)
        if name in EXPECTED:
            checker.screenshot("desk")
        checker.check_phone(keep=name in EXPECTED)
    checker.search(address + "index.html", "SelectOutputs", "docs/site/cpp")
    checker.search(address + "index.html", "generation", "FORMAT")


def main():
    if len(sys.argv) not in (4, 5):
        sys.exit("usage: check_pages.py CHROMIUM SITE SCREENSHOTS [PROFILE.html]")
    chromium, site, screenshots = sys.argv[1:4]
    with sync_playwright() as playwright:
        # Chromium's sandbox does not run as root.
        options = ["--no-sandbox"] if os.getuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=chromium, args=options)
        checker = Checker(browser, screenshots)
        check_site(checker, site)
        for path in sys.argv[4:]:
            # As its user opens it: a file, without a server.
            checker.open(os.path.basename(path), "file://" + urllib.parse.quote(os.path.abspath(path)), PROFILE)
            checker.screenshot("desk")
            checker.check_phone(keep=True)
        browser.close()
    for fault in dict.fromkeys(checker.faults):
        print(fault)
    print("pages: %d opened in Chromium, %d screenshots, %d faults"
          % (checker.pages, len(os.listdir(screenshots)), len(set(checker.faults))))
    return 1 if checker.faults else 0


if __name__ == "__main__":
    sys.exit(main())

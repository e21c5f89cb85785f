"""The form of CHANGELOG.md: "Keep a Changelog" 1.1.0, with the newest version first."""
import re

KINDS = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]
UNRELEASED = "## [Unreleased]"
VERSION = re.compile(r"^## \[(\d+)\.(\d+)\.(\d+)\] - (\d{4}-\d{2}-\d{2})$")


def check_version_heading(line, state):
    """One line on a heading of the second level that is wrong; None: it is right."""
    if line == UNRELEASED:
        return None if not state["headings"] else "expected %s before all versions" % UNRELEASED
    match = VERSION.match(line)
    if match is None:
        return "expected %s or ## [1.2.3] - YYYY-MM-DD, found %s" % (UNRELEASED, line)
    numbers = tuple(map(int, match.groups()[:3]))
    if state["newer"] is not None and (numbers >= state["newer"][0] or match[4] > state["newer"][1]):
        return "expected an older version than the one above it, found %s" % line
    state["newer"] = (numbers, match[4])
    return None


def check_line(line, state):
    if line.startswith("## "):
        wrong = check_version_heading(line, state)
        state["headings"].append(line)
        state["kind"] = None
        return wrong
    if line.startswith("### "):
        state["kind"] = line[4:]
        return None if state["kind"] in KINDS else "expected one of %s, found %s" % (", ".join(KINDS), line)
    if line.startswith("- ") and state["kind"] is None:
        return "expected a heading such as ### Added above an entry"
    return None


def mistakes(text):
    """A line for each mistake in the text of a changelog, with its number."""
    state = {"headings": [], "kind": None, "newer": None}
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        wrong = check_line(line, state)
        if wrong is not None:
            found.append("CHANGELOG.md:%d: %s" % (number, wrong))
    if not text.startswith("# Changelog\n"):
        found.append("CHANGELOG.md:1: expected # Changelog")
    if UNRELEASED not in state["headings"]:
        found.append("CHANGELOG.md: expected the heading %s" % UNRELEASED)
    return found


def released(text):
    """The versions that the changelog dates, such as {"0.1.0": "2026-01-31"}."""
    return {".".join(match.groups()[:3]): match[4] for match in map(VERSION.match, text.splitlines()) if match}

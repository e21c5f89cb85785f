"""The pages of the site: which files they are, in which groups the navigation shows them, and where Sphinx finds them.

Sphinx reads a folder of links to the Markdown files and pictures of the repository, each at its own path, so that the
links between them hold. README.md is the front page.

usage: navigation.py FOLDER    makes the folder of links
"""
import fnmatch
import os
import shutil
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FRONT = "index"

# The title of a group and patterns of its pages, in order; a star stands for a part of a path between slashes. A
# pattern without a page is no mistake; a page belongs to the first group that has it.
GROUPS = [
    ("Use", ["docs/install", "docs/cmake", "docs/command", "docs/ship_*", "docs/model_files", "docs/many_*",
             "models/README"]),
    ("Coming from", ["docs/from_*"]),
    ("Programming interfaces", ["docs/site/cpp", "docs/site/c", "docs/site/python", "docs/site/diagnose"]),
    ("Tables", ["docs/ops", "docs/drivers", "docs/performance", "docs/limits"]),
    ("Security and formats", ["docs/security", "mace/cache/FORMAT", "mace/opencl_layer/README"]),
    ("More guides", ["docs/*"]),
    ("Examples", ["models/*/README", "examples/*", "examples/*/*"]),
    ("Inside", ["CONTRIBUTING", "mace/base/README", "mace/api/README", "mace/graph/README", "mace/kernel/README",
                "mace/ops/README", "mace/formats/README", "mace/passes/README", "mace/passes/device/README",
                "mace/plan/README", "mace/cache/README", "mace/cl/README", "mace/cl/nvidia/README", "mace/cl/pocl/README",
                "mace/*/README",
                "mace/*/*/README", "tools/*", "tools/*/*", "third_party/README", "docs/site/README"]),
    ("Measurements", ["benchmarks/*", "benchmarks/*/*"]),
    ("The project", ["CHANGELOG"]),
]
PICTURES = (".svg", ".png", ".jpg", ".jpeg", ".gif", ".webp")
# The title of what no group has.
OTHERS = "More pages"
# These pages stand at the end of their groups.
LAST = ["docs/words"]


def files(endings):
    """The paths of the repository's files with these endings, without those of hidden folders and of Bazel."""
    found = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders
                      if not name.startswith((".", "bazel-")) and not os.path.islink(os.path.join(folder, name))]
        found += [os.path.relpath(os.path.join(folder, name), ROOT) for name in names if name.endswith(endings)]
    return sorted(found)


def stage(folder):
    """Makes the folder of links anew; README.md becomes the front page."""
    shutil.rmtree(folder, ignore_errors=True)
    for path in files((".md",) + PICTURES):
        link = os.path.join(folder, FRONT + ".md" if path == "README.md" else path)
        os.makedirs(os.path.dirname(link), exist_ok=True)
        os.symlink(os.path.join(ROOT, path), link)


def matches(page, pattern):
    """Whether each part of the page's path matches that of the pattern."""
    parts, patterns = page.split("/"), pattern.split("/")
    return len(parts) == len(patterns) and all(map(fnmatch.fnmatchcase, parts, patterns))


def groups(pages):
    """The titles of the groups that have pages, each with its pages; every page is in one group."""
    left = [page for page in sorted(pages) if page != FRONT]
    found = []
    for title, patterns in GROUPS:
        own = []
        for pattern in patterns:
            own += [page for page in left if matches(page, pattern) and page not in own]
        left = [page for page in left if page not in own]
        own.sort(key=LAST.__contains__)
        found.append((title, own))
    return [(title, own) for title, own in found + [(OTHERS, left)] if own]


def contents(pages):
    """The Markdown of the navigation, which the front page gets at its end."""
    text = ""
    for title, own in groups(pages):
        text += "\n```{toctree}\n:hidden:\n:caption: %s\n\n%s\n```\n" % (title, "\n".join("/" + page for page in own))
    return text


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: navigation.py FOLDER")
    stage(sys.argv[1])

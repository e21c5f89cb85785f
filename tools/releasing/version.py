"""The version of the project: mace/api/version.h is where it stands, and every other place has to agree."""
import os
import re

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# Where else a version is written: a file, the pattern that finds it, and how many of the three numbers it has.
PLACES = [
    ("mace/BUILD.bazel", r"-soname,libmace\.so\.([\d.]+)", 1),
    ("mace/engine/c_api_test.cc", r'EXPECT_STREQ\("([\d.]+)", mace_version\(\)\)', 3),
    ("tools/installed_example/CMakeLists.txt", r"find_package\(mace ([\d.]+)", 2),
    ("tools/install_test.sh", r"find_package\(mace ([\d.]+)/find_package", 2),
]
# Places that may read version.h instead, and then name no number.
OPTIONAL = [
    ("tools/mace/main.cc", r'kVersion\[\] = "mace ([\d.]+)"', 3),
    ("pyproject.toml", r'^version = "([\d.]+)"', 3),
    ("mace/CMakeLists.txt", r"^project\(mace .*VERSION ([\d.]+)", 3),
]


def read(path, root=ROOT):
    with open(os.path.join(root, path), encoding="utf-8") as file:
        return file.read()


def numbers(root=ROOT):
    """The three numbers of mace/api/version.h, as texts."""
    found = re.findall(r"#define MACE_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)", read("mace/api/version.h", root))
    if len(found) != 3:
        raise ValueError("mace/api/version.h: expected three numbers, found %d" % len(found))
    return found


def version(root=ROOT):
    """Such as "0.1.0"."""
    return ".".join(numbers(root))


def disagreements(root=ROOT):
    """A line for each place that names another version than mace/api/version.h, or none where it must."""
    wrong = []
    for path, pattern, count in PLACES + OPTIONAL:
        found = []
        if os.path.exists(os.path.join(root, path)):
            found = re.findall(pattern, read(path, root), re.MULTILINE)
        expected = ".".join(numbers(root)[:count])
        if not found and (path, pattern, count) in PLACES:
            wrong.append("%s: expected version %s, found none" % (path, expected))
        wrong += ["%s: expected version %s, found %s" % (path, expected, text) for text in found if text != expected]
    return wrong

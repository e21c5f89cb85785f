#!/usr/bin/env python3
"""Tests what tools/release is made of, without building and without the network."""
import json
import os
import sys
import tarfile
import tempfile
import unittest
import zipfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# pylint: disable=wrong-import-position
from releasing import archives, changelog, components, sbom, version

EPOCH = 1700000000


def write(path, content, mode=0o644, time=None):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(content)
    os.chmod(path, mode)
    os.utime(path, (time or EPOCH, time or EPOCH))


class ArchivesTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def make_tree(self, name, names, mode, time):
        for file in names:
            write(self.path(name, file), "text of " + file, mode, time)
        os.symlink("a", self.path(name, "link"))

    def test_tar_depends_on_content_alone(self):
        self.make_tree("one", ["a", "bin/b"], 0o664, 1000)
        self.make_tree("two", ["bin/b", "a"], 0o600, 2000)
        for name in ("one", "two"):
            archives.write_tar(self.path(name), self.path(name + ".tar.gz"), "top", EPOCH)
        self.assertEqual(archives.sha256(self.path("one.tar.gz")), archives.sha256(self.path("two.tar.gz")))
        with tarfile.open(self.path("one.tar.gz")) as archive:
            self.assertEqual(["top/a", "top/bin", "top/bin/b", "top/link"], archive.getnames())
            self.assertEqual({EPOCH}, {member.mtime for member in archive})
        write(self.path("two", "a"), "other text")
        archives.write_tar(self.path("two"), self.path("two.tar.gz"), "top", EPOCH)
        self.assertNotEqual(archives.sha256(self.path("one.tar.gz")), archives.sha256(self.path("two.tar.gz")))

    def test_programs_stay_programs(self):
        self.make_tree("tree", ["run"], 0o700, 1000)
        archives.write_tar(self.path("tree"), self.path("tree.tar.gz"), "top", EPOCH)
        with tarfile.open(self.path("tree.tar.gz")) as archive:
            self.assertEqual(0o755, archive.getmember("top/run").mode)

    def test_zip_depends_on_content_alone(self):
        for name, files, date in [("one", "ab", (2001, 1, 1, 0, 0, 0)), ("two", "ba", (2002, 2, 2, 2, 2, 2))]:
            with zipfile.ZipFile(self.path(name), "w") as archive:
                for file in files:
                    archive.writestr(zipfile.ZipInfo(file, date), "text of " + file)
            archives.rewrite_zip(self.path(name), EPOCH)
        self.assertEqual(archives.sha256(self.path("one")), archives.sha256(self.path("two")))
        with zipfile.ZipFile(self.path("one")) as archive:
            self.assertEqual(["a", "b"], archive.namelist())
            self.assertEqual(b"text of a", archive.read("a"))

    def test_differences_are_named(self):
        for name, text in [("one", "x"), ("two", "y")]:
            write(self.path(name, "tree", "same"), "same")
            write(self.path(name, "tree", "other"), text)
            os.makedirs(self.path(name, "output"))
            archives.write_tar(self.path(name, "tree"), self.path(name, "output", "tree.tar.gz"), "top", EPOCH)
        write(self.path("two", "output", "more"), "")
        self.assertEqual(["more: made once alone", "tree.tar.gz: differs in top/other"],
                         archives.differences(self.path("one", "output"), self.path("two", "output")))
        self.assertEqual([], archives.differences(self.path("one", "output"), self.path("one", "output")))

    def test_checksums_are_of_all_files(self):
        write(self.path("output", "empty"), "")
        archives.write_checksums(self.path("output"))
        with open(self.path("output", "SHA256SUMS"), encoding="utf-8") as file:
            # FIPS 180-4: the hash of no bytes.
            self.assertEqual("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  empty\n", file.read())


class ChangelogTest(unittest.TestCase):
    def check(self, text, *expected):
        self.assertEqual(list(expected), changelog.mistakes(text))

    def test_right_ones(self):
        self.check("# Changelog\n\n## [Unreleased]\n\n## [0.2.0] - 2026-02-01\n### Fixed\n- x\n\n"
                   "## [0.1.0] - 2026-01-01\n### Added\n- y\n")
        self.assertEqual({"0.1.0": "2026-01-01"}, changelog.released("## [0.1.0] - 2026-01-01\n## [Unreleased]\n"))

    def test_mistakes(self):
        begin = "# Changelog\n## [Unreleased]\n"
        self.check(begin + "- x\n", "CHANGELOG.md:3: expected a heading such as ### Added above an entry")
        self.check(begin + "### New\n", "CHANGELOG.md:3: expected one of Added, Changed, Deprecated, Removed, Fixed, "
                   "Security, found ### New")
        self.check(begin + "## 1.0\n", "CHANGELOG.md:3: expected ## [Unreleased] or ## [1.2.3] - YYYY-MM-DD, "
                   "found ## 1.0")
        self.check(begin + "## [1.0.0] - 2026-01-01\n## [1.0.1] - 2025-01-01\n",
                   "CHANGELOG.md:4: expected an older version than the one above it, found ## [1.0.1] - 2025-01-01")
        self.check("# Changelog\n", "CHANGELOG.md: expected the heading ## [Unreleased]")


class TreeTest(unittest.TestCase):
    """This tree may be released, on this machine."""

    def test_versions_agree(self):
        self.assertEqual([], version.disagreements())

    def test_a_version_that_disagrees_is_found(self):
        with tempfile.TemporaryDirectory() as root:
            for path, _, _ in version.PLACES:
                write(os.path.join(root, path), version.read(path))
            header = version.read("mace/api/version.h").replace("_MAJOR %s" % version.numbers()[0], "_MAJOR 7")
            write(os.path.join(root, "mace/api/version.h"), header)
            self.assertIn("mace/BUILD.bazel: expected version 7, found %s" % version.numbers()[0],
                          version.disagreements(root))

    def test_changelog_has_the_form(self):
        self.assertEqual([], changelog.mistakes(version.read("CHANGELOG.md")))

    def test_licences_are_those_of_the_packages(self):
        for component in components.components():
            self.assertEqual([], components.licence_mistakes(component))

    def test_a_wrong_licence_is_found(self):
        component = components.Component("sodium", "", "libsodium23", "shared", "MPL-2.0")
        self.assertEqual(["/usr/share/doc/libsodium23/copyright: expected the licence MPL-2.0, found none of that name"],
                         components.licence_mistakes(component))

    def test_a_library_that_is_not_listed_is_found(self):
        known = [each for each in components.components() if each.target != "zlib"]
        found = components.unknown_libraries(["/usr/bin/git"], known)
        self.assertTrue(any("libz.so.1" in line for line in found), found)
        self.assertFalse(any("libc.so" in line for line in found), found)

    def test_bill_of_materials(self):
        text = sbom.make_sbom(EPOCH)
        self.assertEqual(text, sbom.make_sbom(EPOCH))
        bill = json.loads(text)
        self.assertEqual("2023-11-14T22:13:20Z", bill["metadata"]["timestamp"])
        self.assertEqual(version.version(), bill["metadata"]["component"]["version"])
        by_name = {component["name"]: component for component in bill["components"]}
        self.assertEqual("MPL-2.0", by_name["eigen3"]["licenses"][0]["license"]["id"])
        self.assertEqual("optional", by_name["clblast"]["scope"])
        self.assertNotIn("googletest", by_name)
        self.assertEqual({each["bom-ref"] for each in bill["components"]}, set(bill["dependencies"][0]["dependsOn"]))

    def test_licences_hold_every_library(self):
        text = sbom.make_licences()
        for component in components.components():
            self.assertIn(component.copyright_text().rstrip("\n"), text)


if __name__ == "__main__":
    unittest.main()

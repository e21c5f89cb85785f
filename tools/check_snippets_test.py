#!/usr/bin/env python3
"""check_snippets.py finds what is wrong with code blocks, and nothing where all is well."""
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

import check_snippets  # noqa: E402

HEADERS = {
    "mace.h": "namespace mace { class Status {}; struct Model { static Model Load(const char*); }; }\n",
    "diagnose.h": "",
    "mace_c.h": "typedef enum { MACE_OK } mace_status_code;\nmace_status_code mace_run(int);\n",
}


def fenced(language, *lines):
    return "```%s\n%s\n```\n" % (language, "\n".join(lines))


class CheckSnippetsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        os.mkdir(cls.folder.name + "/mace")
        for name, text in HEADERS.items():
            with open("%s/mace/%s" % (cls.folder.name, name), "w", encoding="utf-8") as file:
                file.write(text)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def faults(self, *blocks):
        page = "# Title\n" + "\n".join(blocks)
        return list(check_snippets.faults_of("page.md", page, self.folder.name, {"Engine"}))

    def test_good_blocks(self):
        self.assertEqual(self.faults(
            fenced("cpp", "auto model = mace::Model::Load(\"x\");"),
            fenced("cpp", "mace::Model copy = model;", "...", "auto model = 1;"),
            fenced("cpp", '#include "mace/mace.h"', "int main() { mace::Status status; }"),
            fenced("cpp", "// part.cc", "static int Two() { return 2; }"),
            fenced("cpp", "#include <map>", "std::map<int, int> numbers;"),
            fenced("c", "int times = 2;", "if (mace_run(times) != MACE_OK) return mace_run(1);"),
            fenced("python", "import mace", "mace.Engine('x')"), fenced("bash", "for x in a b; do echo $x; done"),
            fenced("json", '{"a": 1}'), fenced("text", "anything (")), [])

    def test_a_block_sees_no_name_of_a_later_one(self):
        faults = self.faults(fenced("cpp", "model;"), fenced("cpp", "auto model = 1;"))
        self.assertEqual(len(faults), 1)
        self.assertRegex(faults[0], r"^page.md:3: the cpp block does not compile: .*model.* was not declared")

    def test_the_line_of_the_page_is_named(self):
        self.assertRegex(self.faults("some text\n", fenced("c", "int a;", "mace_walk_away;"))[0],
                         r"^page.md:6: the c block does not compile: .*mace_walk_away")

    def test_a_file_by_itself_has_no_names_but_its_own(self):
        self.assertRegex(self.faults(fenced("cpp", "int main() { mace::Status status; }"))[0],
                         "mace.* has not been declared")

    def test_python(self):
        self.assertRegex(self.faults(fenced("python", "x = (1"))[0], r"^page.md:3: the python block does not compile")
        self.assertEqual(self.faults(fenced("python", "import mace", "mace.Motor('x')")),
                         ["page.md:4: the package has no mace.Motor"])

    def test_shell_and_json(self):
        self.assertRegex(self.faults(fenced("sh", "if true; then"))[0], "bash cannot read the block")
        self.assertRegex(self.faults(fenced("json", "{a: 1}"))[0], "the json block does not parse")

    def test_foreign_and_unknown_languages(self):
        self.assertEqual(self.faults(fenced("cpp foreign", "Ort::Session session(")), [])
        self.assertEqual(self.faults(fenced("fortran", "end")),
                         ["page.md:3: nothing checks a block of the language fortran"])


if __name__ == "__main__":
    unittest.main()

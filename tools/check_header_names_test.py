#!/usr/bin/env python3
"""check_header_names.py finds names and files in comments of headers that are not there."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

import check_header_names  # noqa: E402

CODE = "class B { void C(); };\nint mace_run(void);\nenum { kNone };\n"


class CheckHeaderNamesTest(unittest.TestCase):
    def faults(self, comment):
        texts = {"a.h": CODE + comment}
        return list(check_header_names.faults_of(texts, {"MACE_LOG"}, lambda path: path == "mace/a.h"))

    def test_what_is_there(self):
        for comment in ("// B::C, mace_run and kNone; mace::B.", "/* MACE_LOG, std::string, mace/a.h */",
                        "int x;  // mace_run_... is a pattern."):
            self.assertEqual(self.faults(comment), [], comment)

    def test_what_is_not_there(self):
        for comment, name in (("// B::D", "B::D"), ("// mace_walk.", "mace_walk"), ("/* kSome */", "kSome"),
                              ("// MACE_LOGS", "MACE_LOGS"), ("// See mace/b.h.", "mace/b.h")):
            found = self.faults(comment)
            self.assertEqual(len(found), 1, found)
            self.assertTrue(found[0].startswith("a.h:4: the comment names %s, which " % name), found)


if __name__ == "__main__":
    unittest.main()

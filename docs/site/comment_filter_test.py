#!/usr/bin/env python3
"""comment_filter.py puts each comment of a header where Doxygen takes it for the right declaration."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

import comment_filter  # noqa: E402


def cpp(*lines):
    return comment_filter.filtered("\n".join(["// The file.", "#ifndef A", ""] + list(lines)), "mace/x.h")


def c(*lines):
    return comment_filter.filtered("\n".join(["/* The file. */", "#ifndef A", ""] + list(lines)), "mace/x.h")


def documented(text):
    """The pairs of a comment and the code behind it, without the file's comment."""
    found, comment = [], None
    for line in text.split("\n"):
        if line == "/**":
            comment = []
        elif line == "*/":
            comment = " ".join(comment)
        elif isinstance(comment, list):
            comment.append(line)
        elif line.strip() and comment is not None:
            found.append((comment, line.strip()))
            comment = None
        elif comment is not None:
            found.append((comment, ""))
            comment = None
    return found[1:]


class CommentFilterTest(unittest.TestCase):
    def test_the_first_comment_is_the_file_s(self):
        self.assertTrue(cpp("int a;").startswith("/**\n@file mace/x.h\nThe file.\n*/\n#ifndef A\n"))

    def test_before_a_declaration(self):
        self.assertEqual(documented(cpp("// Counts", "// all.", "int Count();")), [("Counts all.", "int Count();")])

    def test_a_blank_line_behind_a_comment(self):
        self.assertEqual(documented(cpp("// Nothing's.", "", "int Count();")), [])

    def test_behind_a_declaration(self):
        text = cpp("struct S {", "  int a = 0;       // First", "                   // part.", "  int b = 0;  // Other.",
                   "};")
        self.assertIn("int a = 0; /**< First part. */\n  int b = 0; /**< Other. */", text)

    def test_overloads_and_fields_of_one_type_share_a_comment(self):
        found = documented(cpp("// Sets.", "void Set(int a);", "void Set(float a,", "         int b);"))
        self.assertEqual([code for _, code in found], ["void Set(int a);", "void Set(float a,"])
        self.assertEqual(len(documented(cpp("// Names.", "std::string a;", "std::string b;", "int c;"))), 2)

    def test_what_does_not_share_a_comment(self):
        for lines in (["~X();", "X(X&&) noexcept;"], ["bool ok() const { return a; }", "bool no() const;"],
                      ["void A();", "", "void A(int);"], ["Cache cache;", "Limits limits;"]):
            self.assertEqual(len(documented(cpp("// One.", *lines))), 1, lines)
        self.assertEqual(len(documented(c("/* One. */", "void a_get(void);", "void a_free(void);"))), 1)

    def test_functions_that_the_comment_names_together(self):
        found = documented(c("/* These functions tell. */", "int a(void);", "long b(void);", "void a_free(void);"))
        self.assertEqual([code for _, code in found], ["int a(void);", "long b(void);"])

    def test_shown_as_it_is(self):
        self.assertIn("Use:\n\n@verbatim\na <b>\n@endverbatim\n*/", cpp("// Use:", "//", "//   a <b>", "int a;"))
        self.assertNotIn("verbatim", cpp("// - a", "//   goes on", "int a;"))

    def test_no_commands_of_doxygen(self):
        self.assertIn(r"a \<b\> \@c `StatusOr<T>`", cpp("// a <b> @c `StatusOr<T>`", "int a;"))

    def test_comments_of_c(self):
        text = c('#ifdef __cplusplus', 'extern "C" {', "#endif", "", "/* Counts", " * all. */", "int count(void);",
                 "int b; /* Behind. */", "", "#ifdef __cplusplus", '} /* extern "C" */', "#endif", "", "#endif /* A */")
        self.assertTrue(text.startswith("/**\n@file mace/x.h\nThe file.\n*/\n#ifndef A\n"))
        self.assertEqual(documented(text), [("Counts all.", "int count(void);")])
        self.assertIn("int b; /**< Behind. */\n", text)
        self.assertTrue(text.endswith("#ifdef __cplusplus\n}\n#endif\n\n#endif\n"), text)


if __name__ == "__main__":
    unittest.main()

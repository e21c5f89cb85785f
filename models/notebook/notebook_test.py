"""Tests of the notebook: it is kept without outputs, and executed it finds what it claims.

models/notebook/notebook_test runs it.
"""

import os
import subprocess
import sys
import tempfile
import unittest

import nbformat

FOLDER = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, FOLDER)

import run_notebook

NOTEBOOK = os.path.join(FOLDER, "digits.ipynb")


class NotebookTest(unittest.TestCase):
    def test_it_is_kept_without_outputs(self) -> None:
        notebook = nbformat.read(NOTEBOOK, as_version=4)
        nbformat.validate(notebook)
        for cell in notebook.cells:
            if cell.cell_type == "code":
                self.assertEqual((cell.outputs, cell.execution_count), ([], None), cell.source)

    def test_what_it_finds(self) -> None:
        notebook = run_notebook.execute(NOTEBOOK)
        found = run_notebook.summary(notebook)
        # models/README.md: 357 of 360 pictures.
        for device in ("cpu", "gpu"):
            self.assertAlmostEqual(found["accuracy"][device], 357 / 360)
        self.assertTrue(found["passed"])
        self.assertLess(found["max_abs_error"], 1e-4)
        cold, warm = found["starts"]["cold"], found["starts"]["warm"]
        self.assertEqual(cold["status"], "cold")
        self.assertGreater(cold["compiled"], 0)
        self.assertEqual((warm["status"], warm["compiled"]), ("warm", 0))
        self.assertGreater(warm["loaded"], 0)
        self.assertGreaterEqual(found["ops"], 5)
        (plot,) = run_notebook.plots(notebook)
        self.assertEqual(plot[:8], b"\x89PNG\r\n\x1a\n")

    def test_a_cell_that_fails_is_one_line(self) -> None:
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell("raise ValueError('no digits')")]
        )
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "failing.ipynb")
            nbformat.write(notebook, path)
            for name, expected in (
                (path, "a cell failed: ValueError: no digits"),
                (os.path.join(folder, "none.ipynb"), "none.ipynb"),
                (os.path.abspath(__file__), "notebook_test.py"),
            ):
                done = subprocess.run(
                    [sys.executable, os.path.join(FOLDER, "run_notebook.py"), name],
                    stderr=subprocess.PIPE,
                    text=True,
                    check=False,
                )
                self.assertEqual(done.returncode, 1)
                self.assertIn(expected, done.stderr)
                self.assertEqual(done.stderr.count("\n"), 1, done.stderr)


if __name__ == "__main__":
    unittest.main()

"""Tests of what the examples share: times of networks, options, and programs that end with a fault."""

import argparse
import json
import os
import sys
import tempfile
import unittest
from typing import Any, Dict

import numpy

MODELS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, MODELS)

from example_support.networks import Error, Network, check_finite
from example_support.programs import add_options, positive, read_text
from example_support.testing import start_program

DIGITS = os.path.join(MODELS, "digits")
MACE_MODEL = os.path.join(DIGITS, "digits.pb")
ONNX_MODEL = os.path.join(DIGITS, "digits.onnx")
# Begins each program that the tests write.
HEAD = "import sys\nsys.path.insert(0, %r)\n" % MODELS
# A program that runs a network with the options of every example.
PROGRAM = """
import argparse
import numpy
from example_support.networks import Network
from example_support.programs import add_options, run_main

def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    add_options(parser)
    options = parser.parse_args()
    with Network("digits", options.model, options) as network:
        for _ in range(options.iterations):
            network({network.inputs[0].name: numpy.zeros([1, 8, 8, 1], numpy.float32)})
        print("\\n".join(network.report()))

run_main(main)
"""
# A program whose `main` is one statement.
FAULTY = """
from example_support.programs import run_main

def main():
    %s

run_main(main)
"""


def options_for(device: str, cache: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_options(parser)
    return parser.parse_args(["--device", device, "--cache", cache])


def sample(digit: int) -> Dict[str, Any]:
    """The input [1, 8, 8, 1] of the network in digits.pb that shows a digit."""
    return {"input": numpy.load(os.path.join(DIGITS, "samples", "digit_%d.npy" % digit))}


class NetworkTest(unittest.TestCase):
    def test_answers_and_times(self) -> None:
        with open(os.path.join(DIGITS, "samples", "labels.json"), encoding="utf-8") as file:
            labels = json.load(file)
        with Network("digits", MACE_MODEL, options_for("cpu", "unused.bin")) as network:
            self.assertEqual([spec.shape for spec in network.inputs], [(1, 8, 8, 1)])
            self.assertEqual([spec.shape for spec in network.outputs], [(1, 10)])
            for digit in range(10):
                (probabilities,) = network(sample(digit)).values()
                self.assertEqual(int(probabilities.argmax()), labels["digit_%d.npy" % digit])
        self.assertEqual(len(network.runs), 10)
        self.assertGreater(network.start_ms, 0)
        for run in network.runs:
            self.assertEqual((run.shape, run.made_plan), ((1, 8, 8, 1), False))
            self.assertTrue(0 < run.latency_ms <= run.total_ms, run)

    def test_each_new_shape_makes_a_plan_and_has_a_line(self) -> None:
        with Network("digits", ONNX_MODEL, options_for("cpu", "unused.bin")) as network:
            for batch in (1, 3, 1, 3, 3):
                inputs = {"input": numpy.zeros([batch, 1, 8, 8], numpy.float32)}
                (found,) = network(inputs).values()
                self.assertEqual(found.shape, (batch, 10))
            made = [run.made_plan for run in network.runs]
            self.assertEqual(made, [False, True, False, False, False])
            start, *shapes = network.report()
        # The CPU reference compiles nothing, and needs no cache.
        self.assertRegex(start, r"^digits: start [0-9.]+ ms on cpu reference$")
        times = r"first run [0-9.]+ ms, then [0-9.]+ ms"
        self.assertEqual(len(shapes), 2)
        self.assertRegex(shapes[0], r"^digits: shape 1x1x8x8: %s \(median of 1\)$" % times)
        self.assertRegex(shapes[1], r"^digits: shape 3x1x8x8: %s \(median of 2\)$" % times)

    def test_the_median_is_of_the_runs_after_the_first(self) -> None:
        with Network("digits", MACE_MODEL, options_for("cpu", "unused.bin")) as network:
            for digit in range(4):
                network(sample(digit))
            first, *later = network.runs
            median = sorted(run.latency_ms for run in later)[1]
            expected = "digits: shape 1x8x8x1: first run %.1f ms, then %.2f ms (median of 3)"
            self.assertEqual(network.report()[1:], [expected % (first.total_ms, median)])

    def test_a_model_that_is_not_there(self) -> None:
        with self.assertRaisesRegex(Error, "none.pb"):
            Network("digits", "none.pb", options_for("cpu", "unused.bin"))

    def test_an_output_with_a_nan(self) -> None:
        check_finite(numpy.zeros(3), "digits")
        for value in (numpy.nan, numpy.inf):
            with self.assertRaisesRegex(ValueError, "digits: expected finite numbers"):
                check_finite(numpy.array([0, value]), "digits")


class ProgramsTest(unittest.TestCase):
    def setUp(self) -> None:
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = scratch.name

    def write(self, name: str, content: bytes) -> str:
        """The path of a new file."""
        path = os.path.join(self.folder, name)
        with open(path, "wb") as file:
            file.write(content)
        return path

    def write_program(self, name: str, text: str) -> str:
        return self.write(name, (HEAD + text).encode())

    def test_positive(self) -> None:
        self.assertEqual(positive("12"), 12)
        for text in ("0", "-1", "1.5", "x", "", "\u00b2"):
            with self.assertRaisesRegex(argparse.ArgumentTypeError, "expected a whole number"):
                positive(text)

    def test_read_text(self) -> None:
        self.assertEqual(read_text(self.write("text", "größer\n".encode())), "größer\n")
        with self.assertRaisesRegex(ValueError, "latin: expected UTF-8 text"):
            read_text(self.write("latin", b"gr\xf6\xdfer"))

    def test_the_second_start_compiles_nothing(self) -> None:
        program = self.write_program("program.py", PROGRAM)
        cache = os.path.join(self.folder, "cache.bin")
        for state, counts in (("cold", "[1-9].* 0 from the file"), ("warm", "0 .* [1-9]")):
            done = start_program(program, MACE_MODEL, "--cache", cache, "--iterations", "3")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertRegex(done.stdout, "^digits: start .*; cache %s: %s" % (state, counts))
            self.assertRegex(done.stdout, r"\(median of 2\)\n$")

    def test_a_fault_is_one_line(self) -> None:
        program = self.write_program("program.py", PROGRAM)
        cache = os.path.join(self.folder, "cache.bin")
        two = self.write_program("two.py", FAULTY % "raise ValueError('a\\nb')")
        for path, arguments, expected in (
            (program, ["none.pb", "--device", "cpu"], r"^program\.py: .*none\.pb"),
            (program, [MACE_MODEL, "--device", "gpu:99", "--cache", cache], r"^program\.py: .*99"),
            (two, [], r"^two\.py: a b$"),
        ):
            with self.subTest(arguments):
                done = start_program(path, *arguments)
                self.assertEqual((done.returncode, done.stdout), (1, ""))
                self.assertRegex(done.stderr.rstrip("\n"), expected)
                self.assertEqual(done.stderr.count("\n"), 1, done.stderr)

    def test_a_fault_of_the_program_itself_is_shown_in_full(self) -> None:
        done = start_program(self.write_program("wrong.py", FAULTY % "{}[1]"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("Traceback", done.stderr)


if __name__ == "__main__":
    unittest.main()

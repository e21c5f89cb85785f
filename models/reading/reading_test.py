"""Tests of reading text: parts by hand, networks and lines beside ONNX Runtime and RapidOCR.

models/reading/reading_test runs it; MACE_READING_MODELS is the folder of the networks.
"""

import argparse
import difflib
import importlib.util
import os
import sys
import tempfile
import unittest
from typing import Any, Dict, List

import cv2
import numpy
import rapidocr_onnxruntime

FOLDER = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.dirname(FOLDER), FOLDER]

import detector
import pictures
import read_text
import recognizer
from example_support.networks import Network, Run
from example_support.onnx_runtime import load_onnx
from example_support.testing import start_program

PROGRAM = os.path.join(FOLDER, "read_text.py")
MODELS = os.environ["MACE_READING_MODELS"]


def scanned_page() -> str:
    """The path of a picture of scikit-image, which is not imported: nothing else of it is
    needed."""
    spec = importlib.util.find_spec("skimage")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("scikit-image: not installed; models/reading/reading_test does so")
    return os.path.join(os.path.dirname(spec.origin), "data", "page.png")


def model(name: str) -> str:
    return os.path.join(MODELS, name)


def seeded(shape: List[int]) -> Dict[str, Any]:
    values = numpy.random.default_rng(7).uniform(-1, 1, shape)
    return {"x": values.astype(numpy.float32)}


class PartsTest(unittest.TestCase):
    """Parts that need no network."""

    def test_decode_merges_repeats_and_drops_blanks(self) -> None:
        steps = [0, 1, 1, 0, 1, 2, 2, 3, 0]
        probabilities = numpy.full((len(steps), 4), 0.1, numpy.float32)
        probabilities[numpy.arange(len(steps)), steps] = 0.7
        probabilities[1, 1] = 0.9
        text, score = recognizer.decode(probabilities, ["a", "b", " "])
        self.assertEqual(text, "aab ")
        self.assertAlmostEqual(score, (0.9 + 3 * 0.7) / 4, places=6)
        self.assertEqual(recognizer.decode(probabilities[:1], ["a", "b", " "]), ("", 0.0))

    def test_decode_refuses_another_number_of_classes(self) -> None:
        with self.assertRaisesRegex(ValueError, "expected 4 classes, found 5"):
            recognizer.decode(numpy.zeros((2, 5), numpy.float32), ["a", "b", " "])

    def test_boxes_grow_by_area_over_perimeter(self) -> None:
        likely = numpy.zeros((100, 200), numpy.float32)
        likely[40:60, 50:150] = 0.9
        (box,) = detector.boxes_of(likely, 2.0, 1.0)
        # Dilation adds a row and a column at the top left: contours go through the centers of
        # pixels.
        growth = detector.GROWTH * 100 * 20 / 240
        left, top = 2 * (49 - growth), 39 - growth
        right, bottom = 2 * (149 + growth), 59 + growth
        numpy.testing.assert_allclose(
            box.corners, [[left, top], [right, top], [right, bottom], [left, bottom]], atol=2.1
        )
        self.assertGreater(box.score, 0.8)

    def test_unlikely_and_small_regions_are_no_boxes(self) -> None:
        likely = numpy.zeros((64, 64), numpy.float32)
        likely[10:30, 10:50] = 0.4
        likely[50:52, 10:12] = 0.9
        self.assertEqual(detector.boxes_of(likely, 1.0, 1.0), [])

    def test_reading_order(self) -> None:
        def box(x: float, y: float) -> detector.Box:
            corners = numpy.array(
                [[x, y], [x + 40, y], [x + 40, y + 20], [x, y + 20]], numpy.float32
            )
            return detector.Box(corners, 1.0)

        boxes = [box(100, 13), box(0, 50), box(0, 10)]
        order = [tuple(found.corners[0]) for found in detector.in_reading_order(boxes)]
        self.assertEqual(order, [(0, 10), (100, 13), (0, 50)])

    def test_sizes_for_the_network(self) -> None:
        self.assertEqual(detector.size_for_network(520, 720), (736, 1024))
        self.assertEqual(detector.size_for_network(4000, 3000), (2048, 1536))
        self.assertEqual(detector.size_for_network(8, 4000), (32, 2048))


class NetworksTest(unittest.TestCase):
    """Both networks beside ONNX Runtime on the same inputs. Their outputs are probabilities."""

    def compare(self, name: str, shapes: List[List[int]], device: str) -> Network:
        with tempfile.TemporaryDirectory() as folder:
            options = argparse.Namespace(device=device, cache=os.path.join(folder, "cache.bin"))
            reference = load_onnx(model(name))
            with Network(name, model(name), options, {"x": shapes[0]}) as network:
                for shape in shapes:
                    inputs = seeded(shape)
                    (found,), (expected,) = network(inputs).values(), reference(inputs).values()
                    self.assertEqual(found.shape, expected.shape)
                    numpy.testing.assert_allclose(found, expected, rtol=0, atol=1e-3)
        return network

    def test_detector(self) -> None:
        for device in ("cpu", "gpu"):
            with self.subTest(device):
                self.compare(read_text.DETECTOR, [[1, 3, 96, 160]], device)

    def test_recognizer_of_many_widths_is_one_compiled_model(self) -> None:
        shapes = [[1, 3, 48, width] for width in (320, 480, 100, 320)] + [[2, 3, 48, 160]]
        for device in ("cpu", "gpu"):
            with self.subTest(device):
                network = self.compare(read_text.RECOGNIZER, shapes, device)
                # A plan is made at the first run with a shape, but for the one of the start.
                self.assertEqual(
                    [run.made_plan for run in network.runs], [False, True, True, False, True]
                )


class LinesTest(unittest.TestCase):
    """Lines on the device beside the same program with ONNX Runtime's networks."""

    folder: "tempfile.TemporaryDirectory[str]"
    networks: List[Network]
    references: List[Run]
    characters: List[str]

    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = tempfile.TemporaryDirectory()
        options = argparse.Namespace(device="gpu", cache=os.path.join(cls.folder.name, "cache.bin"))
        shapes = ((read_text.DETECTOR, (1, 3, 736, 1024)), (read_text.RECOGNIZER, (1, 3, 48, 320)))
        cls.networks = [Network(name, model(name), options, {"x": shape}) for name, shape in shapes]
        cls.references = [load_onnx(model(name)) for name, _ in shapes]
        cls.characters = recognizer.load_characters(model(read_text.CHARACTERS))

    @classmethod
    def tearDownClass(cls) -> None:
        for network in cls.networks:
            network.close()
        cls.folder.cleanup()

    def read_both(self, picture: detector.Bytes) -> List[str]:
        """Reads with mace and with ONNX Runtime, compares, and gives the texts."""
        found = read_text.read(picture, self.networks[0], self.networks[1], self.characters)
        expected = read_text.read(picture, self.references[0], self.references[1], self.characters)
        self.assertEqual([line.text for line in found], [line.text for line in expected])
        for line, wanted in zip(found, expected):
            numpy.testing.assert_allclose(line.box.corners, wanted.box.corners, rtol=0, atol=1.0)
            self.assertAlmostEqual(line.score, wanted.score, delta=2e-3)
            self.assertAlmostEqual(line.box.score, wanted.box.score, delta=2e-3)
        return [line.text for line in found]

    def test_the_picture_that_is_made(self) -> None:
        texts = self.read_both(pictures.sample())
        # The network leaves out some blank spaces, as it was trained mostly on Chinese.
        self.assertEqual(
            [text.replace(" ", "") for text in texts],
            [text.replace(" ", "") for text in pictures.LINES + [pictures.TILTED]],
        )

    def test_a_scanned_page_beside_rapidocr(self) -> None:
        picture = pictures.load(scanned_page())
        texts = self.read_both(picture)
        result, _ = rapidocr_onnxruntime.RapidOCR()(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
        self.assertGreaterEqual(len(result), 5)
        # RapidOCR pads lines otherwise, and orders them otherwise where they are at one height.
        ours = "".join(sorted("\n".join(texts).replace(" ", "").split("\n")))
        theirs = "".join(sorted("\n".join(row[1] for row in result).replace(" ", "").split("\n")))
        self.assertGreater(
            difflib.SequenceMatcher(None, ours, theirs, autojunk=False).ratio(), 0.95
        )


class CommandTest(unittest.TestCase):
    """The program as a user starts it."""

    def test_the_second_start_compiles_nothing_and_reads_the_same(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            cache = os.path.join(folder, "cache.bin")
            output = os.path.join(folder, "lines.png")
            texts = []
            for state in ("cold", "warm"):
                done = start_program(PROGRAM, MODELS, "--cache", cache, "--output", output)
                self.assertEqual(done.returncode, 0, done.stderr)
                lines = done.stdout.splitlines()
                starts = [line for line in lines if ": start " in line]
                self.assertEqual(len(starts), 2, done.stdout)
                if state == "warm":
                    for line in starts:
                        self.assertIn("cache warm: 0 programs compiled", line)
                texts.append([line for line in lines if line[:2].strip().isdigit()])
            self.assertEqual(len(texts[0]), len(pictures.LINES) + 1)
            self.assertEqual(texts[0], texts[1])
            self.assertEqual(pictures.load(output).shape, (520, 1080, 3))

    def test_faults_are_one_line(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            cache = os.path.join(folder, "cache.bin")
            text = os.path.join(folder, "no_picture.png")
            with open(text, "w", encoding="utf-8") as file:
                file.write("no picture")
            small = os.path.join(folder, "small.png")
            cv2.imwrite(small, numpy.zeros((4, 4, 3), numpy.uint8))
            for arguments, expected in (
                ([MODELS, text], "no_picture.png"),
                ([MODELS, small], "expected at least 8x8 pixels, found 4x4"),
                ([MODELS, os.path.join(folder, "none.png")], "none.png"),
                ([folder], "characters.txt"),
                ([MODELS, "--device", "gpu:99"], "99"),
            ):
                with self.subTest(arguments):
                    done = start_program(PROGRAM, *arguments, "--cache", cache)
                    self.assertEqual(done.returncode, 1, done.stdout)
                    self.assertIn(expected, done.stderr)
                    self.assertEqual(done.stderr.count("\n"), 1, done.stderr)


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/python3
"""Tests what happens to the boxes of the face detector: anchors, decoding, and which boxes remain.

Where MACE_SHARED_DIR names reference outputs, the offsets that one form of the network gives are
decoded and compared with the corners that another form gives.
"""

import os
import sys
import unittest

import numpy as np

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import boxes

SHARED = os.path.join(os.environ.get("MACE_SHARED_DIR", ""), "models", "io")


class AnchorsTest(unittest.TestCase):
    def test_known_anchors(self):
        anchors = boxes.make_anchors()
        self.assertEqual(anchors.shape, (4420, 4))
        # The first square of 10 pixels is around the middle of the first cell of 8.
        np.testing.assert_allclose(anchors[0], [4 / 320, 4 / 240, 10 / 320, 10 / 240], rtol=1e-6)
        # The last of 5 columns and 4 rows; the height of 256 pixels is cut to the picture's 240.
        np.testing.assert_allclose(anchors[-1], [4.5 / 5, 3.5 / 4, 256 / 320, 1], rtol=1e-6)

    def test_zero_offsets_are_the_anchors(self):
        corners = boxes.corners_of_offsets(np.zeros((4420, 4), np.float32))
        np.testing.assert_allclose(corners[0] * [320, 240, 320, 240], [-1, -1, 9, 9], atol=1e-4)

    def test_offsets_move_and_stretch(self):
        offsets = np.zeros((4420, 4), np.float32)
        offsets[0] = [10, 0, np.log(2) / 0.2, 0]  # By one width to the right, twice as wide.
        corners = boxes.corners_of_offsets(offsets)
        np.testing.assert_allclose(corners[0] * [320, 240, 320, 240], [4, -1, 24, 9], atol=1e-3)

    def test_another_number_of_boxes_is_refused(self):
        with self.assertRaisesRegex(ValueError, r"expected offsets \[4420, 4\], found \[3, 4\]"):
            boxes.corners_of_offsets(np.zeros((3, 4), np.float32))

    def test_reference_outputs(self):
        if not os.path.isdir(SHARED):
            self.skipTest("MACE_SHARED_DIR names no reference outputs")
        load = lambda name, file: np.load(os.path.join(SHARED, name, file))
        decoded, offsets = "version-RFB-320", "version-RFB-320_without_postprocessing"
        np.testing.assert_array_equal(
            load(decoded, "in0_input.nchw.npy").transpose(0, 2, 3, 1),
            load(offsets, "in0_input.nhwc.npy"),
        )
        corners = boxes.corners_of_offsets(load(offsets, "out0_boxes.npy")[0])
        np.testing.assert_allclose(corners, load(decoded, "out0_boxes.npy")[0], atol=1e-5)


class BestBoxesTest(unittest.TestCase):
    def test_overlap(self):
        box = np.array([0.0, 0, 2, 2])
        others = np.array([[0.0, 0, 2, 2], [1, 0, 3, 2], [2, 2, 3, 3]])
        np.testing.assert_allclose(boxes.overlaps(box, others), [1, 2 / 6, 0])

    def test_better_boxes_suppress_worse_ones(self):
        corners = np.array(
            [[0, 0, 10, 10], [1, 0, 11, 10], [20, 20, 30, 30], [50, 50, 60, 60], [8, 0, 18, 10.0]]
        )
        scores = np.array([0.8, 0.9, 0.95, 0.2, 0.75])
        self.assertEqual(boxes.best_boxes(corners, scores, 0.7), [2, 1, 4])
        self.assertEqual(boxes.best_boxes(corners, scores, 0.1, max_overlap=0.9), [2, 1, 0, 4, 3])

    def test_no_box(self):
        self.assertEqual(boxes.best_boxes(np.zeros((2, 4)), np.array([0.1, 0.2]), 0.7), [])


if __name__ == "__main__":
    unittest.main()

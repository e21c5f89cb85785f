#!/usr/bin/python3
"""Tests how words are found in probabilities that follow each other."""

import os
import sys
import unittest

import numpy as np

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import spotting

LEFT, STOP = spotting.LABELS.index("left"), spotting.LABELS.index("stop")


def rows_of(*parts):
    """Probabilities of which each (label, probability, rows) part fills some rows."""
    rows = []
    for label, probability, count in parts:
        row = np.full(12, (1 - probability) / 11)
        row[label] = probability
        rows += [row] * count
    return np.array(rows)


class SpottingTest(unittest.TestCase):
    def test_one_word_is_spotted_once(self):
        words = spotting.spot(rows_of((0, 1, 6), (LEFT, 0.95, 8), (0, 1, 6)), 0.7)
        self.assertEqual([word[1] for word in words], ["left"])
        self.assertEqual(words[0][0], 10)  # The fifth row of the word: the first full mean of it.
        self.assertAlmostEqual(words[0][2], 0.95)

    def test_a_short_peak_is_no_word(self):
        self.assertEqual(spotting.spot(rows_of((0, 1, 6), (LEFT, 1, 3), (0, 1, 6)), 0.7), [])

    def test_silence_and_unknown_are_no_words(self):
        self.assertEqual(spotting.spot(rows_of((0, 1, 8), (1, 1, 8)), 0.7), [])

    def test_two_words(self):
        words = spotting.spot(rows_of((LEFT, 1, 8), (STOP, 1, 8)), 0.7)
        self.assertEqual([word[1] for word in words], ["left", "stop"])

    def test_the_same_word_twice(self):
        words = spotting.spot(rows_of((STOP, 1, 8), (0, 1, 8), (STOP, 0.9, 8)), 0.7)
        self.assertEqual([word[1] for word in words], ["stop", "stop"])

    def test_threshold(self):
        rows = rows_of((LEFT, 0.65, 10))
        self.assertEqual(spotting.spot(rows, 0.7), [])
        self.assertEqual(len(spotting.spot(rows, 0.6)), 1)

    def test_fewer_rows_than_a_mean(self):
        self.assertEqual(spotting.spot(rows_of((LEFT, 1, 4)), 0.7), [])


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
"""Tests the coefficients against the sums of their definition. Needs scipy (requirements.txt)."""

import math
import os
import sys
import tempfile
import unittest

import numpy as np
import scipy.io.wavfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import mfcc


def by_definition(frame):
    """The 10 coefficients of one window by plain sums: no transform of a library, no matrix."""
    windowed = [x * (0.5 - 0.5 * math.cos(2 * math.pi * n / 640)) for n, x in enumerate(frame)]
    times = np.arange(640)
    to_mel = lambda hertz: 1127 * math.log(1 + hertz / 700)
    spacing = (to_mel(4000) - to_mel(20)) / 41
    sums = [0.0] * 40
    for k in range(2, 256):  # 31.25 Hz to below 4000 Hz.
        magnitude = abs(np.sum(windowed * np.exp(-2j * math.pi * k * times / 1024)))
        place = (to_mel(k * 16000 / 1024) - to_mel(20)) / spacing
        below = int(place)  # The triangle that falls here; the next one rises.
        if below >= 1:
            sums[below - 1] += magnitude * (1 - (place - below))
        if below < 40:
            sums[below] += magnitude * (place - below)
    logs = [math.log(max(value, 1e-12)) for value in sums]
    return [
        math.sqrt(2 / 40)
        * sum(log * math.cos(math.pi * i * (j + 0.5) / 40) for j, log in enumerate(logs))
        for i in range(10)
    ]


class MfccTest(unittest.TestCase):
    def test_definition(self):
        samples = np.random.default_rng(1).uniform(-0.5, 0.5, 16000) * np.linspace(0, 1, 16000)
        found = mfcc.compute(samples)
        self.assertEqual(found.shape, (49, 10))
        for window in (0, 7, 48):
            np.testing.assert_allclose(
                found[window],
                by_definition(samples[window * 320 : window * 320 + 640]),
                rtol=1e-4,
                atol=1e-4,
            )

    def test_silence(self):
        found = mfcc.compute(np.zeros(640))
        # Forty equal logarithms: all but the first coefficient vanish.
        np.testing.assert_allclose(found[0, 0], 40 * math.log(1e-12) * math.sqrt(2 / 40), rtol=1e-6)
        np.testing.assert_allclose(found[0, 1:], 0, atol=1e-4)

    def test_too_short(self):
        with self.assertRaisesRegex(ValueError, "expected 640 samples or more, found 639"):
            mfcc.compute(np.zeros(639))


class WavTest(unittest.TestCase):
    def test_rates_types_and_channels(self):
        for rate in (8000, 16000, 48000):
            tone = 0.5 * np.sin(2 * np.pi * 500 * np.arange(rate) / rate)
            expected = 0.5 * np.sin(2 * np.pi * 500 * np.arange(16000) / 16000)
            for stored in (
                (tone * 32768).astype(np.int16),
                tone.astype(np.float32),
                (tone * 128 + 128).round().astype(np.uint8),
                np.stack([tone * 2, tone * 0], axis=1).astype(np.float32),
            ):
                with tempfile.NamedTemporaryFile(suffix=".wav") as file:
                    scipy.io.wavfile.write(file.name, rate, stored)
                    samples = mfcc.load_wav(file.name)
                self.assertEqual(len(samples), 16000)
                # The ends of a resampled sound are smoothed.
                np.testing.assert_allclose(samples[200:-200], expected[200:-200], atol=0.01)

    def test_no_wav(self):
        with self.assertRaisesRegex(ValueError, "mfcc_test.py: expected a WAV file"):
            mfcc.load_wav(os.path.abspath(__file__))


if __name__ == "__main__":
    unittest.main()

"""Mel-frequency cepstral coefficients as the DS-CNN keyword models were trained with.

Windows of 40 ms (Hann, periodic) begin every 20 ms; their spectrum of 1024 points is summed in 40
triangles, evenly spaced in mel from 20 to 4000 Hz; the logarithms go through a cosine transform,
of which 10 coefficients remain. These are the settings of ARM's "Hello Edge: Keyword Spotting on
Microcontrollers" (Zhang et al., 2017) over TensorFlow's definition of MFCC.
"""

import sys

import numpy as np

try:
    import scipy.fft
    import scipy.io.wavfile
    import scipy.signal
except ImportError as missing:
    sys.exit("the Python package scipy was not found (%s): see requirements.txt" % missing)

RATE = 16000  # Samples a second; one second is what the network hears.
WINDOW, HOP, POINTS = 640, 320, 1024  # In samples.
TRIANGLES, LOWEST, HIGHEST = 40, 20.0, 4000.0  # The last two in Hz.
COEFFICIENTS = 10
SMALLEST = 1e-12  # Silence has a logarithm too.


def mel(hertz):
    return 1127.0 * np.log1p(np.asarray(hertz, float) / 700.0)


def triangle_weights():
    """How much of each frequency belongs to each triangle: [513, 40], each from 0 to 1."""
    edges = np.linspace(mel(LOWEST), mel(HIGHEST), TRIANGLES + 2)
    frequencies = mel(np.arange(POINTS // 2 + 1) * RATE / POINTS)[:, None]
    rising = (frequencies - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - frequencies) / (edges[2:] - edges[1:-1])
    return np.clip(np.minimum(rising, falling), 0, None)


def compute(samples):
    """float32 [windows, 10] of 640 samples or more, -1 to 1, 16 kHz; a second has 49 windows."""
    if len(samples) < WINDOW:
        raise ValueError("expected %d samples or more, found %d" % (WINDOW, len(samples)))
    frames = np.lib.stride_tricks.sliding_window_view(np.asarray(samples, float), WINDOW)[::HOP]
    spectrum = np.abs(scipy.fft.rfft(frames * scipy.signal.get_window("hann", WINDOW), POINTS))
    energies = np.log(np.maximum(spectrum @ triangle_weights(), SMALLEST))
    # scipy's transform is twice the sum over cosines; TensorFlow's is that sum times sqrt(2 / 40).
    coefficients = scipy.fft.dct(energies, type=2) * np.sqrt(0.5 / TRIANGLES)
    return coefficients[:, :COEFFICIENTS].astype(np.float32)


def load_wav(path):
    """The samples of a WAV file, -1 to 1: one channel (the mean of all), 16 kHz.

    ValueError for a file that is no WAV file, OSError for one that cannot be read.
    """
    try:
        rate, samples = scipy.io.wavfile.read(path)
    except ValueError as error:
        raise ValueError("%s: expected a WAV file: %s" % (path, error)) from None
    if samples.dtype == np.uint8:
        samples = (samples.astype(float) - 128) / 128
    elif samples.dtype.kind == "i":
        samples = samples / -float(np.iinfo(samples.dtype).min)
    samples = samples.reshape(len(samples), -1).mean(axis=1)
    return samples if rate == RATE else scipy.signal.resample_poly(samples, RATE, rate)

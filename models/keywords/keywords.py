#!/usr/bin/env python3
"""Spots keywords in WAV files, by ARM's keyword network DS-CNN (small).

usage: keywords.py WAV... [--model MODEL]

The network hears one second at a time and knows ten words: yes, no, up, down, left, right, on, off,
stop, go. The second moves on by a tenth; a word is spotted where its mean probability over half a
second passes the threshold.
"""

import argparse
import os
import sys

import numpy as np

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import mfcc
import spotting
from example_support.networks import Network
from example_support.programs import add_options, run_main

STEP = mfcc.RATE // 10  # In samples.
SHARED_MODEL = "models/mace/kws_DS_CNN_S_gpu_fp32.pb"  # Below MACE_SHARED_DIR.
NO_MODEL = (
    "%s: expected the keyword network DS_CNN_S, found no such file; this project does not hold it: "
    "get it as models/keywords/README.md says and name it by --model"
)


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("sounds", metavar="WAV", nargs="+", help="speech of any rate")
    default = os.path.join(os.environ.get("MACE_SHARED_DIR", "$MACE_SHARED_DIR"), SHARED_MODEL)
    parser.add_argument(
        "--model", default=default, help="DS_CNN_S (default: below MACE_SHARED_DIR)"
    )
    parser.add_argument("--min-score", type=float, default=0.7, help="of a word (default: 0.7)")
    add_options(parser)
    return parser.parse_args()


def seconds_of(samples):
    """(end in seconds, features [1, 49, 10, 1]) of each second, the first one early."""
    before = mfcc.RATE // 2
    padded = np.concatenate([np.zeros(before), samples, np.zeros(mfcc.RATE)])
    for begin in range(0, before + len(samples), STEP):
        features = mfcc.compute(padded[begin : begin + mfcc.RATE])
        yield (begin + mfcc.RATE - before) / mfcc.RATE, features[None, :, :, None]


def check_specs(network):
    """Raises ValueError for a network of other inputs and outputs than DS_CNN_S has."""
    shapes = [spec.shape for spec in network.inputs + network.outputs]
    if shapes != [(1, 49, 10, 1), (1, 12)]:
        raise ValueError("expected a model from [1, 49, 10, 1] to [1, 12], found %s" % shapes)


def listen(network, samples, min_score):
    """The words of a sound: (end of the best second, word, mean probability)."""
    ends, rows = [], []
    for end, features in seconds_of(samples):
        (probabilities,) = network({network.inputs[0].name: features}).values()
        ends.append(end)
        rows.append(probabilities[0])
    words = spotting.spot(np.array(rows), min_score)
    return [(ends[row], word, score) for row, word, score in words]


def main():
    options = parse()
    if not os.path.exists(options.model):
        raise ValueError(NO_MODEL % options.model)
    sounds = [mfcc.load_wav(path) for path in options.sounds]
    with Network("keywords", options.model, options) as network:
        check_specs(network)
        for _ in range(options.iterations):
            heard = [listen(network, samples, options.min_score) for samples in sounds]
        for path, samples, words in zip(options.sounds, sounds, heard):
            texts = ["%s %.2f (heard by %.1f s)" % (word, score, end) for end, word, score in words]
            name, seconds = os.path.basename(path), len(samples) / mfcc.RATE
            print("%-18s %.1f s  %s" % (name, seconds, ", ".join(texts) or "no keyword"))
        print("\n".join(network.report()))


if __name__ == "__main__":
    run_main(main)

#!/usr/bin/env python3
"""Says what photos show: the best of ImageNet's 1000 classes, by EfficientNet-Lite0.

usage: classify.py FOLDER PHOTO...    FOLDER is what fetch.py has made
"""

import argparse
import json
import os
import sys

import numpy as np

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from example_support import photos
from example_support.networks import Network
from example_support.programs import add_options, positive, run_main

MODEL, CLASSES = "efficientnet_lite0.pb", "classes.json"


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("folder", help="the folder that fetch.py has made")
    parser.add_argument("photos", metavar="PHOTO", nargs="+", help="JPEG or PNG")
    parser.add_argument(
        "--top", type=positive, default=3, metavar="N", help="how many classes to show (default: 3)"
    )
    parser.add_argument("--picture", metavar="FILE", help="writes photos and classes as a picture")
    add_options(parser)
    return parser.parse_args()


def read_classes(folder):
    with open(os.path.join(folder, CLASSES), encoding="utf-8") as file:
        names = json.load(file)
    if not isinstance(names, list) or len(names) != 1000:
        raise ValueError("%s: expected a list of 1000 names" % os.path.join(folder, CLASSES))
    return names


def to_input(photo, spec):
    """The middle of the photo as the model's input [1, height, width, 3], (pixel - 127) / 128."""
    _, height, width, _ = spec.shape
    return photos.to_array(photos.crop_square(photo), (width, height), 127, 128)[None]


def best_classes(probabilities, names, count):
    """The (name, probability) pairs of the most probable classes, the best one first."""
    order = np.argsort(probabilities)[::-1][:count]
    return [(names[i], float(probabilities[i])) for i in order]


def classify(photo, network, names, count):
    """The (name, probability) pairs of the most probable classes of a photo, the best one first."""
    spec = network.inputs[0]
    (probabilities,) = network({spec.name: to_input(photo, spec)}).values()
    return best_classes(probabilities[0], names, count)


def main():
    options = parse()
    model = os.path.join(options.folder, MODEL)
    if not os.path.exists(model):
        raise ValueError(
            "%s: expected a folder that models/classify/fetch.py made" % options.folder
        )
    names = read_classes(options.folder)
    loaded = [photos.load_photo(path) for path in options.photos]
    with Network("classifier", model, options) as network:
        for _ in range(options.iterations):
            answers = [classify(photo, network, names, options.top) for photo in loaded]
        captions = [["%s %.2f" % pair for pair in answer] for answer in answers]
        for path, caption in zip(options.photos, captions):
            print("%-22s %s" % (os.path.basename(path), ", ".join(caption)))
        print("\n".join(network.report()))
    if options.picture:
        squares = [photos.crop_square(photo) for photo in loaded]
        photos.captioned_row(squares, captions).save(options.picture)


if __name__ == "__main__":
    run_main(main)

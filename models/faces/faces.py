#!/usr/bin/env python3
"""Finds the faces of a photo and draws a box around each, by the detector version-RFB-320.

usage: faces.py PHOTO --picture OUT.jpg [--model MODEL]

MODEL may be any file of that network: with the corners of boxes as its output, or with offsets
from anchors, ONNX or MACE.
"""

import argparse
import os
import sys

import numpy as np

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import boxes
from example_support import photos
from example_support.networks import Network
from example_support.programs import add_options, run_main

SHARED_MODEL = "models/mace/face_rfb320_gpu_fp32.pb"  # Below MACE_SHARED_DIR.
NO_MODEL = (
    "%s: expected the detector version-RFB-320, found no such file; this project does not hold it: "
    "get version-RFB-320.onnx of the project Ultra-Light-Fast-Generic-Face-Detector-1MB (MIT) "
    "and name it by --model"
)


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("photo", help="JPEG or PNG")
    default = os.path.join(os.environ.get("MACE_SHARED_DIR", "$MACE_SHARED_DIR"), SHARED_MODEL)
    parser.add_argument(
        "--model", default=default, help="version-RFB-320 (default: below MACE_SHARED_DIR)"
    )
    parser.add_argument("--picture", metavar="FILE", help="writes the photo with its boxes")
    parser.add_argument("--min-score", type=float, default=0.7, help="of a box (default: 0.7)")
    add_options(parser)
    return parser.parse_args()


def to_input(photo, spec):
    """The whole photo as the input of the spec, NHWC or NCHW: (pixel - 127) / 128."""
    pixels = photos.to_array(photo, (boxes.WIDTH, boxes.HEIGHT), 127, 128)[None]
    pixels = pixels if spec.shape[-1] == 3 else np.ascontiguousarray(pixels.transpose(0, 3, 1, 2))
    if pixels.shape != spec.shape:
        raise ValueError("expected a model for 320x240 pixels, found one for %s" % list(spec.shape))
    return pixels


def find_faces(outputs, size, min_score):
    """The faces, the best first: (box in pixels of a photo of this size, score)."""
    if set(outputs) != {"scores", "boxes"}:
        found = ", ".join(sorted(outputs))
        raise ValueError("expected a model with outputs scores and boxes, found %s" % found)
    corners, scores = outputs["boxes"][0], outputs["scores"][0, :, 1]
    if (corners[:, 2:] <= corners[:, :2]).any():  # No boxes yet, whose right is right of the left.
        corners = boxes.corners_of_offsets(corners)
    kept = boxes.best_boxes(corners, scores, min_score)
    return [(corners[i] * np.array(size * 2), float(scores[i])) for i in kept]


def show(name, found):
    """Prints how many faces a photo has, and where each of them is."""
    print("%s: %d face%s" % (name, len(found), "" if len(found) == 1 else "s"))
    for box, score in found:
        print("  left %.0f, top %.0f, right %.0f, bottom %.0f: %.3f" % (*box, score))


def main():
    options = parse()
    if not os.path.exists(options.model):
        raise ValueError(NO_MODEL % options.model)
    photo = photos.load_photo(options.photo)
    with Network("detector", options.model, options) as network:
        spec = network.inputs[0]
        for _ in range(options.iterations):
            outputs = network({spec.name: to_input(photo, spec)})
            found = find_faces(outputs, photo.size, options.min_score)
        show(os.path.basename(options.photo), found)
        print("\n".join(network.report()))
    if options.picture:
        for box, score in found:
            photos.draw_box(photo, box, "face %.2f" % score)
        photo.save(options.picture)


if __name__ == "__main__":
    run_main(main)

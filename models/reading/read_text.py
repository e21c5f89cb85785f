#!/usr/bin/env python3
"""Reads the text in a picture: a network finds the lines, another one reads each of them.

Prints each line with its corners and scores, then how the networks started and their latency. The
second start with the same cache file compiles nothing.

usage: FOLDER/bin/python models/reading/read_text.py FOLDER/models [PICTURE]
FOLDER is made by models/install_example reading FOLDER. Without a picture, one is made.
"""

import argparse
import os
import sys
from typing import List, Sequence

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import detector
import pictures
import recognizer
from detector import Bytes
from example_support.networks import Network, Run
from example_support.programs import add_options, run_main
from recognizer import Line

DETECTOR = "ch_PP-OCRv4_det_infer.onnx"
RECOGNIZER = "ch_PP-OCRv4_rec_infer.onnx"
CHARACTERS = "characters.txt"


def read(picture: Bytes, detect: Run, recognize: Run, characters: Sequence[str]) -> List[Line]:
    """The lines of a picture [height, width, 3], in reading order."""
    boxes = detector.find_lines(picture, detect)
    return [recognizer.read_line(picture, box, recognize, characters) for box in boxes]


def show(lines: List[Line]) -> None:
    """Prints each line with its text, both scores and its corners."""
    if not lines:
        print("no text was found")
    for number, line in enumerate(lines, 1):
        corners = " ".join("%.0f,%.0f" % (x, y) for x, y in line.box.corners)
        print(
            "%2d  %-36s  text %.3f  box %.3f  %s"
            % (number, line.text, line.score, line.box.score, corners)
        )


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0] if __doc__ else None)
    parser.add_argument("models", help="the folder with the networks")
    parser.add_argument(
        "picture", nargs="?", help="a picture file (default: a picture that is made)"
    )
    parser.add_argument(
        "--output", metavar="FILE", help="writes the picture with boxes and text, a .png"
    )
    add_options(parser)
    return parser.parse_args()


def main() -> None:
    options = parse()
    picture = pictures.load(options.picture) if options.picture else pictures.sample()
    characters = recognizer.load_characters(os.path.join(options.models, CHARACTERS))
    page = {detector.INPUT: (1, 3, *detector.size_for_network(*picture.shape[:2]))}
    line = {recognizer.INPUT: (1, 3, recognizer.HEIGHT, recognizer.WIDTH_STEP)}
    with (
        Network("detector", os.path.join(options.models, DETECTOR), options, page) as detect,
        Network("recognizer", os.path.join(options.models, RECOGNIZER), options, line) as recognize,
    ):
        lines: List[Line] = []
        for _ in range(options.iterations):
            lines = read(picture, detect, recognize, characters)
        show(lines)
        print("\n".join(detect.report() + recognize.report()))
    if options.output:
        pictures.save_with_lines(options.output, picture, lines)


if __name__ == "__main__":
    run_main(main)

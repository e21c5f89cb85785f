"""Reads a line of text with a network for connectionist temporal classification (CTC).

The network looks at a picture of 48 pixels of height and any width, and gives each eighth column
the probabilities of all characters and of "no character", the blank. CTC is by Graves et al.,
"Connectionist Temporal Classification", ICML 2006.
"""

import math
from dataclasses import dataclass
from typing import List, Sequence

import cv2
import numpy
from numpy.typing import NDArray

from detector import Box, Bytes, Floats
from example_support.networks import Run, check_finite
from example_support.programs import read_text

INPUT = "x"
HEIGHT = 48
# Widths are rounded up to a multiple, so that many lines share one plan: each width has its own,
# and its programs are compiled once for each device.
WIDTH_STEP = 320
GREATEST_WIDTH = 3200
# A box that is so much higher than wide holds a line that runs from top to bottom.
UPRIGHT = 1.5
BLANK = 0


@dataclass(frozen=True)
class Line:
    """A line that was read."""

    box: Box
    text: str
    score: float
    """The mean probability of its characters, from 0 to 1; 0 without characters."""


def cut_out(picture: Bytes, box: Box) -> Bytes:
    """The box's part of a picture [height, width, 3], turned upright: [box height, box width,
    3]."""
    top_left, top_right, bottom_right, bottom_left = box.corners
    width = round(max(math.dist(top_left, top_right), math.dist(bottom_left, bottom_right)))
    height = round(max(math.dist(top_left, bottom_left), math.dist(top_right, bottom_right)))
    width, height = max(width, 1), max(height, 1)
    corners = numpy.array([[0, 0], [width, 0], [width, height], [0, height]], numpy.float32)
    part = cv2.warpPerspective(
        picture,
        cv2.getPerspectiveTransform(box.corners, corners),
        (width, height),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )
    if height >= UPRIGHT * width:
        part = cv2.rotate(part, cv2.ROTATE_90_COUNTERCLOCKWISE)
    return numpy.asarray(part, numpy.uint8)


def as_input(part: Bytes) -> Floats:
    """A line [height, width, 3], RGB, as the network's input [1, 3, 48, width], BGR in [-1, 1];
    what is right of the line is 0."""
    width = min(math.ceil(part.shape[1] * HEIGHT / part.shape[0]), GREATEST_WIDTH)
    padded = math.ceil(width / WIDTH_STEP) * WIDTH_STEP
    resized = cv2.resize(part, (width, HEIGHT))
    inputs = numpy.zeros((1, 3, HEIGHT, padded), numpy.float32)
    inputs[0, :, :, :width] = (
        resized[:, :, ::-1].transpose(2, 0, 1).astype(numpy.float32) / 127.5 - 1.0
    )
    return inputs


def decode(probabilities: NDArray[numpy.float32], characters: Sequence[str]) -> tuple[str, float]:
    """The text and score of probabilities [steps, classes]: class 0 is the blank, class k the k-th
    character. A character that is repeated without a blank between is one character.

    Raises ValueError if the number of classes is not that of the characters and the blank.
    """
    if probabilities.shape[1] != len(characters) + 1:
        raise ValueError(
            "recognizer: expected %d classes, found %d"
            % (len(characters) + 1, probabilities.shape[1])
        )
    best = probabilities.argmax(axis=1)
    begins = numpy.concatenate([[True], best[1:] != best[:-1]]) & (best != BLANK)
    text = "".join(characters[index - 1] for index in best[begins])
    return text, float(probabilities.max(axis=1)[begins].mean()) if text else 0.0


def read_line(picture: Bytes, box: Box, run: Run, characters: Sequence[str]) -> Line:
    """The line in a box of a picture [height, width, 3]."""
    (output,) = run({INPUT: as_input(cut_out(picture, box))}).values()
    check_finite(output, "recognizer")
    text, score = decode(output[0], characters)
    return Line(box, text, score)


def load_characters(path: str) -> List[str]:
    """The characters of the network, one in each line of the file, and the blank space that its
    last class stands for."""
    return read_text(path).removesuffix("\n").split("\n") + [" "]

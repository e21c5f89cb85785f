"""Finds the lines of text in a picture with a network for differentiable binarization (DB).

The network gives each pixel a probability of being text. Connected regions of likely pixels are the
shrunken middles of lines; each becomes the smallest rotated rectangle around it, grown again. DB is
by Liao et al., "Real-time Scene Text Detection with Differentiable Binarization", AAAI 2020.
"""

from dataclasses import dataclass
from typing import List, Sequence, Tuple

import cv2
import numpy
from numpy.typing import NDArray

from example_support.networks import Run, check_finite

INPUT = "x"
# Both sides of the network's input are multiples of this, since it halves the picture five times.
MULTIPLE = 32
# A smaller picture is enlarged until its shorter side has so many pixels.
SHORTER_SIDE = 736
# A longer picture is made smaller, so that its activations fit the device.
LONGER_SIDE = 2048
TEXT_PROBABILITY = 0.3
LEAST_SCORE = 0.5
# How far a region is grown: this times its area, divided by its perimeter.
GROWTH = 1.6
LEAST_SIDE = 3.0

Floats = NDArray[numpy.float32]
Bytes = NDArray[numpy.uint8]


@dataclass(frozen=True)
class Box:
    """Where a line of text is."""

    corners: Floats
    """[4, 2]: x and y in pixels of the picture; top left, top right, bottom right, bottom left."""
    score: float
    """The mean probability of text inside, from 0 to 1."""


def size_for_network(height: int, width: int) -> Tuple[int, int]:
    """Height and width of the network's input for a picture."""
    scale = max(1.0, SHORTER_SIDE / min(height, width))
    scale = min(scale, LONGER_SIDE / max(height, width))
    fitted = [
        max(MULTIPLE, round(extent * scale / MULTIPLE) * MULTIPLE) for extent in (height, width)
    ]
    return fitted[0], fitted[1]


def as_input(picture: Bytes) -> Floats:
    """A picture [height, width, 3], RGB, as the network's input [1, 3, height, width], BGR in [-1,
    1]."""
    height, width = size_for_network(*picture.shape[:2])
    resized = cv2.resize(picture, (width, height))
    scaled = resized[:, :, ::-1].astype(numpy.float32) / 127.5 - 1.0
    return numpy.ascontiguousarray(scaled.transpose(2, 0, 1)[None])


def find_lines(picture: Bytes, run: Run) -> List[Box]:
    """The boxes of the lines in a picture [height, width, 3], in reading order."""
    inputs = as_input(picture)
    (output,) = run({INPUT: inputs}).values()
    check_finite(output, "detector")
    boxes = boxes_of(
        output[0, 0], picture.shape[1] / inputs.shape[3], picture.shape[0] / inputs.shape[2]
    )
    return in_reading_order(boxes)


def boxes_of(probabilities: Floats, scale_x: float, scale_y: float) -> List[Box]:
    """The boxes in a map of probabilities [height, width]; the scales lead to the picture's
    pixels."""
    likely = (probabilities > TEXT_PROBABILITY).astype(numpy.uint8)
    dilated = cv2.dilate(likely, numpy.ones((2, 2), numpy.uint8))
    contours, _ = cv2.findContours(dilated, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    boxes = []
    for contour in contours:
        center, (width, height), angle = cv2.minAreaRect(contour)
        if min(width, height) < LEAST_SIDE:
            continue
        score = mean_inside(probabilities, corners_of(center, (width, height), angle))
        if score < LEAST_SCORE:
            continue
        # The smallest rectangle around a grown rectangle has sides that are longer by the growth at
        # each end, whether the corners of the grown one are round or not.
        growth = GROWTH * width * height / (2 * (width + height))
        grown = (width + 2 * growth, height + 2 * growth)
        corners = corners_of(center, grown, angle) * numpy.array([scale_x, scale_y], numpy.float32)
        boxes.append(Box(clockwise(corners), score))
    return boxes


def corners_of(center: Sequence[float], size: Sequence[float], angle: float) -> Floats:
    """The corners [4, 2] of a rectangle of a width and height, turned by an angle in degrees."""
    return numpy.asarray(cv2.boxPoints((center, size, angle)), numpy.float32)


def mean_inside(probabilities: Floats, corners: Floats) -> float:
    """The mean of the pixels inside of a polygon [n, 2]."""
    mask = numpy.zeros(probabilities.shape, numpy.uint8)
    cv2.fillPoly(mask, [corners.astype(numpy.int32)], 1)
    return float(cv2.mean(probabilities, mask)[0])


def clockwise(corners: Floats) -> Floats:
    """Four corners [4, 2] in the order of `Box.corners`: the sum of x and y is least at the top
    left and greatest at the bottom right; x - y is greatest at the top right and least at the
    bottom left.
    """
    sums, differences = corners.sum(axis=1), corners[:, 0] - corners[:, 1]
    order = [sums.argmin(), differences.argmax(), sums.argmax(), differences.argmin()]
    return corners[order].astype(numpy.float32)


def in_reading_order(boxes: List[Box]) -> List[Box]:
    """Boxes from top to bottom; those whose middles are at about one height from left to right."""
    left = sorted(boxes, key=lambda box: float(box.corners[:, 1].mean()))
    ordered = []
    while left:
        top = left[0].corners
        height = float(top[:, 1].max() - top[:, 1].min())
        limit = float(top[:, 1].mean()) + height / 2
        row = [box for box in left if float(box.corners[:, 1].mean()) <= limit]
        left = left[len(row) :]
        ordered += sorted(row, key=lambda box: float(box.corners[:, 0].min()))
    return ordered

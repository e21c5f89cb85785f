"""Boxes of the detector version-RFB-320: where its anchors lie, and which boxes remain.

The network sees 320x240 pixels and gives each of 4420 anchors a score and a box. Anchors are
squares around the middle of each cell of four grids. All corners are fractions of the picture:
(left, top, right, bottom).
"""

import numpy as np

WIDTH, HEIGHT = 320, 240
# For each grid: the pixels of a cell, and the sides of its squares in pixels.
GRIDS = [(8, (10, 16, 24)), (16, (32, 48)), (32, (64, 96)), (64, (128, 192, 256))]
CENTRE_VARIANCE, SIZE_VARIANCE = 0.1, 0.2


def make_anchors():
    """float32 [4420, 4]: middle x, middle y, width, height.

    Where a grid does not divide the picture, its cells are spread evenly over it, as in training.
    """
    anchors = []
    for cell, sides in GRIDS:
        rows, columns = -(-HEIGHT // cell), -(-WIDTH // cell)
        for row in range(rows):
            for column in range(columns):
                middle = ((column + 0.5) / columns, (row + 0.5) / rows)
                anchors += [(*middle, side / WIDTH, side / HEIGHT) for side in sides]
    return np.clip(np.array(anchors, np.float32), 0, 1)


def corners_of_offsets(offsets):
    """Corners [n, 4] of what a network without decoding gives: offsets [n, 4] from the anchors."""
    anchors = make_anchors()
    if offsets.shape != anchors.shape:
        raise ValueError("boxes: expected offsets [4420, 4], found %s" % list(offsets.shape))
    middles = anchors[:, :2] + offsets[:, :2] * CENTRE_VARIANCE * anchors[:, 2:]
    sizes = anchors[:, 2:] * np.exp(offsets[:, 2:] * SIZE_VARIANCE)
    return np.concatenate([middles - sizes / 2, middles + sizes / 2], axis=1)


def overlaps(box, others):
    """The area that a box shares with each of the others, as a fraction of the area of both."""
    shared = np.minimum(box[2:], others[:, 2:]) - np.maximum(box[:2], others[:, :2])
    shared = np.prod(np.clip(shared, 0, None), axis=1)
    areas = np.prod(others[:, 2:] - others[:, :2], axis=1) + np.prod(box[2:] - box[:2])
    return shared / np.maximum(areas - shared, 1e-12)


def best_boxes(corners, scores, min_score, max_overlap=0.3):
    """Non-maximum suppression: the indices of the boxes that remain, the best score first.

    A box remains if its score is at least `min_score` and it overlaps no better one by more than
    `max_overlap`.
    """
    order = [i for i in np.argsort(-scores, kind="stable") if scores[i] >= min_score]
    kept = []
    while order:
        best, rest = order[0], np.array(order[1:], int)
        kept.append(int(best))
        order = list(rest[overlaps(corners[best], corners[rest]) <= max_overlap])
    return kept

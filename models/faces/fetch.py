#!/usr/bin/env python3
"""Fetches the photos of the examples out of the package scikit-image. Needs pip and the network.

usage: fetch.py FOLDER
"""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from example_support import packages


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__.strip())
    try:
        print("\n".join(packages.fetch_photos(sys.argv[1])))
    except (OSError, ValueError) as error:
        sys.exit("fetch: %s" % error)


if __name__ == "__main__":
    main()

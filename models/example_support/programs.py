"""What every example's program has: its options, text files, and its end with one line on a fault."""

import argparse
import os
import sys
from typing import Callable

from example_support.networks import Error

CACHE = "mace-cl-compiled-program.bin"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds `--device`, `--cache` and `--iterations`."""
    parser.add_argument(
        "--device",
        default="gpu",
        help="gpu: the best OpenCL device; cpu: the reference; or as mace names it, gpu:1",
    )
    parser.add_argument(
        "--cache",
        default=CACHE,
        metavar="FILE",
        help="the file of compiled programs (default: %s in the current folder)" % CACHE,
    )
    parser.add_argument(
        "--iterations",
        type=positive,
        default=1,
        metavar="N",
        help="does everything N times, for a steady latency (default: 1)",
    )


def positive(text: str) -> int:
    """The number that an option gives. Raises argparse.ArgumentTypeError unless it is 1 or more."""
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError("expected a whole number of 1 or more, found '%s'" % text)
    return int(text)


def read_text(path: str) -> str:
    """The text of a UTF-8 file. Raises OSError if it cannot be read, ValueError for other bytes."""
    with open(path, encoding="utf-8") as file:
        try:
            return file.read()
        except UnicodeDecodeError as error:
            raise ValueError("%s: expected UTF-8 text: %s" % (path, error)) from error


def run_main(main: Callable[[], None]) -> None:
    """Runs a program's `main`. A fault of its input becomes one line and the exit code 1."""
    try:
        main()
    except (Error, OSError, ValueError) as error:
        sys.exit("%s: %s" % (os.path.basename(sys.argv[0]), " ".join(str(error).split())))

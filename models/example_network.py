"""What the examples share: a compiled network that keeps the times of its runs, and options for it.

An example says how a network starts (cold: its programs are compiled; warm: they come from the
cache file) and how long its runs take. The package `mace` has to be on PYTHONPATH, as
mace/python/README.md says.
"""

import argparse
import statistics
import sys
import time
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Mapping, Sequence, Tuple

import numpy
from numpy.typing import NDArray

try:
    import mace
except ImportError as missing:
    sys.exit(
        "the package mace is not on PYTHONPATH (%s): `bazel build //mace/python:package`, then "
        "export PYTHONPATH=bazel-bin/mace/python" % missing
    )

CACHE = "mace-cl-compiled-program.bin"
Arrays = Mapping[str, NDArray[Any]]
# Computes the outputs of a network, by name, from its inputs by name.
Run = Callable[[Arrays], Dict[str, NDArray[Any]]]


@dataclass(frozen=True)
class TimedRun:
    """One run of a network."""

    shape: Tuple[int, ...]
    """The shape of the first input."""
    latency_ms: float
    """From the inputs on the host to the outputs on the host, as the engine measured it."""
    made_plan: bool
    """Whether the run made the plan for its shapes first."""
    total_ms: float
    """All of the call, including the plan."""


class Network:
    """A model file that is compiled for a device. Calling it runs it.

    One compiled model serves all shapes of inputs: the first run with new shapes makes a plan,
    later ones use it. Belongs to one thread at a time.
    """

    def __init__(
        self, name: str, path: str, shapes: Mapping[str, Sequence[int]], options: argparse.Namespace
    ) -> None:
        """Loads and compiles the file `path`.

        Args:
          name: what the network is called where its times are printed.
          shapes: the shapes of the inputs for the first plan, by name.
          options: `device` and `cache`, as `add_options` adds them.

        Raises mace.Error for a file that cannot be used and for a device that is not there.
        """
        began = time.perf_counter()
        self.name = name
        self.runs: List[TimedRun] = []
        self._compiled = mace.Engine(
            path, dynamic_shapes=dict(shapes), device=options.device, cache=options.cache
        )
        self._request = self._compiled.new_request()
        self._input = self._compiled.inputs[0].name
        self.start_ms = (time.perf_counter() - began) * 1e3

    def __call__(self, inputs: Arrays) -> Dict[str, NDArray[Any]]:
        """Computes the outputs, by name, and notes the time."""
        began = time.perf_counter()
        for name, array in inputs.items():
            self._request.set_input(name, array)
        self._request.run()
        outputs = {spec.name: self._request.get(spec.name) for spec in self._compiled.outputs}
        total_ms = (time.perf_counter() - began) * 1e3
        measured = self._request.statistics
        self.runs.append(
            TimedRun(inputs[self._input].shape, measured.latency_ms, measured.made_plan, total_ms)
        )
        return outputs

    def report(self) -> List[str]:
        """Lines on the network's start, and the latency for each shape of the first input.

        The first run with a shape makes its plan, and drivers complete programs in it.
        """
        cache = self._compiled.statistics.cache
        start = "%s: start %.1f ms on %s" % (
            self.name,
            self.start_ms,
            self._compiled.statistics.device,
        )
        if cache.file:
            start += "; cache %s: %d programs compiled, %d from the file" % (
                cache.status,
                cache.built_from_source,
                cache.hits,
            )
        lines = [start]
        for shape in dict.fromkeys(run.shape for run in self.runs):
            first, *later = [run for run in self.runs if run.shape == shape]
            line = "%s: shape %s: first run %.1f ms" % (
                self.name,
                "x".join(map(str, shape)),
                first.total_ms,
            )
            if later:
                median = statistics.median(run.latency_ms for run in later)
                line += ", then %.2f ms (median of %d)" % (median, len(later))
            lines.append(line)
        return lines

    def close(self) -> None:
        """Waits until the cache file is written, and frees the device's memory."""
        self._compiled.close()


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


def ended(main: Callable[[], None]) -> None:
    """Runs a program's `main`. A fault of its input becomes one line and the exit code 1."""
    try:
        main()
    except (mace.Error, OSError, ValueError) as error:
        sys.exit("%s: %s" % (sys.argv[0].rsplit("/", 1)[-1], " ".join(str(error).split())))


def check_finite(array: NDArray[Any], what: str) -> None:
    """Raises ValueError if an output has a NaN or an infinity, of which no answer can be made."""
    if not numpy.isfinite(array).all():
        raise ValueError("%s: expected finite numbers, found NaN or infinity" % what)

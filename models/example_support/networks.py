"""A compiled network that keeps the times of its start and of its runs.

An example says how a network starts (cold: its programs are compiled; warm: they come from the
cache file) and how long its runs take. The package `mace` has to be on PYTHONPATH, as
mace/python/README.md says.
"""

import argparse
import statistics
import sys
import time
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

import numpy
from numpy.typing import NDArray

try:
    import mace
except ImportError as missing:
    sys.exit(
        "the package mace is not on PYTHONPATH (%s): `bazel build //mace/python:package`, then "
        "export PYTHONPATH=bazel-bin/mace/python" % missing
    )

Arrays = Mapping[str, NDArray[Any]]
# Computes the outputs of a network, by name, from its inputs by name.
Run = Callable[[Arrays], Dict[str, NDArray[Any]]]
# What the engine raises.
Error = mace.Error


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
    later ones use it. Belongs to one thread at a time. `close()`, or the end of a `with`, frees
    the device's memory.
    """

    def __init__(
        self,
        name: str,
        path: str,
        options: argparse.Namespace,
        shapes: Optional[Mapping[str, Sequence[int]]] = None,
    ) -> None:
        """Loads and compiles the file `path`.

        Args:
          name: what the network is called where its times are printed.
          options: `device` and `cache`, as `programs.add_options` adds them.
          shapes: the shapes of the inputs for the first plan, by name. Needed for a model with
            dynamic shapes; without it, the shapes are those that the file declares.

        Raises mace.Error for a file that cannot be used and for a device that is not there.
        """
        began = time.perf_counter()
        self.name = name
        self.runs: List[TimedRun] = []
        self._compiled = mace.Engine(
            path, dynamic_shapes=dict(shapes or {}), device=options.device, cache=options.cache
        )
        self._request = self._compiled.new_request()
        self._input = self._compiled.inputs[0].name
        self.start_ms = (time.perf_counter() - began) * 1e3

    def __enter__(self) -> "Network":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def inputs(self) -> List[mace.TensorSpec]:
        """The name, type and shape of each input."""
        return self._compiled.inputs

    @property
    def outputs(self) -> List[mace.TensorSpec]:
        """The name, type and shape of each output."""
        return self._compiled.outputs

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
        shapes = dict.fromkeys(run.shape for run in self.runs)
        return [start] + [self._report_shape(shape) for shape in shapes]

    def _report_shape(self, shape: Tuple[int, ...]) -> str:
        first, *later = [run for run in self.runs if run.shape == shape]
        extents = "x".join(map(str, shape))
        line = "%s: shape %s: first run %.1f ms" % (self.name, extents, first.total_ms)
        if later:
            median = statistics.median(run.latency_ms for run in later)
            line += ", then %.2f ms (median of %d)" % (median, len(later))
        return line

    def close(self) -> None:
        """Waits until the cache file is written, and frees the device's memory."""
        self._compiled.close()


def check_finite(array: NDArray[Any], what: str) -> None:
    """Raises ValueError if an output has a NaN or an infinity, of which no answer can be made."""
    if not numpy.isfinite(array).all():
        raise ValueError("%s: expected finite numbers, found NaN or infinity" % what)

"""Compares the outputs of a model with expected ones."""
import dataclasses
from typing import Any, Dict, Mapping, Union

import numpy

from mace import _mace
from mace._arrays import as_array, dense
from mace._compiled_model import CompiledModel
from mace._records import Record


@dataclasses.dataclass(frozen=True)
class Difference(Record):
    """The difference between an output and the expected one."""

    same_shape: bool
    max_abs_error: float
    """Infinite if only one of two elements is NaN, or if infinities differ."""
    max_rel_error: float
    """max_abs_error divided by the largest magnitude of the expected output, unless that is 0."""
    range: float
    """The largest minus the smallest finite element of the expected output."""
    cosine: float
    """The cosine of the angle between the two outputs as vectors."""
    snr_db: float
    """Signal-to-noise ratio in decibels; infinite without noise."""
    passed: bool
    """Whether the shapes are the same and max_abs_error is at most rtol * range."""


def compare(engine: CompiledModel, reference: Union[CompiledModel, Mapping[str, Any]],
            inputs: Mapping[str, Any], rtol: float = _mace.DEFAULT_RTOL) -> Dict[str, Difference]:
    """Runs `engine` and compares each of its outputs.

    Args:
      engine: the compiled model to check.
      reference: another compiled model, which runs with the same inputs, or the expected arrays by
        the names of all outputs.
      inputs: the inputs for `CompiledModel.run`.
      rtol: the largest error that passes, as a share of the range of the expected output.

    Raises:
      KeyError: if the reference lacks an output. A partial comparison would look complete.
    """
    found = engine.run(inputs)
    expected = reference.run(inputs) if isinstance(reference, CompiledModel) else reference
    differences = {}
    for name, array in found.items():
        if name not in expected:
            raise KeyError("the reference has no output '%s'" % name)
        differences[name] = _difference(name, expected[name], array, rtol)
    return differences


def _difference(name: str, expected: Any, found: numpy.ndarray, rtol: float) -> Difference:
    wanted = as_array(expected, "output '%s'" % name)
    if not numpy.can_cast(wanted.dtype, found.dtype, "same_kind"):
        raise TypeError("output '%s': expected %s, found %s" % (name, found.dtype, wanted.dtype))
    core = _mace.difference(dense(wanted, found.dtype), found)
    fields = {field.name: getattr(core, field.name) for field in dataclasses.fields(Difference)
              if field.name != "passed"}
    # This form makes NaN fail.
    passed = core.same_shape and core.max_abs_error <= rtol * core.range
    return Difference(passed=passed, **fields)

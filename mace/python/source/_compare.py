"""How far the outputs of a model lie from those that are expected."""
import dataclasses
from typing import Any, Dict, Mapping, Union

import numpy

from mace import _mace
from mace._arrays import as_array, dense
from mace._compiled_model import CompiledModel
from mace._records import Record


@dataclasses.dataclass(frozen=True)
class Difference(Record):
    """How far an output lies from the expected one."""

    same_shape: bool
    max_abs_error: float
    """Infinite where one is NaN and the other is not, or infinities differ."""
    max_rel_error: float
    """max_abs_error over the largest magnitude of the expected; where that is 0, max_abs_error."""
    range: float
    """Largest finite minus smallest finite of the expected."""
    cosine: float
    snr_db: float
    """Signal over noise in decibels; infinite where there is no noise."""
    passed: bool
    """The shapes are the same, and max_abs_error is at most rtol * range."""


def compare(engine: CompiledModel, reference: Union[CompiledModel, Mapping[str, Any]],
            inputs: Mapping[str, Any], rtol: float = _mace.DEFAULT_RTOL) -> Dict[str, Difference]:
    """Runs `engine` and compares each of its outputs.

    Args:
      engine: what is judged.
      reference: another one, which runs with the same inputs, or arrays by the names of all outputs.
      inputs: as for `CompiledModel.run`.
      rtol: the largest error that passes, as a share of the range of the expected output.

    Raises:
      KeyError: where the reference has no output of a name: a comparison of a part would look like
        one of the whole.
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
    # Written so that a NaN fails.
    passed = core.same_shape and core.max_abs_error <= rtol * core.range
    return Difference(passed=passed, **fields)

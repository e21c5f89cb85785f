"""One inference: checks the user's arrays, finds them by name, runs, and returns the outputs."""
from typing import Any, Dict, List, Mapping, Optional, Sequence

import numpy

from mace import _options
from mace._arrays import input_array, is_written_in_place, output_array
from mace._records import TensorSpec


def index_of(specs: Sequence[TensorSpec], what: str, name: Any) -> int:
    """The index of an input or output that is given by name or index. Raises KeyError."""
    if isinstance(name, int) and 0 <= name < len(specs):
        return name
    for index, spec in enumerate(specs):
        if spec.name == name:
            return index
    raise KeyError("the model has no %s '%s': it has %s"
                   % (what, name, ", ".join("'%s'" % spec.name for spec in specs) or "none"))


def place_result(name: str, result: numpy.ndarray, array: numpy.ndarray) -> None:
    """Copies the result into `array`, the caller's array for this output, unless it is there."""
    if result.shape != array.shape:
        raise ValueError("output '%s': expected an array of shape %s, found one of shape %s"
                         % (name, result.shape, array.shape))
    if result.ctypes.data != array.ctypes.data:
        numpy.copyto(array, result)


class Call:
    """The inputs, the wanted outputs, and the caller's arrays for some of the outputs."""

    def __init__(self, input_specs: Sequence[TensorSpec], output_specs: Sequence[TensorSpec],
                 inputs: Mapping[str, Any], outputs: Optional[Sequence[str]],
                 out: Optional[Mapping[str, Any]]) -> None:
        self._specs = output_specs
        self._inputs = self._input_arrays(input_specs, inputs)
        self._wanted = list(range(len(output_specs)))
        if outputs is not None:
            self._wanted = [index_of(output_specs, "output", name) for name in _options.names("outputs", outputs)]
        self._given: Dict[int, Any] = {index_of(output_specs, "output", name): value
                                       for name, value in (out or {}).items()}
        for index in self._given:
            if index not in self._wanted:
                raise ValueError("out: output '%s' is not among `outputs`" % output_specs[index].name)
        self._out = {index: output_array(value, output_specs[index]) for index, value in self._given.items()}
        self._check_overlaps()

    @staticmethod
    def _input_arrays(specs: Sequence[TensorSpec], inputs: Mapping[str, Any]) -> List[numpy.ndarray]:
        if not isinstance(inputs, Mapping):
            raise TypeError("inputs: expected arrays by name, found %s" % type(inputs).__name__)
        for name in inputs:
            index_of(specs, "input", name)
        for spec in specs:
            if spec.name not in inputs:
                raise KeyError("input '%s' is missing" % spec.name)
        return [input_array(inputs[spec.name], spec) for spec in specs]

    def _check_overlaps(self) -> None:
        """Refuses an output that shares memory with an input or another output."""
        written = [(index, array) for index, array in self._out.items() if is_written_in_place(array)]
        for place, (index, array) in enumerate(written):
            others = self._inputs + [other for _, other in written[:place]]
            if any(numpy.may_share_memory(array, other) for other in others):
                raise ValueError("out: the array for output '%s' shares memory with another array"
                                 % self._specs[index].name)

    def run(self, request: Any, timeout: Optional[float] = None) -> Dict[str, Any]:
        """Runs `request`, a request of the core that is used only here, and returns the outputs."""
        for index, array in enumerate(self._inputs):
            request.set_input(index, array)
        for index, array in self._out.items():
            if is_written_in_place(array):
                request.set_output(index, array)
        if 0 < len(set(self._wanted)) < len(self._specs):
            request.select_outputs(self._wanted)
        request.run(timeout)
        return {self._specs[index].name: self._result(request, index) for index in self._wanted}

    def _result(self, request: Any, index: int) -> Any:
        result = request.get(index)
        if index not in self._out:
            return result
        place_result(self._specs[index].name, result, self._out[index])
        return self._given[index]

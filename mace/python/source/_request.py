"""One inference at a time, with inputs that stay set."""
from typing import TYPE_CHECKING, Any, Dict, Optional, Sequence, Union

import numpy

from mace._arrays import input_array, is_written_in_place, output_array
from mace._call import index_of, place_result
from mace._mace import Error
from mace._records import RunStatistics

if TYPE_CHECKING:
    from mace._compiled_model import CompiledModel

Name = Union[str, int]


class Request:
    """Holds the inputs and outputs of one inference. Made by `CompiledModel.new_request`.

    Several requests of one compiled model overlap on the device. A request belongs to one thread at
    a time: while a run is at work, a method of another thread raises mace.Error
    "failed_precondition" and changes nothing; `wait` and `cancel` may be called at any time.
    """

    def __init__(self, compiled: "CompiledModel", core: Any) -> None:
        self._compiled = compiled
        self._core = core
        self._out: Dict[int, numpy.ndarray] = {}
        self._given: Dict[int, Any] = {}

    def set_input(self, name: Name, value: Any) -> None:
        """Sets an input, by name or by its index in `CompiledModel.inputs`, for all later runs.

        The array is read by each run and kept until another one is set or the request is destroyed.
        Raises the errors of `CompiledModel.run` for inputs.
        """
        index = index_of(self._compiled._inputs, "input", name)
        array = input_array(value, self._compiled._inputs[index])
        with self._compiled._gate:
            self._core.set_input(index, array)

    def set_output(self, name: Name, out: Any) -> None:
        """Sets the memory into which later runs write an output; None: a new array for each run.

        `out` must be writable and have the output's dtype, and at each run its shape. Raises
        TypeError or ValueError otherwise.
        """
        index = index_of(self._compiled._outputs, "output", name)
        array = None if out is None else output_array(out, self._compiled._outputs[index])
        with self._compiled._gate:
            in_place = array is not None and is_written_in_place(array)
            self._core.set_output(index, array if in_place else None)
            self._out.pop(index, None)
            self._given.pop(index, None)
            if array is not None:
                self._out[index], self._given[index] = array, out

    def bind_state(self, output: Name, input: Name) -> None:
        """Makes the result of each run the tensor of an input in the next run, both by name or index.

        The state of a recurrent network or a transformer's cache of keys and values goes from run to
        run in this way, in device memory where no node on the CPU reads or makes it. `set_input` gives
        the first value, and may give another one between runs. A run that fails leaves the state as it
        was. Raises mace.Error "invalid_argument" if the two have different dtypes, ranks or fixed
        extents, and "failed_precondition" if `set_output` gave an array for the output.
        """
        source = index_of(self._compiled._outputs, "output", output)
        target = index_of(self._compiled._inputs, "input", input)
        with self._compiled._gate:
            self._core.bind_state(source, target)

    def clear_states(self) -> None:
        """Ends all bindings of `bind_state`. Inputs keep the tensors that they have."""
        with self._compiled._gate:
            self._core.clear_states()

    def select_outputs(self, names: Sequence[Name] = ()) -> None:
        """Names the outputs that the next runs are to give, by name or by index; none: all.

        `get` refuses the others. What serves them alone is not computed: the first run with a new set
        of outputs may make a plan for it, which `CompiledModel.prepare` does ahead.
        """
        indices = [index_of(self._compiled._outputs, "output", name) for name in names]
        with self._compiled._gate:
            self._core.select_outputs(indices)

    def run(self, timeout: Optional[float] = None) -> None:
        """Computes the outputs, without the GIL.

        Args:
          timeout: in seconds. After it `run` still waits for launches that are already queued. The
            request can be used again afterwards.

        Raises:
          mace.Error: "failed_precondition" if an input is not set, "deadline_exceeded" if the
            timeout has passed, "cancelled" after `cancel`.
        """
        with self._compiled._gate:
            self._core.run(timeout)

    def start(self) -> None:
        """Begins `run` on another thread and returns. Raises mace.Error if the run cannot begin;
        later errors are raised by `wait`."""
        with self._compiled._gate:
            self._core.start()

    def wait(self, timeout: Optional[float] = None) -> None:
        """Waits for the end of the run and raises its error. Without a run, raises the error of the
        last one.

        Raises mace.Error "deadline_exceeded" if the run is still at work after `timeout` seconds.
        The run then goes on.
        """
        with self._compiled._gate:
            self._core.wait(timeout)

    def cancel(self) -> None:
        """Makes a run that is at work end soon, with the error "cancelled". Returns at once. Does
        nothing without a run."""
        core = self._core
        if core is not None:
            core.cancel()

    def get(self, name: Name) -> Any:
        """An output of the last run, by name or by its index in `CompiledModel.outputs`.

        Returns the array of `set_output`, or else a new array, which later runs do not change.
        Raises mace.Error "failed_precondition" if no run has succeeded, and ValueError if the
        result does not have the shape of the array of `set_output`.
        """
        specs = self._compiled._outputs
        index = index_of(specs, "output", name)
        with self._compiled._gate:
            result = self._core.get(index)
            if index not in self._out:
                return result
            place_result(specs[index].name, result, self._out[index])
            return self._given[index]

    @property
    def statistics(self) -> RunStatistics:
        """Measurements of the last run that succeeded."""
        with self._compiled._gate:
            return RunStatistics._of(self._core.statistics)

    def _end(self) -> None:
        """Waits for the run that `start` began, and frees the request."""
        core = self._core
        if core is None:
            return
        try:
            core.wait(None)
        except Error:
            pass  # The caller of `start` did not wait for the run.
        self._core = None

"""Runs any number of rows through a model by batches of a few prepared sizes.

A row is an element along the outermost axis of every input and output. Each batch size has a plan
of its own, which takes as long as compiling; with a few prepared sizes no later run compiles.
"""

from typing import Any, Dict, List, Mapping, Sequence, Tuple, Union

import numpy

from mace import _options
from mace._arrays import held_dtype

Arrays = Dict[str, numpy.ndarray]


def batch_sizes(value: Sequence[int]) -> Tuple[int, ...]:
    """The sizes in ascending order, each once. Raises ValueError for none, and for one below 1."""
    sizes = sorted({_options.whole_number("batch_sizes", size) for size in value})
    if not sizes or sizes[0] < 1:
        raise ValueError(
            "batch_sizes: expected whole numbers of at least 1, found %r" % (list(value),)
        )
    return tuple(sizes)


def pieces(rows: int, sizes: Sequence[int]) -> List[Tuple[int, int, int]]:
    """Cuts rows into batches: (begin, end, size) of each, where `size` is the least prepared size
    that holds the rows from `begin` to `end`. `sizes` are ascending."""
    largest = sizes[-1]
    cuts = []
    for begin in range(0, rows, largest):
        end = min(begin + largest, rows)
        cuts.append((begin, end, next(size for size in sizes if size >= end - begin)))
    return cuts


class RowBatches:
    """A compiled model that computes any number of rows. Any number of threads may use it."""

    def __init__(self, compiled: Any, sizes: Sequence[int]) -> None:
        """Args:
        compiled: a `mace.CompiledModel`, whose inputs and outputs all have rows. Extents other
          than the outermost must be known for `prepare`.
        sizes: the batch sizes to use. A batch with fewer rows is filled up by its last row.
        """
        self.compiled = compiled
        self.sizes = batch_sizes(sizes)
        for spec in compiled.inputs:
            if not spec.shape:
                raise ValueError("input %r: expected an axis of rows, found a scalar" % spec.name)

    def prepare(self) -> None:
        """Makes the plan of each batch size, and runs it once with zeros, because drivers complete
        programs at their first use.

        Raises ValueError where an extent other than the outermost is dynamic, or where an output
        does not have as many rows as the inputs; mace.Error of `CompiledModel.run`.
        """
        for size in self.sizes:
            inputs = {}
            for spec in self.compiled.inputs:
                if -1 in spec.shape[1:]:
                    raise ValueError(
                        "input %r: expected known extents behind the outermost, found %s: give "
                        "dynamic_shapes" % (spec.name, list(spec.shape))
                    )
                inputs[spec.name] = numpy.zeros((size,) + tuple(spec.shape[1:]), held_dtype(spec.dtype))
            self._run_batch(inputs, size)

    def run(self, inputs: Mapping[str, numpy.ndarray]) -> Arrays:
        """The outputs of all rows, in their order. Raises the errors of `CompiledModel.run`, and
        ValueError for inputs of different numbers of rows, or of none."""
        rows = {array.shape[0] if array.ndim else 0 for array in inputs.values()}
        if len(rows) != 1 or 0 in rows:
            raise ValueError(
                "inputs: expected one number of rows of at least 1 for all, found %s" % sorted(rows)
            )
        results: List[Arrays] = []
        for begin, end, size in pieces(rows.pop(), self.sizes):
            batch = {name: _filled(array[begin:end], size) for name, array in inputs.items()}
            outputs = self._run_batch(batch, size)
            results.append({name: array[: end - begin] for name, array in outputs.items()})
        if len(results) == 1:
            return results[0]
        return {
            name: numpy.concatenate([result[name] for result in results]) for name in results[0]
        }

    def run_together(
        self, requests: Sequence[Mapping[str, numpy.ndarray]]
    ) -> List[Union[Arrays, Exception]]:
        """The outputs of each request, or the exception that its run raised. Requests whose arrays
        differ in nothing but their rows are computed together. A request whose rows are computed
        beside others that fail is computed again by itself, so that nobody gets another's error."""
        groups: Dict[Tuple[Any, ...], List[int]] = {}
        for index, request in enumerate(requests):
            key = tuple(
                sorted((name, array.shape[1:], array.dtype.str) for name, array in request.items())
            )
            groups.setdefault(key, []).append(index)
        results: List[Union[Arrays, Exception]] = [{} for _ in requests]
        for members in groups.values():
            try:
                found: List[Union[Arrays, Exception]] = list(
                    self._run_group([requests[i] for i in members])
                )
            except Exception as error:  # pylint: disable=broad-except  # Each caller gets its own.
                found = (
                    [error]
                    if len(members) == 1
                    else [self._run_alone(requests[i]) for i in members]
                )
            for index, result in zip(members, found):
                results[index] = result
        return results

    def _run_group(self, requests: Sequence[Mapping[str, numpy.ndarray]]) -> List[Arrays]:
        if len(requests) == 1:
            return [self.run(requests[0])]
        names = list(requests[0])
        counts = [len(request[names[0]]) for request in requests]
        together = self.run(
            {name: numpy.concatenate([request[name] for request in requests]) for name in names}
        )
        ends = numpy.cumsum(counts)
        return [
            {name: array[end - count : end] for name, array in together.items()}
            for end, count in zip(ends, counts)
        ]

    def _run_alone(self, request: Mapping[str, numpy.ndarray]) -> Union[Arrays, Exception]:
        try:
            return self.run(request)
        except Exception as error:  # pylint: disable=broad-except  # Its caller gets it.
            return error

    def _run_batch(self, inputs: Arrays, size: int) -> Arrays:
        outputs = self.compiled.run(inputs)
        for name, array in outputs.items():
            if array.ndim == 0 or array.shape[0] != size:
                raise ValueError(
                    "output %r: expected %d rows, one for each row of the inputs, found the "
                    "shape %s" % (name, size, list(array.shape))
                )
        return outputs


def _filled(array: numpy.ndarray, size: int) -> numpy.ndarray:
    """The array with its last row repeated until it has `size` rows."""
    missing = size - len(array)
    if missing == 0:
        return array
    return numpy.concatenate([array, numpy.repeat(array[-1:], missing, axis=0)])

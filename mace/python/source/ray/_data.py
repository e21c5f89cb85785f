"""Batch inference over Ray Data."""

from typing import Any, Dict, Mapping, Optional, Sequence, Union

import numpy
import ray
import ray.data

from mace.ray._engine_start import EngineSpec, start_engine


class BatchPredictor:
    """What a worker of Ray Data holds: an engine that is started once and computes many batches.

    `map_batches` makes it; it may also be given to `ray.data.Dataset.map_batches` itself.
    """

    def __init__(
        self,
        spec: Union[EngineSpec, Mapping[str, Any]],
        columns: Optional[Mapping[str, str]] = None,
        results: Optional[Mapping[str, str]] = None,
        kept: Optional[Sequence[str]] = None,
        cache_folder: Optional[str] = None,
    ) -> None:
        """Starts the engine, which is warm in all workers but the first.

        Args:
          spec: the model; or {"reference": the ray.ObjectRef of an EngineSpec}, which is fetched
            from the object store here.
          columns: the column for each input of the model, by the input's name; an input that is not
            named takes the column of its own name.
          results: the new column for each output of the model, by the output's name; None: all
            outputs, as columns of their names. Only the named outputs become columns.
          kept: the columns of the dataset that stay beside the results; None: all.
          cache_folder: `start_engine` explains it.

        Raises ValueError for names that the model does not have.
        """
        if isinstance(spec, Mapping):
            spec = ray.get(spec["reference"])
        self._batches, self.start = start_engine(spec, cache_folder)
        compiled = self._batches.compiled
        self._inputs = list(compiled.inputs)
        outputs = [output.name for output in compiled.outputs]
        self._columns = {tensor.name: tensor.name for tensor in self._inputs}
        _expect_known("columns", columns, self._columns)
        self._columns.update(columns or {})
        self._results = dict(results) if results is not None else {name: name for name in outputs}
        _expect_known("results", self._results, outputs)
        self._kept = kept

    def __call__(self, batch: Dict[str, numpy.ndarray]) -> Dict[str, numpy.ndarray]:
        """The batch's kept columns and the outputs, row by row.

        The column of an input has arrays of one shape: that of the input without its outermost
        axis. Raises KeyError for a missing column, ValueError for rows that do not fit or a result
        that has the name of a kept column, and the errors of `CompiledModel.run`.
        """
        inputs = {}
        for tensor in self._inputs:
            column = self._columns[tensor.name]
            if column not in batch:
                raise KeyError(
                    "input %r: expected the column %r, found %s"
                    % (tensor.name, column, sorted(batch))
                )
            inputs[tensor.name] = _rows(batch[column], tensor)
        answer = {name: batch[name] for name in (batch if self._kept is None else self._kept)}
        outputs = self._batches.run(inputs)
        for name, column in self._results.items():
            if column in answer:
                raise ValueError(
                    "output %r: expected a column that the dataset does not have, found %r: "
                    "name another in `results`" % (name, column)
                )
            answer[column] = outputs[name]
        return answer


def map_batches(
    dataset: "ray.data.Dataset",
    model: Union[str, EngineSpec],
    *,
    workers: Any = 1,
    batch_size: int = 32,
    columns: Optional[Mapping[str, str]] = None,
    results: Optional[Mapping[str, str]] = None,
    kept: Optional[Sequence[str]] = None,
    options: Optional[Mapping[str, Any]] = None,
    cache_folder: Optional[str] = None,
    **ray_options: Any
) -> "ray.data.Dataset":
    """Computes the outputs of a model for each row of a dataset, on workers that start warm.

    Args:
      dataset: a column for each input of the model, with one row's array in each row.
      model: the path of a file on this machine, whose bytes go to the workers through the object
        store (a MACE model's `.data` with it); or an `EngineSpec`.
      workers: how many actors hold an engine, or (least, most) for a pool that grows with its work.
      batch_size: rows of a run. A model from a path is prepared for this size alone; the last rows
        of a block are filled up to it.
      columns, results, kept, cache_folder: `BatchPredictor` explains them.
      options: options of `mace.Engine` for a model from a path, such as {"precision": "fp16"}.
      ray_options: further arguments of `ray.data.Dataset.map_batches`, such as num_gpus=1. Without
        num_cpus and num_gpus, a worker takes one processor.

    Returns:
      A dataset that is computed when it is read, with the rows of `dataset` in their order if
      `ray.data.DataContext.get_current().execution_options.preserve_order` is set. A row whose
      worker dies is computed by another worker.

    Raises OSError if the model cannot be read here. Errors of workers come when the dataset is
    read.
    """
    if not isinstance(model, EngineSpec):
        model = EngineSpec.read(model, batch_sizes=(batch_size,), options=options)
    elif options is not None:
        raise ValueError("options: expected none beside an EngineSpec, which has its own")
    least, most = (workers, workers) if isinstance(workers, int) else workers
    if "num_cpus" not in ray_options and "num_gpus" not in ray_options:
        ray_options["num_cpus"] = 1
    constructor = {
        "spec": {"reference": ray.put(model)},
        "columns": columns,
        "results": results,
        "kept": kept,
        "cache_folder": cache_folder,
    }
    return dataset.map_batches(
        BatchPredictor,
        batch_size=batch_size,
        batch_format="numpy",
        fn_constructor_kwargs=constructor,
        compute=ray.data.ActorPoolStrategy(min_size=least, max_size=most),
        **ray_options
    )


def _rows(column: numpy.ndarray, tensor: Any) -> numpy.ndarray:
    """A column as an array of the input's rank and dtype."""
    if column.dtype == object:
        raise ValueError(
            "input %r: expected arrays of one shape in all rows, found different ones" % tensor.name
        )
    if column.ndim != len(tensor.shape):
        raise ValueError(
            "input %r: expected rows of the rank %d, found %d"
            % (tensor.name, len(tensor.shape) - 1, column.ndim - 1)
        )
    if not numpy.can_cast(column.dtype, tensor.dtype, "same_kind"):
        raise TypeError(
            "input %r: expected %s, found %s" % (tensor.name, tensor.dtype, column.dtype)
        )
    return column.astype(tensor.dtype, copy=False)


def _expect_known(what: str, given: Optional[Mapping[str, Any]], known: Any) -> None:
    for name in given or {}:
        if name not in known:
            raise ValueError(
                "%s: expected names of the model, which has %s, found %r"
                % (what, ", ".join(map(repr, known)), name)
            )

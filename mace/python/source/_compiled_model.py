"""A model on a device."""
import atexit
import concurrent.futures
import os
import threading
import weakref
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, TypeVar, Union

from mace import _mace, _options
from mace._call import Call
from mace._gate import Gate
from mace._log import set_log_sink
from mace._model import Model, ModelFile, Shapes
from mace._records import Statistics, TensorSpec
from mace._request import Request

C = TypeVar("C", bound="CompiledModel")


class RunFuture(concurrent.futures.Future):
    """The future outputs of a run on another thread: the dict of arrays of `CompiledModel.run`.

    `cancel()` also makes a run that is at work end soon; launches that are already queued are
    waited for on the run's thread. `running()` is False until the outputs are there.
    """

    def __init__(self) -> None:
        super().__init__()
        self._request: Any = None

    def cancel(self) -> bool:
        """Cancels the run. False if the outputs are already there."""
        if not super().cancel():
            return False
        request = self._request
        if request is not None:
            request.cancel()
        return True

    def _compute(self, call: Call, compiled: "CompiledModel") -> None:
        outputs = error = None
        try:
            with compiled._gate:
                self._request = compiled._core.new_request()
                if not self.cancelled():
                    outputs = call.run(self._request)
        except BaseException as raised:  # The future's owner gets every exception.
            error = raised
        self._request = None
        if not self.set_running_or_notify_cancel():
            return
        if error is not None:
            self.set_exception(error)
        else:
            self.set_result(outputs)


class CompiledModel:
    """A model that is compiled for a device, with its programs, weights and plans.

    There is one plan for each set of input shapes. It is made by the first run with these shapes,
    or in advance by `prepare`, and kept within the limits. Any number of threads may use one
    compiled model; their runs overlap. `close()`, or the end of a `with`, frees the device's memory
    at once.

    A compiled model on a device belongs to the process that made it: in a forked child every use
    raises mace.Error "failed_precondition".
    """

    def __init__(self, model: Union[Model, ModelFile], *, device: str = "gpu", memory: str = "auto",
                 precision: str = "fp32", tuning: str = "none",
                 tuning_progress: Optional[Callable[[int, int, float], Any]] = None,
                 allow_fallback: bool = True, separate_launches: bool = False,
                 split_batch: bool = True, environment: str = "when_needed",
                 host_memory_limit: int = 0, device_memory_limit: int = 0, kept_plans: int = 16,
                 kept_plan_bytes: int = 0, cache: Optional[_options.PathName] = None,
                 cache_read_only: bool = False, cache_public_key: str = "",
                 cache_size_limit: int = 256 << 20, cache_min_generation: int = 0,
                 cache_allow_shared: bool = False, cache_save_after_first_run: bool = True,
                 concurrent_async_runs: int = 4) -> None:
        """Opens the device and makes the plan for the shapes that the model declares.

        Args:
          model: made by `Model.load` or `Model.from_bytes`.
          device: "gpu": the best OpenCL device, a GPU before a CPU driver; "gpu:N" or
            "gpu:NAME-PART" names one of `mace.list_devices()`; "cpu": the reference implementation
            on the host.
          memory: the storage of activations on the device: "auto", "image" or "buffer".
          precision: "fp32", "tf32" (products with 10 bits of mantissa, where the device has units
            for it) or "fp16".
          tuning: how much is measured before a plan is made: "none", "fast" (at most 10 s on a CPU
            driver, 5 s on a GPU) or "full" (every variant, without a time limit).
          tuning_progress: called as tuning_progress(measured, total, milliseconds) between
            measurements. An exception goes to sys.unraisablehook.
          allow_fallback: False: an op that would run on the CPU is an error that names it.
          separate_launches: True: layers do not share one kernel on drivers that run on the host's
            CPU. Slower, but other threads of the app can use the processor between layers.
          split_batch: True: a large batch is computed in slices where that is faster.
          environment: "when_needed" or "never": whether this process's environment variables may be
            set before its first OpenCL call.
          host_memory_limit: the most bytes of host memory for tensors; 0: the memory that the
            system has available.
          device_memory_limit: the most bytes of device memory; 0: the device's memory.
          kept_plans: the most plans to keep; the least recently used one is evicted first.
          kept_plan_bytes: the most bytes of kept plans; 0: a quarter of the device's memory.
          cache: the path of the compiled-program cache file; None: no file.
          cache_read_only: True: the file is never written.
          cache_public_key: 64 hexadecimal digits. Only a file signed with this key is used.
          cache_size_limit: the most bytes of the file.
          cache_min_generation: files of an older generation are not used.
          cache_allow_shared: True: a file may be used that other users can write or own.
          cache_save_after_first_run: True: the file is written in the background after the first
            run of each new plan. `close` waits for it.
          concurrent_async_runs: the most runs of `run_async` at work at once; others wait.

        Raises:
          mace.Error: "device_error" if there is no such device or its driver fails; "unsupported"
            for an op without kernels if `allow_fallback` is False; "resource_exhausted" with the
            bytes needed and available; "invalid_argument" for an option.
          ValueError: for an unknown word as an option's value.
        """
        options = _mace.CompileOptions()
        options.device = device
        options.storage = _options.word("memory", memory, _mace.Storage)
        options.precision = _options.word("precision", precision, _mace.Precision)
        options.tuning = _options.word("tuning", tuning, _mace.Tuning)
        options.environment = _options.word("environment", environment, _mace.Environment)
        if tuning_progress is not None:
            options.set_tuning_progress(tuning_progress)
        options.allow_cpu_fallback = bool(allow_fallback)
        options.separate_launches = bool(separate_launches)
        options.split_batch = bool(split_batch)
        limits = options.limits
        limits.host_bytes = _options.whole_number("host_memory_limit", host_memory_limit)
        limits.device_bytes = _options.whole_number("device_memory_limit", device_memory_limit)
        limits.kept_plans = _options.whole_number("kept_plans", kept_plans)
        limits.kept_plan_bytes = _options.whole_number("kept_plan_bytes", kept_plan_bytes)
        file = options.cache
        file.path = _options.path_name("cache", cache)
        file.read_only = bool(cache_read_only)
        file.public_key = cache_public_key
        file.size_limit = _options.whole_number("cache_size_limit", cache_size_limit)
        file.min_generation = _options.whole_number("cache_min_generation", cache_min_generation, bits=32)
        file.allow_shared = bool(cache_allow_shared)
        file.save_after_first_run = bool(cache_save_after_first_run)
        workers = _options.whole_number("concurrent_async_runs", concurrent_async_runs)
        if workers == 0:
            raise ValueError("concurrent_async_runs: expected one at least, found 0")
        self._start(model, options, workers)

    def _start(self, model: Union[Model, ModelFile], options: Any, workers: int) -> None:
        if not isinstance(model, (Model, ModelFile)):
            raise TypeError("model: expected a mace.Model, as Model.load gives it, found %s" % type(model).__name__)
        self._core = model._compile(options)
        self._inputs = [TensorSpec._of(spec) for spec in self._core.inputs]
        self._outputs = [TensorSpec._of(spec) for spec in self._core.outputs]
        self._workers = workers
        self._gate = Gate()
        self._reset_threads()
        _compiled_models.add(self)

    def _reset_threads(self) -> None:
        """Makes locks and thread pool, and makes them again in a forked child, which has no threads."""
        self._gate.reset()
        self._lock = threading.Lock()
        self._requests: "weakref.WeakSet[Request]" = weakref.WeakSet()
        self._executor: Optional[concurrent.futures.ThreadPoolExecutor] = None

    @property
    def inputs(self) -> List[TensorSpec]:
        """The inputs of the model (`Model.inputs`)."""
        return list(self._inputs)

    @property
    def outputs(self) -> List[TensorSpec]:
        """The outputs of the model (`Model.outputs`)."""
        return list(self._outputs)

    def run(self, inputs: Mapping[str, Any], *, outputs: Optional[Sequence[str]] = None,
            out: Optional[Mapping[str, Any]] = None, timeout: Optional[float] = None) -> Dict[str, Any]:
        """Computes the outputs for one set of inputs, without the GIL.

        Args:
          inputs: arrays by the names of all inputs, each with the rank of its spec. Other extents
            than the declared ones make a plan of their own, which takes as long as compiling
            (`prepare` does so ahead). An array that is row-major without gaps, of the dtype of its
            spec, is read where it is; it must not be changed meanwhile. Other arrays are copied;
            those of another dtype are converted where every number of it is one of the wanted dtype
            (numpy's "safe"), and refused otherwise. Lists and Python's numbers, which have no dtype,
            are rounded to a float, and converted to an integer that holds them. float16 and float64
            inputs take float32 arrays.
          outputs: names of the outputs that are wanted; None: all. What serves other outputs alone is
            not computed: the first run with a new set of outputs may make a plan for it.
          out: arrays by the names of outputs, which the results are written into: writable, and of
            the dtype and shape of the result. Others than row-major arrays take a copy.
          timeout: seconds; what is queued on the device by then is waited for.

        Returns:
          Arrays by name, with the declared dtypes and the computed shapes: new arrays, or those of
          `out`. Later runs do not change them.

        Raises:
          KeyError: for a name that the model does not have, or a missing input.
          TypeError: for a dtype that is not converted.
          ValueError: for numbers that do not fit, and for an array of `out` that is read-only or of
            another shape than the result.
          mace.Error: "invalid_argument" for a rank or shape that does not fit, "deadline_exceeded"
            if the timeout has passed, "failed_precondition" after `close`.
        """
        call = Call(self._inputs, self._outputs, inputs, outputs, out)
        with self._gate:
            return call.run(self._core.new_request(), timeout)

    def run_async(self, inputs: Mapping[str, Any], *, outputs: Optional[Sequence[str]] = None,
                  out: Optional[Mapping[str, Any]] = None) -> RunFuture:
        """Calls `run` on another thread. The arguments are checked before this method returns and
        must not change until the future is done. Errors of the run are those of the future.

        `await asyncio.wrap_future(compiled.run_async(...))` waits for it in a coroutine.
        """
        call = Call(self._inputs, self._outputs, inputs, outputs, out)
        future = RunFuture()
        with self._gate:
            with self._lock:
                if self._executor is None:
                    self._executor = concurrent.futures.ThreadPoolExecutor(self._workers, "mace")
                executor = self._executor
            executor.submit(future._compute, call, self)
        return future

    def prepare(self, shapes: Shapes, outputs: Optional[Sequence[str]] = None) -> None:
        """Makes the plan for these shapes of inputs, compiles and uploads, so that the first run with
        them waits for nothing. An input that is not named has the shape that it was compiled with.
        `outputs` are those that the runs will want; None: all.

        Raises mace.Error "not_found" for a name that is no input's or output's, "invalid_argument"
        for a shape that does not fit, "resource_exhausted" for memory.
        """
        dims = _options.shapes("shapes", shapes)
        names = [] if outputs is None else _options.names("outputs", outputs)
        with self._gate:
            self._core.prepare(dims, names)

    def new_request(self) -> Request:
        """A new request, which keeps its inputs from run to run. It can be used until `close`."""
        with self._gate:
            request = Request(self, self._core.new_request())
            with self._lock:
                self._requests.add(request)
            return request

    @property
    def requests(self) -> List[Request]:
        """The requests of `new_request` that are still referenced."""
        with self._lock:
            return list(self._requests)

    def save_cache(self) -> None:
        """Writes new programs and measurements into the cache file, if there is one.

        Raises mace.Error "io_error" if the file cannot be written."""
        with self._gate:
            self._core.save_cache()

    @property
    def statistics(self) -> Statistics:
        """The present statistics, as a copy."""
        with self._gate:
            return Statistics._of(self._core.statistics)

    @property
    def note(self) -> str:
        """A hint for the user on how the model is computed: one line, or empty."""
        with self._gate:
            return self._core.note

    def close(self) -> None:
        """Waits for the runs at work and for the cache file, and frees everything.

        Runs of `run_async` that have not begun, and all later calls, raise mace.Error
        "failed_precondition". A second call of `close` does nothing.
        """
        self._gate.close()
        if self._executor is not None:
            self._executor.shutdown(wait=False)
        for request in self.requests:
            request._end()
        self._core = None

    def __enter__(self: C) -> C:
        return self

    def __exit__(self, *raised: Any) -> None:
        self.close()


# The compiled models of this process.
_compiled_models: "weakref.WeakSet[CompiledModel]" = weakref.WeakSet()


def _after_fork_in_child() -> None:
    for compiled in list(_compiled_models):
        compiled._reset_threads()


def _at_exit() -> None:
    """Waits, because no thread may be inside C++ when the interpreter ends."""
    for compiled in list(_compiled_models):
        requests = compiled.requests
        for request in requests:
            request.cancel()
        compiled._gate.drain()
        for request in requests:
            request._end()
    set_log_sink(None)


os.register_at_fork(after_in_child=_after_fork_in_child)
atexit.register(_at_exit)

"""mace: runs neural networks on OpenCL devices and starts warm.

    import mace
    engine = mace.Engine("model.onnx", device="gpu", cache="mace-cl-compiled-program.bin")
    outputs = engine.run({"input": array})

`Engine` loads a file and compiles it for a device in one call. The same in separate steps:

    model = mace.Model.load("model.onnx")              # checked, with its weights, without a device
    compiled = mace.CompiledModel(model, device="gpu")
    outputs = compiled.run({"input": array})            # blocking; the GIL is released
    future = compiled.run_async({"input": array})       # a concurrent.futures.Future
    request = compiled.new_request()                    # inputs that stay set, deadlines, cancelling

Inputs are numpy arrays, or objects that share their memory by the array interface, the buffer
protocol or DLPack; results are numpy arrays. `CompiledModel.run` says when an array is copied or
converted.

Failures of the engine raise `mace.Error`, whose `code` is one of "invalid_argument", "not_found",
"corruption", "unsupported", "io_error", "device_error", "resource_exhausted",
"failed_precondition", "cancelled", "deadline_exceeded" and "internal".

A child that is forked after a device was used (by `os.fork`, or a `multiprocessing` pool that
forks) gets "failed_precondition": fork first, or use the start method "spawn".
"""
from mace import cache
from mace._compare import Difference, compare
from mace._compiled_model import CompiledModel, RunFuture
from mace._engine import Engine
from mace._log import set_log_level, set_log_sink
from mace._mace import Error
from mace._mace import VERSION as __version__
from mace._model import Model
from mace._records import (CacheStatistics, CpuNode, Device, RunStatistics, SaveReport, Statistics,
                           TensorSpec, TuningStatistics, list_devices)
from mace._request import Request

__all__ = [
    "CacheStatistics", "CompiledModel", "CpuNode", "Device", "Difference", "Engine", "Error", "Model",
    "Request", "RunFuture", "RunStatistics", "SaveReport", "Statistics", "TensorSpec",
    "TuningStatistics", "__version__", "cache", "compare", "list_devices", "set_log_level", "set_log_sink",
]

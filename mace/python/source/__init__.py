"""mace: runs neural networks on OpenCL devices and starts warm.

    import mace
    engine = mace.Engine("model.pb", cache="mace-cl-compiled-program.bin")
    outputs = engine.run({"input": array})
    differences = mace.compare(engine, mace.Engine("model.pb", device="cpu"), {"input": array})

`Engine(model, **options)` takes a path to a MACE `.pb`, a frozen TensorFlow `.pb` or an ONNX file. Options:
device ("gpu", "gpu:N", "gpu:NAME-PART", "cpu"), memory ("auto", "image", "buffer"), precision ("fp32", "tf32", "fp16"),
tuning ("none", "fast", "full"), allow_fallback, environment ("when_needed", "never": whether the engine may set
variables in the environment of this process), host_memory_limit and device_memory_limit (bytes that tensors may take;
what a model needs is counted before it is taken), kept_plans and kept_plan_bytes (bounds on the plans of different
input shapes that are kept in memory), cache (a file), cache_read_only, cache_public_key, cache_size_limit,
cache_min_generation (an older file is not used), cache_allow_shared (take and replace other users' files),
data (the weights of a MACE model), input_shapes (a dict of lists), open_shapes (likewise, only where the model leaves
extents open), inputs and outputs (tensors of a TensorFlow or ONNX graph to cut it at), input_values (a dict of
arrays: inputs of an ONNX model that hold a shape, an axis or a mode, known before the run).

Failures of the engine raise `mace.Error`, whose `code` is one of "invalid_argument", "not_found", "corruption",
"unsupported", "io_error", "device_error", "resource_exhausted", "failed_precondition", "internal". Runs release the
GIL; an engine runs once at a time, and other threads wait for it.

`engine.close()`, or the end of a `with mace.Engine(...) as engine:`, writes the cache file and frees the device's
memory at once; a closed engine raises "failed_precondition". A child that is forked after a device was used (by
`os.fork`, or a `multiprocessing` pool that forks) gets that error too: fork first, or use the start method "spawn".
"""
from mace import cache
from mace._mace import Engine, Error, compare, devices

__all__ = ["Engine", "Error", "cache", "compare", "devices"]

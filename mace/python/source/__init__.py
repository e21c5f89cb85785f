"""mace: runs neural networks on OpenCL devices and starts warm.

    import mace
    engine = mace.Engine("model.pb", cache="mace-cl-compiled-program.bin")
    outputs = engine.run({"input": array})
    differences = mace.compare(engine, mace.Engine("model.pb", device="cpu"), {"input": array})

`Engine(model, **options)` takes a path to a MACE `.pb`, a frozen TensorFlow `.pb` or an ONNX file. Options:
device ("gpu", "gpu:N", "gpu:NAME-PART", "cpu"), memory ("auto", "image", "buffer"), precision ("fp32", "tf32", "fp16"),
tuning ("none", "fast", "full"), allow_fallback, cache (a file), cache_read_only, cache_public_key, cache_size_limit,
data (the weights of a MACE model), input_shapes (a dict of lists), open_shapes (likewise, only where the model leaves
extents open), inputs and outputs (tensors of a TensorFlow or ONNX graph to cut it at), input_values (a dict of
arrays: inputs of an ONNX model that hold a shape, an axis or a mode, known before the run).

Failures of the engine raise `mace.Error`, whose `code` is one of "invalid_argument", "not_found", "corruption",
"unsupported", "io_error", "device_error", "resource_exhausted",
"failed_precondition", "internal". Runs release the GIL; an engine runs once at a time.
"""
from mace import cache
from mace._mace import Engine, Error, compare, devices

__all__ = ["Engine", "Error", "cache", "compare", "devices"]

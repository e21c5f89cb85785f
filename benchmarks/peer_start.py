"""One start of a peer in this process: python3 peer_start.py onnxruntime|openvino MODEL.onnx THREADS [CACHE_DIR]

Prints a JSON object: milliseconds of making the session and of its first inference (random input),
as a user's code sees them. Importing the module is not included and is given separately.
"""
import json
import sys
import time


def milliseconds():
    return time.monotonic() * 1e3


def start_onnxruntime(model, threads, _):
    import numpy as np
    import onnxruntime
    imported = milliseconds()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    loaded = milliseconds()
    port = session.get_inputs()[0]
    values = np.random.RandomState(1).uniform(-1, 1, port.shape).astype(np.float32)
    before = milliseconds()
    session.run(None, {port.name: values})
    return imported, loaded - imported, milliseconds() - before, onnxruntime.__version__


def start_openvino(model, threads, cache_folder):
    import numpy as np
    import openvino
    imported = milliseconds()
    core = openvino.Core()
    options = {"INFERENCE_NUM_THREADS": str(threads), "INFERENCE_PRECISION_HINT": "f32"}
    if cache_folder:
        options["CACHE_DIR"] = cache_folder
    compiled = core.compile_model(model, "CPU", options)
    request = compiled.create_infer_request()
    loaded = milliseconds()
    values = np.random.RandomState(1).uniform(-1, 1, list(compiled.inputs[0].shape)).astype(np.float32)
    before = milliseconds()
    request.infer({0: values})
    return imported, loaded - imported, milliseconds() - before, openvino.__version__


def main():
    engine, model, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
    cache_folder = sys.argv[4] if len(sys.argv) > 4 else ""
    begin = milliseconds()
    run = {"onnxruntime": start_onnxruntime, "openvino": start_openvino}[engine]
    imported, load, first, version = run(model, threads, cache_folder)
    print(json.dumps({"import_ms": imported - begin, "load_ms": load, "first_run_ms": first, "version": version}))


if __name__ == "__main__":
    main()

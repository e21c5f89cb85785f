"""ONNX Runtime, OpenVINO or MNN on the CPU, with the protocol of peer_worker.py: python3 peer_engines.py ENGINE THREADS

ENGINE `numpy` loads no engine: its process shows the memory that each of these processes takes before its engine.
"""
import os
import subprocess
import sys

import numpy as np

from peer_worker import Contender, checked_by_files, milliseconds, serve


def onnxruntime_session(path, threads):
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = threads, 4  # 4: only what ends the process is logged.
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def openvino_options(threads):
    return {"INFERENCE_NUM_THREADS": str(threads), "INFERENCE_PRECISION_HINT": "f32"}


def load_onnxruntime(stem, values, threads):
    import onnxruntime
    session = onnxruntime_session(stem + ".onnx", threads)
    inputs = {session.get_inputs()[0].name: values}
    return onnxruntime.__version__, lambda: session.run(None, inputs)[0]


def load_openvino(stem, values, threads):
    import openvino
    compiled = openvino.Core().compile_model(stem + ".onnx", "CPU", openvino_options(threads))
    request = compiled.create_infer_request()
    return openvino.__version__.split("-")[0], lambda: request.infer({0: values})[0]


def convert_for_mnn(stem):
    """Converts the model to a file of MNN, which reads only its own format; the file is kept beside the model."""
    converted = stem + ".mnn"
    if not os.path.exists(converted):
        command = [os.path.join(os.path.dirname(sys.executable), "mnnconvert"), "-f", "ONNX", "--modelFile",
                   stem + ".onnx", "--MNNModel", converted + ".new", "--bizCode", "mace"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.rename(converted + ".new", converted)
    return converted


def load_mnn(stem, values, threads):
    path = convert_for_mnn(stem)
    import MNN
    net = MNN.Interpreter(path)
    session = net.createSession({"backend": "CPU", "numThread": threads, "precision": "high"})
    source, target = net.getSessionInput(session), net.getSessionOutput(session)
    shape = target.getShape()
    given = MNN.Tensor(values.shape, MNN.Halide_Type_Float, values, MNN.Tensor_DimensionType_Caffe)
    found = MNN.Tensor(shape, MNN.Halide_Type_Float, np.zeros(shape, np.float32), MNN.Tensor_DimensionType_Caffe)

    def run():
        source.copyFrom(given)
        net.runSession(session)
        target.copyToHostTensor(found)
        return found.getNumpyData()

    run.keeps = net  # The session lives as long as its interpreter.
    return MNN.version(), run


def load_numpy(_, values, __):
    return np.__version__, lambda: values


LOADERS = {"onnxruntime": load_onnxruntime, "openvino": load_openvino, "mnn": load_mnn, "numpy": load_numpy}


def main():
    engine, threads = sys.argv[1], int(sys.argv[2])

    def load(stem, values):
        begin = milliseconds()
        version, run = LOADERS[engine](stem, values, threads)
        contender = Contender(engine, "fp32", run)
        contender.facts = {"version": version, "load_ms": milliseconds() - begin}
        return [contender]

    serve(checked_by_files(load))


if __name__ == "__main__":
    main()

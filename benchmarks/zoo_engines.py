"""ONNX Runtime or OpenVINO on a case of zoo_cases.py, with the protocol of peer_worker.py.

python3 zoo_engines.py ENGINE THREADS. The case of a load request also has "written", a folder for the engine's outputs,
and maybe "cache", the folder in which OpenVINO keeps compiled models.
"""
import importlib
import os
import re
import sys

import numpy as np

from peer_engines import onnxruntime_session, openvino_options
from peer_worker import Contender, first_run, milliseconds, serve
from zoo_check import bare


def load_onnxruntime(case, inputs, threads):
    """The version, the names of the outputs, and a call that gives the outputs in that order."""
    if case["format"] != "onnx":
        raise ValueError("reads only ONNX models")
    import onnxruntime
    session = onnxruntime_session(case["model"], threads)
    names = [output.name for output in session.get_outputs()]
    return onnxruntime.__version__, names, lambda: session.run(None, inputs)


def find_input(model, name):
    """The number of the input with this name, with or without the number that TensorFlow adds."""
    for number, port in enumerate(model.inputs):
        if {name, name + ":0"} & set(port.get_names()):
            return number
    if len(model.inputs) == 1:
        return 0
    raise ValueError("input %s is none of the model's" % name)


def output_names(model, case):
    """A name for each output of an OpenVINO model; of several names, the one that the case has."""
    expected = {bare(name) for name in case["outputs"] or {}}
    found = []
    for number, port in enumerate(model.outputs):
        names = sorted(port.get_names(), key=lambda name: (bare(name) not in expected, name))
        found.append(names[0] if names else str(number))
    return found


def load_openvino(case, inputs, threads):
    if case["format"] == "mace":
        raise ValueError("does not read models of MACE")
    import openvino
    core = openvino.Core()
    model = core.read_model(case["model"])
    places = {find_input(model, name): values for name, values in inputs.items()}
    if any(model.inputs[number].partial_shape.is_dynamic for number in places):
        model.reshape({number: list(values.shape) for number, values in places.items()})
    options = openvino_options(threads)
    if case.get("cache"):
        options["CACHE_DIR"] = case["cache"]
    names = output_names(model, case)
    request = core.compile_model(model, "CPU", options).create_infer_request()

    def run():
        found = request.infer(places)
        return [found[number] for number in range(len(names))]

    return openvino.__version__.split("-")[0], names, run


LOADERS = {"onnxruntime": load_onnxruntime, "openvino": load_openvino}


def write_outputs(names, arrays, folder, label):
    """Writes the outputs; gives [(name, path)], without what is no tensor."""
    written = []
    for number, (name, array) in enumerate(zip(names, arrays)):
        array = np.asarray(array)
        if array.dtype != object:
            path = os.path.join(folder, "%s-%d.npy" % (label, number))
            np.save(path, array)
            written.append((name, path))
    return written


def without_places(text):
    """An error of OpenVINO without the lines that only say where in its sources it arose."""
    lines = [line.strip() for line in text.splitlines() if not re.search(r"\.[ch]pp:[0-9]+:?$", line.strip())]
    return " ".join(line for line in lines if line) or text


def loader(engine, threads):
    def load(case):
        inputs = {name: np.load(path) for name, path in case["inputs"].items()}
        importlib.import_module(engine)  # Importing is no part of a start.
        begin = milliseconds()
        try:
            version, names, run = LOADERS[engine](case, inputs, threads)
        except RuntimeError as error:
            raise RuntimeError(without_places(str(error))) from error
        contender = Contender(engine, "fp32", run)
        contender.facts = {"version": version, "load_ms": milliseconds() - begin}
        contender.facts["outputs"] = write_outputs(names, first_run(contender), case["written"], engine)
        return [contender]

    return load


if __name__ == "__main__":
    serve(loader(sys.argv[1], int(sys.argv[2])))

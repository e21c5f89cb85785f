#!/usr/bin/env python3
"""Runs the onnx package's own test suites through mace.backend and counts what becomes of each case.

usage: PYTHONPATH=bazel-bin/mace/python tools/onnx_suite.py [--device cpu|gpu] [--suite NAME]... [--filter REGEX]
           [--json FILE] [--floor FILE] [--list WORD]

Needs numpy and the onnx package with its test data, as PyPI has it. The suites: node, pytorch-converted,
pytorch-operator, simple, light. A case is
  passed    every output as expected, within the case's own tolerance
  refused   mace.Error: the importer, or the engine, says what it does not do
  wrong     another answer, or another shape or type
  crashed   the process died, or took over a minute
  skipped   its data are no tensors (sequences, optional values), or are bfloat16, whose last bit the cases
            expect of each step, where mace computes in float32; or its outputs are random numbers
"light" needs models that onnx downloads: run only where they are there. Exit code 1: a case is wrong or crashed,
or fewer passed than the floor says.
"""
import argparse
import collections
import glob
import json
import multiprocessing
import os
import re
import sys
import warnings

SUITES = ("node", "pytorch-converted", "pytorch-operator", "simple", "light")
SECONDS = 60
# Cases whose expected values are float32's own rounding where the exact result is 0: 1.9e-7 there, 3e-15 here.
ROUNDED = re.compile(r"^test_dft_inverse")
ROUNDED_ATOL = 1e-6
RANDOM_OPS = {"Bernoulli", "Multinomial", "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike"}


class Case:
    def __init__(self, suite, name, model, data, rtol, atol):
        self.suite, self.name, self.model, self.data = suite, name, model, data
        self.rtol, self.atol = rtol, atol


def node_cases():
    """Made by the package in memory: model, [(inputs, outputs)]."""
    from onnx.backend.test.case.node import collect_testcases
    for case in collect_testcases(None):
        if case.model is not None:
            yield Case("node", case.name, case.model.SerializeToString(), case.data_sets, case.rtol, case.atol)


def stored_cases(suite):
    import onnx
    root = os.path.join(os.path.dirname(onnx.__file__), "backend", "test", "data", suite)
    for folder in sorted(glob.glob(os.path.join(root, "*", "model.onnx"))):
        folder = os.path.dirname(folder)
        yield Case(suite, os.path.basename(folder), os.path.join(folder, "model.onnx"), folder, 1e-3, 1e-7)


def stored_sets(case):
    """[(inputs, outputs)] of a folder; a value that is no tensor is None."""
    import onnx
    from onnx import numpy_helper
    graph = onnx.load(case.model, load_external_data=False).graph

    def load(path, declared):
        if not declared.type.HasField("tensor_type"):
            return None
        tensor = onnx.TensorProto()
        with open(path, "rb") as file:
            tensor.ParseFromString(file.read())
        return numpy_helper.to_array(tensor)

    held = {tensor.name for tensor in graph.initializer}
    for folder in sorted(glob.glob(os.path.join(case.data, "test_data_set_*"))):
        count = len(glob.glob(os.path.join(folder, "input_*.pb")))
        ports = [port for port in graph.input if count == len(graph.input) or port.name not in held]
        inputs = [load(os.path.join(folder, "input_%d.pb" % i), port) for i, port in enumerate(ports[:count])]
        if count == len(graph.input):
            inputs = [value for value, port in zip(inputs, ports) if port.name not in held]
        outputs = [load(os.path.join(folder, "output_%d.pb" % i), port) for i, port in enumerate(graph.output)]
        yield inputs, outputs


def is_tensor(value):
    import numpy
    if not isinstance(value, numpy.ndarray):
        return numpy.isscalar(value)
    return value.dtype.name != "bfloat16"


def draws_numbers(model):
    """Whether a node of the model (bytes, or a path) gives random numbers, which are others in each engine."""
    import onnx
    loaded = onnx.load_from_string(model) if isinstance(model, bytes) else onnx.load(model, load_external_data=False)
    return any(node.op_type in RANDOM_OPS for node in loaded.graph.node)


def as_array(value):
    """A tensor of the package's own form as an array; other values as they are."""
    import onnx
    from onnx import numpy_helper
    return numpy_helper.to_array(value) if isinstance(value, onnx.TensorProto) else value


def compare(found, expected, case):
    """What is wrong with an output, or an empty text."""
    import numpy
    expected = numpy.asarray(expected)
    if found.shape != expected.shape:
        return "shape %s, expected %s" % (found.shape, expected.shape)
    if expected.dtype.kind != "f" and found.dtype != expected.dtype:
        return "type %s, expected %s" % (found.dtype, expected.dtype)
    try:
        if expected.dtype.name in ("int4", "uint4", "int2", "uint2"):
            found, expected = found.astype(numpy.int8), expected.astype(numpy.int8)
        if expected.dtype.kind == "f":
            # Activations are float32 in the engine; the model says what its outputs are rounded to.
            found = found.astype(expected.dtype)
            found, expected = found.astype(numpy.float64), expected.astype(numpy.float64)
        atol = max(case.atol, ROUNDED_ATOL) if ROUNDED.match(case.name) else case.atol
        numpy.testing.assert_allclose(found, expected, rtol=case.rtol, atol=atol)
    except AssertionError as error:
        return " ".join(str(error).split())[:200]
    return ""


def run_case(case, device):
    """(verdict, why, ops on the GPU, ops on the CPU)."""
    import mace
    import mace.backend
    gpu = cpu = 0
    try:
        if draws_numbers(case.model):
            return "skipped", "random numbers", 0, 0
        sets = list(stored_sets(case)) if isinstance(case.data, str) else case.data
        for inputs, outputs in sets:
            inputs = [as_array(value) for value in inputs]
            outputs = [as_array(value) for value in outputs]
            if not all(is_tensor(value) for value in inputs + outputs):
                return "skipped", "no tensors", 0, 0
            rep = mace.backend.prepare(case.model, "CPU" if device == "cpu" else "GPU")
            found = rep.run(inputs)
            gpu = rep.statistics.gpu_image_nodes + rep.statistics.gpu_buffer_nodes
            cpu = rep.statistics.cpu_nodes
            if len(found) != len(outputs):
                return "wrong", "%d outputs, expected %d" % (len(found), len(outputs)), gpu, cpu
            for value, expected in zip(found, outputs):
                why = compare(value, expected, case)
                if why:
                    return "wrong", why, gpu, cpu
    except mace.Error as error:
        return "refused", str(error), 0, 0
    except (TypeError, ValueError) as error:  # Data that the engine does not take.
        return "refused", str(error), 0, 0
    return "passed", "", gpu, cpu


def work(connection, device):
    """A worker: cases in, verdicts out. A process of its own, since a crash must not end the count."""
    warnings.filterwarnings("ignore")
    while True:
        try:
            case = connection.recv()
        except EOFError:  # Nobody is there any more.
            return
        connection.send(run_case(case, device))


class Worker:
    def __init__(self, device):
        self.device = device
        self.start()

    def start(self):
        self.connection, theirs = multiprocessing.Pipe()
        self.process = multiprocessing.Process(target=work, args=(theirs, self.device), daemon=True)
        self.process.start()
        theirs.close()

    def run(self, case):
        self.connection.send(case)
        try:
            if self.connection.poll(SECONDS):
                return self.connection.recv()
            why = "no answer within %d s" % SECONDS
        except EOFError:
            why = "the process died"
        self.process.kill()
        self.process.join()
        self.start()
        return "crashed", why, 0, 0


def count(results):
    table = collections.OrderedDict()
    for case, (verdict, _, gpu, cpu) in results:
        row = table.setdefault(case.suite, collections.Counter())
        row[verdict] += 1
        if verdict == "passed" and gpu > 0 and cpu == 0:
            row["on_gpu"] += 1
    return table


def below(table, floor):
    """Where fewer cases passed than the floor says."""
    for suite, row in floor.items():
        for key, least in row.items():
            if table.get(suite, {}).get(key, 0) < least:
                yield "%s: %d %s, expected %d at least" % (suite, table.get(suite, {}).get(key, 0), key, least)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=("cpu", "gpu"), default="cpu")
    parser.add_argument("--suite", action="append", choices=SUITES)
    parser.add_argument("--filter", default="")
    parser.add_argument("--json")
    parser.add_argument("--floor", help="a JSON file: device, suite, then least counts")
    parser.add_argument("--list", action="append", default=[], help="print the cases of a verdict")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")
    multiprocessing.set_start_method("spawn")
    import onnx
    cases = []
    for suite in arguments.suite or SUITES[:4]:
        cases += [case for case in (node_cases() if suite == "node" else stored_cases(suite))
                  if re.search(arguments.filter, case.name)]
    worker = Worker(arguments.device)
    results = []
    for case in cases:
        results.append((case, worker.run(case)))
        verdict, why = results[-1][1][:2]
        if verdict in ("wrong", "crashed") or verdict in arguments.list:
            print("%-8s %s/%s: %s" % (verdict, case.suite, case.name, why), flush=True)
    table = count(results)
    print("onnx %s, device %s" % (onnx.__version__, arguments.device))
    print("%-20s %8s %8s %8s %8s %8s   %s" % ("suite", "passed", "refused", "wrong", "crashed", "skipped",
                                           "passed with every op on the GPU"))
    for suite, row in table.items():
        print("%-20s %8d %8d %8d %8d %8d   %8d" % (suite, row["passed"], row["refused"], row["wrong"], row["crashed"],
                                               row["skipped"], row["on_gpu"]))
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump({"onnx": onnx.__version__, "device": arguments.device, "suites": table,
                       "cases": {"%s/%s" % (case.suite, case.name): result[0] for case, result in results}},
                      file, indent=1)
    faults = [fault for row in table.values() for fault in ("wrong", "crashed") if row[fault]]
    if arguments.floor:
        with open(arguments.floor, encoding="utf-8") as file:
            faults += list(below(table, json.load(file)[arguments.device]))
    for fault in faults:
        print("FAILED: " + fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

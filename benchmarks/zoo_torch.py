"""torch on an NVIDIA GPU with a case of zoo_cases.py: python3 zoo_torch.py PRECISION[,PRECISION...] [compile]

The network is what make() of the case's python file gives, a torch.nn.Module in inference mode that takes the inputs of
the case in their order, or else what the package onnx2torch makes of the ONNX file. It runs as a CUDA graph and, if
asked for, through torch.compile; a form or a precision that fails is left out with its reason. The protocol is that of
peer_worker.py, with "written" as in zoo_engines.py.
"""
import importlib.util
import os
import sys

import numpy as np
import torch

from peer_torch import contenders_of
from peer_worker import first_run, serve
from zoo_engines import write_outputs


def make_network(case):
    if case["torch"]:
        spec = importlib.util.spec_from_file_location("network", case["torch"])
        module = importlib.util.module_from_spec(spec)
        sys.path.insert(0, os.path.dirname(case["torch"]))
        spec.loader.exec_module(module)
        return module.make().eval()
    if case["format"] != "onnx":
        raise ValueError("the manifest names no python file that makes this network")
    try:
        import onnx2torch
    except ImportError as error:
        raise ValueError("the manifest names no python file that makes this network, and there is no onnx2torch "
                         "to read the ONNX file") from error
    return onnx2torch.convert(case["model"]).eval()


def load_form(case, inputs, precision, form):
    """One contender, after its first run."""
    torch.cuda.empty_cache()
    contender, = contenders_of(make_network(case), inputs, precision, [form])
    outputs = first_run(contender)
    names = list(case["outputs"] or {}) or [str(number) for number in range(len(outputs))]
    label = "%s-%s" % (form.replace(" ", "-"), precision)
    contender.facts["outputs"] = write_outputs(names, outputs, case["written"], label)
    return contender


def loader(precisions, forms):
    def load(case):
        inputs = [np.load(path) for path in case["inputs"].values()]
        found, failed = [], []
        for precision in precisions:
            for form in forms:
                try:
                    found.append(load_form(case, inputs, precision, form))
                except Exception as error:  # pylint: disable=broad-except  # An exception is the result of this form.
                    failed.append({"engine": form, "precision": precision,
                                   "error": "%s: %s" % (type(error).__name__, " ".join(str(error).split())[:200])})
        if not found:
            raise ValueError(failed[0]["error"])
        found[0].facts["failed_forms"] = failed
        return found

    return load


def main():
    forms = ["torch CUDA graph"] + (["torch.compile"] if "compile" in sys.argv[2:] else [])
    serve(loader(sys.argv[1].split(","), forms))


if __name__ == "__main__":
    main()

"""The networks of a folder, each as a case: a dict that also goes to the peers' processes as JSON.

    name           of the network
    format         onnx, tf, tflite or mace
    model, data    paths; data: the weights of a MACE model, or None
    args           further options of mace, such as --inputs and --outputs
    inputs         {name: path of an .npy}, or None: drawn from a seed (draw_inputs)
    outputs        {name: path of an .npy}, the expected outputs, or None: the engines are compared with each other
    max_abs_err    the largest difference from the expected outputs that passes, or None
    min_cosine     in place of max_abs_err, for quantized models: the least cosine that passes, or None
    torch          path of a python file whose make() gives the network as a torch.nn.Module, or None

A folder with a manifest.json has the cases of that file, whose format is the one that `mace validate` reads; the first
of a network's input sets is measured. In a folder without one, every model file below it is a case.
"""
import json
import os
import re

import numpy as np

FORMATS = {".onnx": "onnx", ".tflite": "tflite", ".pb": "tf"}
DTYPES = {"bfloat16": "float32"}  # Types that numpy lacks, and what a file holds in their place.


class NoCase(Exception):
    """A network that cannot be measured: one line that says why."""


def limits(entry):
    """max_abs_err and min_cosine of an entry of the manifest, which has a number or a sentence with "cosine >= NUMBER"."""
    limit = entry.get("max_abs_err")
    if not isinstance(limit, str):
        return {"max_abs_err": limit, "min_cosine": None}
    found = re.search(r"cosine >= ([0-9.]*[0-9])", limit)
    if not found:
        raise ValueError("max_abs_err of %s: expected a number or cosine >= NUMBER, found %r" % (entry["name"], limit))
    return {"max_abs_err": None, "min_cosine": float(found.group(1))}


def case_of_entry(entry, folder):
    """The case of an entry of the manifest."""
    def files(part):
        tensors = entry["sets"][0].get(part)
        return {name: os.path.join(folder, tensor["file"]) for name, tensor in tensors.items()} if tensors else None

    paths = [os.path.join(folder, path) for path in entry["model"]]
    beside = entry.get("torch")
    return {"name": entry["name"], "format": entry.get("format", "onnx"), "model": paths[0],
            "data": paths[1] if len(paths) > 1 else None, "args": entry.get("args", []), "inputs": files("inputs"),
            "outputs": files("outputs"), **limits(entry), "torch": os.path.join(folder, beside) if beside else None}


def format_of_pb(path):
    """A .pb is a MACE model if its weights lie beside it."""
    data = path[:-len(".pb")] + ".data"
    return ("mace", data) if os.path.exists(data) else ("tf", None)


def case_of_file(path, folder):
    """The case of a model file that no manifest describes."""
    stem, suffix = os.path.splitext(path)
    kind, data = format_of_pb(path) if suffix == ".pb" else (FORMATS[suffix], None)
    if os.path.basename(path) == "saved_model.pb":
        stem = path = os.path.dirname(path)  # A SavedModel is a folder.
    return {"name": os.path.relpath(stem, folder), "format": kind, "model": path, "data": data, "args": [],
            "inputs": None, "outputs": None, "max_abs_err": None, "min_cosine": None, "torch": None}


def model_files(folder):
    found = []
    for where, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [os.path.join(where, name) for name in sorted(names) if os.path.splitext(name)[1] in FORMATS]
    return found


def cases_of(folder):
    """All cases of the folder. Raises NoCase where the manifest cannot be read."""
    manifest = os.path.join(folder, "manifest.json")
    if not os.path.exists(manifest):
        return [case_of_file(path, folder) for path in model_files(folder)]
    try:
        with open(manifest, encoding="utf-8") as file:
            return [case_of_entry(entry, folder) for entry in json.load(file)]
    except (OSError, ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise NoCase("%s: expected a list of networks with name, model and sets, found %s: %s" % (
            manifest, type(error).__name__, error)) from error


def concrete(name, shape):
    """The shape with a batch of 1 where the model leaves it open."""
    found = [1 if extent < 0 and axis == 0 else extent for axis, extent in enumerate(shape)]
    if any(extent < 0 for extent in found):
        raise NoCase("input %s: expected known extents behind the first, found %s; a manifest.json can give its inputs"
                     % (name, shape))
    return found


def draw(shape, dtype, seed):
    """The numbers that `mace run` draws itself: floats from -1 to 1 by the Mersenne Twister, integers are zeros."""
    dtype = np.dtype(DTYPES.get(dtype, dtype))
    if dtype.kind != "f":
        return np.zeros(shape, dtype)
    raw = np.random.RandomState(seed)._bit_generator.random_raw(int(np.prod(shape)))
    return ((raw >> 8).astype(np.float32) / np.float32(1 << 23) - np.float32(1)).reshape(shape).astype(dtype)


def draw_inputs(case, inspected, folder):
    """The case with inputs, drawn from a seed and written to the folder. `inspected`: the JSON of `mace inspect`."""
    inputs = {}
    for number, spec in enumerate(inspected["inputs"]):
        path = os.path.join(folder, "input-%d.npy" % number)
        np.save(path, draw(concrete(spec["name"], spec["shape"]), spec["dtype"], number + 1))
        inputs[spec["name"]] = path
    return {**case, "inputs": inputs}

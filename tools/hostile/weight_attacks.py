"""Weights that lie: about their shape, size, place and type, and where they are."""
import os

import mace_models as mace
import onnx_models as onnx
import tensorflow_models as tf
from case import REFUSED, Case, link, model_files, run_case, run_command
from onnx_models import floats, onnx_pb2

SECRET = b"what-lies-outside-of-the-folder!"  # 32 bytes, eight floats.


def lies_of_tensors():
    """Tensors whose shape, size, place or type does not fit what the file holds."""
    for dims in ((-1,), (2**31, 2**31, 2**31), (0,), (2**40,), (12, -1), (13,)):
        model = onnx.one("Add", {"x": (12,)}, {"w": floats(12)})
        del model.graph.initializer[0].dims[:]
        model.graph.initializer[0].dims.extend(dims)
        yield run_case("tensor onnx of shape %s" % (dims,), model, exits=REFUSED)
        made, data = mace.one("AddN", {"x": (12,)}, {"w": floats(12)}, data_format=mace.NONE)
        del made.net_def[0].tensors[0].dims[:]
        made.net_def[0].tensors[0].dims.extend(dims)
        yield run_case("tensor mace of shape %s" % (dims,), (made, data), exits=REFUSED)
        graph = tf.one("Add", {"x": (12,)}, {"w": floats(12)})
        shape = graph.node[1].attr["value"].tensor.tensor_shape
        del shape.dim[:]
        for extent in dims:
            shape.dim.add(size=extent)
        yield run_case("tensor tensorflow of shape %s" % (dims,), graph, exits=REFUSED)
    for field in ("offset", "data_size"):
        for number in (-1, 2**31, 2**40, 2**63 - 1, -2**63):
            made, data = mace.one("AddN", {"x": (12,)}, {"w": floats(12)}, data_format=mace.NONE)
            setattr(made.net_def[0].tensors[0], field, number)
            yield run_case("tensor mace %s %d" % (field, number), (made, data), exits=REFUSED)
    made, data = mace.one("AddN", {"x": (12,)}, {"w": floats(12)}, data_format=mace.NONE)
    for size in (0, 1, 47):
        yield run_case("weights of %d bytes" % size, (made, data[:size]), exits=REFUSED)
    files = model_files((made, data))
    yield Case("weights that are endless", {**files, "model.data": link("/dev/zero")}, run_command(), exits=REFUSED)
    yield Case("weights that are a pipe", {**files, "model.data": os.mkfifo}, run_command(), exits=REFUSED)


def external(location):
    model = onnx.one("Add", {"x": (8,)}, {"w": floats(8)})
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = onnx_pb2.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=location)
    return model.SerializeToString()


def weights_elsewhere():
    """External weights that lie outside of the model's folder, or are no file."""
    for name, location, more in (
            ("up", "../secret", {}), ("by a folder", "inner/../../secret", {"model/inner": os.mkdir}),
            ("by a link", "w", {"model/w": link("../secret")}),
            ("by a folder that is a link", "d/secret", {"model/d": link("..")}),
            ("at the root", "/etc/hostname", {}), ("in a pipe", "w", {"model/w": os.mkfifo}),
            ("in an endless file", "w", {"model/w": link("/dev/zero")}),
            ("in the process", "w", {"model/w": link("/proc/self/mem")}),
            ("in a loop", "w", {"model/w": link("w")}), ("in a folder", "inner", {"model/inner": os.mkdir}),
            ("with a NUL", "w\0x", {"model/w": floats(8).tobytes()}), ("nowhere", "w", {}), ("unnamed", "", {})):
        files = {"model/m.onnx": external(location), "secret": SECRET, **more}
        yield Case("weights " + name, files, run_command(), exits=REFUSED, secret=SECRET)
    for key, number in (("offset", "-1"), ("offset", "99999999999999999999"), ("offset", "1e3"), ("length", "-8"),
                        ("length", "2147483648"), ("length", "0x20")):
        model = onnx_pb2.ModelProto.FromString(external("w"))
        model.graph.initializer[0].external_data.add(key=key, value=number)
        files = {"model/m.onnx": model.SerializeToString(), "model/w": floats(8).tobytes()}
        yield Case("weights of %s %s" % (key, number), files, run_command(), exits=REFUSED)


def cases():
    yield from lies_of_tensors()
    yield from weights_elsewhere()

"""Small TensorFlow graphs: a writer, and a plain model for each operator."""
import os
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "models"))
from schema import tensorflow_pb2 as tf  # noqa: E402

from onnx_models import floats  # noqa: E402
from op_lists import one_each  # noqa: E402


class Type(int):
    """An attribute that is an element type."""


def set_attribute(holder, key, value):
    attribute = holder.attr[key]
    if isinstance(value, bool):
        attribute.b = value
    elif isinstance(value, Type):
        attribute.type = int(value)
    elif isinstance(value, int):
        attribute.i = value
    elif isinstance(value, float):
        attribute.f = value
    elif isinstance(value, str):
        attribute.s = value.encode()
    else:
        attribute.list.i.extend(value)


def fill_tensor(made, values):
    """Integers lie in a list, so that each is a field of the message; floats are raw bytes."""
    values = np.asarray(values)
    made.tensor_shape.SetInParent()
    for extent in values.shape:
        made.tensor_shape.dim.add(size=extent)
    if values.dtype.kind == "b":
        made.dtype = tf.DT_BOOL
        made.bool_val.extend(values.ravel().tolist())
    elif values.dtype.kind == "i":
        made.dtype = tf.DT_INT32
        made.int_val.extend(values.ravel().tolist())
    else:
        made.dtype = tf.DT_FLOAT
        made.tensor_content = values.astype("<f4").tobytes()


class Model:
    def __init__(self):
        self.graph = tf.GraphDef()
        self.graph.versions.producer = 1286

    def node(self, op, name, inputs, data_type="T", **attributes):
        made = self.graph.node.add(name=name, op=op, input=inputs)
        if data_type:
            made.attr[data_type].type = tf.DT_FLOAT
        for key, value in attributes.items():
            set_attribute(made, key, value)
        return name

    def placeholder(self, name, shape, data_type=tf.DT_FLOAT):
        self.node("Placeholder", name, [], None, dtype=Type(data_type))
        shape_of = self.graph.node[-1].attr["shape"].shape
        shape_of.SetInParent()
        for extent in shape:
            shape_of.dim.add(size=extent)
        return name

    def const(self, name, values):
        made = self.graph.node.add(name=name, op="Const")
        fill_tensor(made.attr["value"].tensor, values)
        made.attr["dtype"].type = made.attr["value"].tensor.dtype
        return name


def one(op, inputs, constants=None, data_type="T", **attributes):
    """A graph of one node, which reads the inputs (name -> shape, or (shape, type)) and then the constants."""
    made = Model()
    for name, shape in inputs.items():
        if shape and isinstance(shape[-1], Type):
            made.placeholder(name, shape[0], int(shape[1]))
        else:
            made.placeholder(name, shape)
    for name, values in (constants or {}).items():
        made.const(name, values)
    made.node(op, "y", [*inputs, *(constants or {})], data_type, **attributes)
    return made.graph


IMAGE = {"x": (1, 6, 6, 2)}
MATRIX = {"x": (3, 4)}
PAIR = {"x": (3, 4), "z": (1, 4)}
INDEX = {"x": (3, 4), "i": ((2,), Type(tf.DT_INT32))}
UNARY = ("Abs", "Ceil", "Cos", "Elu", "Erf", "Exp", "Expm1", "Floor", "Identity", "LeakyRelu", "Log", "Log1p", "Neg",
         "Reciprocal", "Relu", "Relu6", "Rint", "Round", "Rsqrt", "Selu", "Shape", "Sigmoid", "Sign", "Sin", "Softplus",
         "Softsign", "Sqrt", "Square", "Tan", "Tanh", "Softmax", "LogSoftmax")
BINARY = ("Add", "AddV2", "Equal", "FloorDiv", "Greater", "Less", "Maximum", "Minimum", "Mul", "NotEqual", "Pow",
          "RealDiv", "SquaredDifference", "Sub")
REDUCE = ("Max", "Mean", "Min", "Prod", "Sum")


def windows():
    spatial = {"strides": [1, 2, 2, 1], "padding": "SAME", "data_format": "NHWC"}
    yield "conv2d", one("Conv2D", IMAGE, {"w": floats(3, 3, 2, 4)}, dilations=[1, 1, 1, 1], **spatial)
    yield "depthwise", one("DepthwiseConv2dNative", IMAGE, {"w": floats(3, 3, 2, 2)}, dilations=[1, 1, 1, 1], **spatial)
    deconvolution = Model()
    deconvolution.const("s", np.array([1, 12, 12, 3]))
    deconvolution.const("w", floats(3, 3, 3, 2))
    deconvolution.placeholder("x", IMAGE["x"])
    deconvolution.node("Conv2DBackpropInput", "y", ["s", "w", "x"], **spatial)
    yield "conv2dbackpropinput", deconvolution.graph
    yield from one_each(one, ("MaxPool", "AvgPool"), IMAGE, ksize=[1, 3, 3, 1], **spatial)
    yield "extractimagepatches", one("ExtractImagePatches", IMAGE, ksizes=[1, 2, 2, 1], strides=[1, 2, 2, 1],
                                     rates=[1, 1, 1, 1], padding="VALID")
    yield from one_each(one, ("ResizeBilinear", "ResizeBicubic", "ResizeNearestNeighbor"), IMAGE,
                        {"s": np.array([9, 4])}, align_corners=False)
    yield "spacetobatchnd", one("SpaceToBatchND", IMAGE, {"b": np.array([2, 2]), "p": np.zeros((2, 2), np.int64)})
    yield "batchtospacend", one("BatchToSpaceND", {"x": (4, 3, 3, 2)},
                                {"b": np.array([2, 2]), "c": np.array([[1, 0], [0, 1]])})
    yield "depthtospace", one("DepthToSpace", {"x": (1, 2, 2, 8)}, block_size=2)
    yield "spacetodepth", one("SpaceToDepth", IMAGE, block_size=2)
    yield "lrn", one("LRN", IMAGE, depth_radius=1, alpha=0.1, beta=0.7, bias=1.0)
    channels = {"s": floats(2), "b": floats(2), "m": floats(2), "v": floats(2)}
    yield "fusedbatchnormv3", one("FusedBatchNormV3", IMAGE, channels, epsilon=0.001, is_training=False)


def moves():
    yield "reshape", one("Reshape", MATRIX, {"s": np.array([2, -1, 3])})
    yield "transpose", one("Transpose", {"x": (2, 3, 4)}, {"p": np.array([2, 0, 1])})
    yield "squeeze", one("Squeeze", {"x": (1, 3, 1)}, squeeze_dims=[0])
    yield "expanddims", one("ExpandDims", MATRIX, {"a": np.array(1)})
    yield "concatv2", one("ConcatV2", {"x": (3, 4), "z": (2, 4)}, {"a": np.array(0)}, N=2)
    yield "pack", one("Pack", {"x": (3, 4), "z": (3, 4)}, N=2, axis=1)
    yield "unpack", one("Unpack", MATRIX, num=3, axis=0)
    split = Model()
    split.const("a", np.array(1))
    split.placeholder("x", (3, 4))
    split.node("Split", "y", ["a", "x"], num_split=2)
    yield "split", split.graph
    yield "splitv", one("SplitV", MATRIX, {"s": np.array([1, 3]), "a": np.array(1)}, num_split=2)
    yield "slice", one("Slice", MATRIX, {"b": np.array([1, 0]), "s": np.array([2, -1])})
    yield "stridedslice", one("StridedSlice", MATRIX, {"b": np.array([0, 3]), "e": np.array([3, 0]),
                                                       "d": np.array([2, -1])},
                              begin_mask=1, end_mask=0, ellipsis_mask=0, new_axis_mask=0, shrink_axis_mask=0)
    yield "pad", one("Pad", MATRIX, {"p": np.array([[1, 0], [0, 2]])})
    yield "mirrorpad", one("MirrorPad", MATRIX, {"p": np.array([[1, 0], [2, 1]])}, mode="REFLECT")
    yield "tile", one("Tile", MATRIX, {"r": np.array([2, 3])})


def rest():
    yield "matmul", one("MatMul", MATRIX, {"w": floats(4, 5)}, transpose_a=False, transpose_b=False)
    yield "batchmatmulv2", one("BatchMatMulV2", {"x": (2, 3, 4), "z": (2, 4, 5)}, adj_x=False)
    yield "biasadd", one("BiasAdd", IMAGE, {"b": floats(2)}, data_format="NHWC")
    yield "addn", one("AddN", {"x": (3, 4), "z": (3, 4)}, N=2)
    gather = Model()
    gather.placeholder("x", (3, 4))
    gather.placeholder("i", (2,), tf.DT_INT32)
    gather.const("a", np.array(1))
    gather.node("GatherV2", "y", ["x", "i", "a"], "Tparams", batch_dims=0)
    yield "gatherv2", gather.graph
    yield "onehot", one("OneHot", {"i": ((3,), Type(tf.DT_INT32))}, {"d": np.array(4), "n": np.float32(1),
                                                                    "f": np.float32(0)}, axis=-1)
    yield "argmax", one("ArgMax", MATRIX, {"a": np.array(1)})
    yield "cumsum", one("Cumsum", MATRIX, {"a": np.array(1)}, exclusive=True)
    fill = Model()
    fill.placeholder("x", (3, 4))
    fill.const("s", np.array([3, 4]))
    fill.const("v", np.float32(2))
    fill.node("Fill", "f", ["s", "v"])
    fill.node("Add", "y", ["x", "f"])
    yield "fill", fill.graph
    yield "selectv2", one("SelectV2", {"c": ((3, 1), Type(tf.DT_BOOL)), "x": (3, 4), "z": (1, 4)})


def plain():
    """(name, GraphDef) of models with which nothing is wrong."""
    for family in (windows, moves, rest):
        yield from family()
    yield from one_each(one, UNARY, MATRIX)
    yield from one_each(one, BINARY, PAIR)
    yield from one_each(one, REDUCE, {"x": (2, 3, 4)}, {"a": np.array([0, 2])}, keep_dims=False)

"""Small MACE models, a `.pb` and its `.data`: a writer, and a plain model for each operator."""
import os
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "models"))
from mace_writer import set_argument  # noqa: E402
from schema import mace_pb2  # noqa: E402

from onnx_models import floats  # noqa: E402

NONE, NHWC, AUTO = 0, 1, 1000  # Values of data_format.


class Model:
    """Collects operators and tensors; as_files() gives the two files' message and bytes."""

    def __init__(self):
        self.model = mace_pb2.MultiNetDef()
        self.net = self.model.net_def.add(data_type=mace_pb2.DT_FLOAT, name="net", infer_order=0)
        for name, value in (("data_format", NHWC), ("framework_type", 0), ("filter_format", 101)):
            set_argument(self.net, name, value)
        self.data = bytearray()

    def tensor(self, name, values):
        values = np.asarray(values)
        is_float = values.dtype.kind == "f"
        stored = values.astype("<f4" if is_float else "<i4")
        self.net.tensors.add(name=name, dims=values.shape, offset=len(self.data), data_size=values.size,
                             data_type=mace_pb2.DT_FLOAT if is_float else mace_pb2.DT_INT32)
        self.data.extend(stored.tobytes())
        return name

    def op(self, kind, inputs, outputs, data_format=AUTO, **arguments):
        made = self.net.op.add(type=kind, name=kind.lower(), input=inputs, output=outputs)
        set_argument(made, "T", mace_pb2.DT_FLOAT)
        set_argument(made, "data_format", data_format)
        for key, value in arguments.items():
            set_argument(made, key, value)

    def declare(self, is_input, name, shape, data_type=mace_pb2.DT_FLOAT):
        infos = self.net.input_info if is_input else self.net.output_info
        infos.add(name=name, dims=shape, data_type=data_type, data_format=NHWC if len(shape) == 4 else NONE)
        (self.model.input_tensor if is_input else self.model.output_tensor).append(name)

    def as_files(self):
        self.net.data_offset, self.net.data_size = 0, len(self.data)
        return self.model, bytes(self.data)


def one(kind, inputs, constants=None, outputs=("y",), output_shape=(1,), data_format=AUTO, **arguments):
    """A model of one operator, which reads the inputs (name -> shape, or (shape, type)) and then the constants."""
    made = Model()
    for name, shape in inputs.items():
        made.declare(True, name, *(shape if isinstance(shape[0], tuple) else (shape,)))
    for name, values in (constants or {}).items():
        made.tensor(name, values)
    made.op(kind, [*inputs, *(constants or {})], list(outputs), data_format, **arguments)
    for name in outputs:
        made.declare(False, name, output_shape)
    return made.as_files()


IMAGE = {"x": (1, 6, 6, 2)}
MATRIX = {"x": (3, 4)}
SEQUENCE = {"x": (1, 8, 4)}
WINDOW = {"strides": [2, 2], "padding": 1, "dilations": [1, 1]}


def windows():
    yield "conv2d", one("Conv2D", IMAGE, {"w": floats(4, 2, 3, 3), "b": floats(4)}, output_shape=(1, 3, 3, 4),
                        activation="RELU", **WINDOW)
    yield "depthwise", one("DepthwiseConv2d", IMAGE, {"w": floats(2, 2, 3, 3)}, output_shape=(1, 3, 3, 4), **WINDOW)
    yield "deconv2d", one("Deconv2D", IMAGE, {"w": floats(3, 2, 3, 3)}, output_shape=(1, 12, 12, 3), strides=[2, 2],
                          padding=1, dim=[1, 12, 12, 3])
    yield "pooling", one("Pooling", IMAGE, output_shape=(1, 3, 3, 2), pooling_type=2, kernels=[3, 3], **WINDOW)
    yield "pooling_values", one("Pooling", IMAGE, output_shape=(1, 3, 3, 2), pooling_type=1, kernels=[2, 2],
                                strides=[2, 2], padding_values=[0, 0], round_mode=1)
    yield "fullyconnected", one("FullyConnected", IMAGE, {"w": floats(5, 2, 6, 6), "b": floats(5)},
                                output_shape=(1, 1, 1, 5))
    yield "batchnorm", one("BatchNorm", IMAGE, {"s": floats(2), "o": floats(2)}, output_shape=(1, 6, 6, 2))
    for kind in ("ResizeBilinear", "ResizeBicubic", "ResizeNearestNeighbor"):
        yield kind.lower(), one(kind, IMAGE, output_shape=(1, 9, 4, 2), size=[9, 4], align_corners=0)
    yield "crop", one("Crop", {"x": (1, 6, 6, 2), "z": (1, 4, 4, 2)}, output_shape=(1, 4, 4, 2), offset=[0, 1, 1, 0])
    yield "channelshuffle", one("ChannelShuffle", {"x": (1, 2, 2, 4)}, output_shape=(1, 2, 2, 4), group=2)
    yield "depthtospace", one("DepthToSpace", {"x": (1, 2, 2, 8)}, output_shape=(1, 4, 4, 2), block_size=2)
    yield "spacetodepth", one("SpaceToDepth", IMAGE, output_shape=(1, 3, 3, 8), block_size=2)
    yield "spacetobatchnd", one("SpaceToBatchND", IMAGE, output_shape=(4, 3, 3, 2), block_shape=[2, 2],
                                paddings=[0, 0, 0, 0])
    yield "batchtospacend", one("BatchToSpaceND", {"x": (4, 3, 3, 2)}, output_shape=(1, 6, 6, 2), block_shape=[2, 2],
                                crops=[0, 0, 0, 0])
    yield "extractimagepatches", one("ExtractImagePatches", IMAGE, output_shape=(1, 3, 3, 8), kernels=[2, 2],
                                     strides=[2, 2], dilations=[1, 1], padding=0)
    yield "localresponsenorm", one("LocalResponseNorm", IMAGE, output_shape=(1, 6, 6, 2), depth_radius=1)
    yield "groupnorm", one("GroupNorm", IMAGE, output_shape=(1, 6, 6, 2), group_num=2)


def moves():
    yield "reshape", one("Reshape", MATRIX, output_shape=(2, 6), data_format=NONE, dim=[2, -1])
    yield "transpose", one("Transpose", {"x": (2, 3, 4)}, output_shape=(4, 2, 3), data_format=NONE, dims=[2, 0, 1])
    yield "squeeze", one("Squeeze", {"x": (1, 3, 1)}, output_shape=(3,), data_format=NONE, axis=[0, 2])
    yield "expanddims", one("ExpandDims", MATRIX, output_shape=(3, 1, 4), data_format=NONE, axis=1)
    yield "unsqueeze", one("Unsqueeze", MATRIX, output_shape=(1, 3, 4), data_format=NONE, axis=[0])
    yield "concat", one("Concat", {"x": (3, 4), "z": (3, 4)}, output_shape=(6, 4), data_format=NONE, axis=0)
    yield "split", one("Split", MATRIX, outputs=("y", "v"), output_shape=(3, 2), data_format=NONE, axis=1)
    yield "stack", one("Stack", {"x": (3, 4), "z": (3, 4)}, output_shape=(2, 3, 4), data_format=NONE, axis=0)
    yield "unstack", one("Unstack", {"x": (2, 4)}, outputs=("y", "v"), output_shape=(4,), data_format=NONE, axis=0)
    yield "stridedslice", one("StridedSlice", MATRIX, {"b": np.array([0, 1]), "e": np.array([3, 4]),
                                                       "d": np.array([2, 1])}, output_shape=(2, 3), data_format=NONE,
                              begin_mask=0, end_mask=0)
    yield "pad", one("Pad", MATRIX, output_shape=(4, 6), data_format=NONE, paddings=[1, 0, 0, 2], constant_value=0.5)
    yield "tile", one("Tile", MATRIX, {"r": np.array([2, 3])}, output_shape=(6, 12), data_format=NONE)
    yield "gather", one("Gather", MATRIX, {"i": np.array([2, 0])}, output_shape=(2, 4), data_format=NONE, axis=0)
    yield "onehot", one("OneHot", {"i": ((3,), mace_pb2.DT_INT32)}, output_shape=(3, 4), data_format=NONE, depth=4,
                        axis=-1)
    yield "reverse", one("Reverse", MATRIX, {"a": np.array([0])}, output_shape=(3, 4), data_format=NONE)
    yield "cumsum", one("Cumsum", MATRIX, output_shape=(3, 4), data_format=NONE, axis=1)
    yield "fill", one("Fill", {}, {"s": np.array([2, 3]), "v": np.float32(2)}, output_shape=(2, 3), data_format=NONE)


def rest():
    yield "activation", one("Activation", IMAGE, output_shape=(1, 6, 6, 2), activation="RELUX", max_limit=0.5)
    yield "addn", one("AddN", {"x": (3, 4), "z": (3, 4)}, output_shape=(3, 4), data_format=NONE)
    for kind in range(12):
        yield "eltwise%d" % kind, one("Eltwise", {"x": (3, 4), "z": (3, 4)}, output_shape=(3, 4), data_format=NONE,
                                      type=kind)
    yield "eltwise_scalar", one("Eltwise", MATRIX, output_shape=(3, 4), data_format=NONE, type=2,
                                scalar_input=1.5, scalar_input_index=1)
    yield "biasadd", one("BiasAdd", IMAGE, {"b": floats(2)}, output_shape=(1, 6, 6, 2))
    yield "matmul", one("MatMul", MATRIX, {"w": floats(4, 5)}, output_shape=(3, 5), data_format=NONE, transpose_a=0,
                        transpose_b=0)
    yield "reduce", one("Reduce", IMAGE, output_shape=(1, 1, 1, 2), axis=[1, 2], keepdims=1, reduce_type=0)
    yield "softmax", one("Softmax", IMAGE, output_shape=(1, 6, 6, 2), axis=-1)
    yield "argmax", one("ArgMax", MATRIX, {"a": np.array(1)}, output_shape=(3,), data_format=NONE, keepdims=0)
    cast, data = one("Cast", MATRIX, output_shape=(3, 4), data_format=NONE)
    cast.net_def[0].op[0].output_type.append(mace_pb2.DT_INT32)
    yield "cast", (cast, data)
    yield "shape", one("Shape", MATRIX, output_shape=(2,), data_format=NONE)
    yield "splice", one("Splice", SEQUENCE, output_shape=(1, 6, 12), data_format=NONE, context=[-1, 0, 1],
                        forward_indexes=[frame + offset for frame in range(6) for offset in range(3)])
    yield "padcontext", one("PadContext", SEQUENCE, output_shape=(1, 11, 4), data_format=NONE, left_context=1,
                            right_context=2)
    yield "pnorm", one("PNorm", SEQUENCE, output_shape=(1, 8, 2), data_format=NONE, output_dim=2, p=2)
    yield "subsample", one("Subsample", SEQUENCE, output_shape=(1, 4, 4), data_format=NONE,
                           forward_indexes=[0, 2, 4, 6])


def plain():
    """(name, (MultiNetDef, data)) of models with which nothing is wrong."""
    for family in (windows, moves, rest):
        yield from family()

"""Small ONNX models: a writer, and a plain model for each operator."""
import os
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "models"))
from schema import onnx_pb2  # noqa: E402

from op_lists import one_each  # noqa: E402

TYPES = {"f4": onnx_pb2.TensorProto.FLOAT, "i8": onnx_pb2.TensorProto.INT64, "i4": onnx_pb2.TensorProto.INT32,
         "b1": onnx_pb2.TensorProto.BOOL, "u1": onnx_pb2.TensorProto.UINT8, "s1": onnx_pb2.TensorProto.INT8}
# Kinds of arrays whose elements lie in the list of 32 bits.
NARROW = {"uint8": "u1", "int8": "s1", "int32": "i4", "bool": "b1"}


def floats(*shape):
    """Numbers between 0.1 and 1, the same at every call."""
    count = int(np.prod(shape, dtype=np.int64))
    return (0.1 + (np.arange(count) * 7 % 10) / 11).astype("<f4").reshape(shape)


def tensor(name, values):
    """Integers lie in lists, so that each is a field of the message; floats are raw bytes."""
    values = np.asarray(values)
    if values.dtype.kind in "iub":
        made = onnx_pb2.TensorProto(name=name, dims=values.shape)
        kind = NARROW.get(values.dtype.name, "i8")
        made.data_type = TYPES[kind]
        getattr(made, "int64_data" if kind == "i8" else "int32_data").extend(values.ravel().tolist())
        return made
    return onnx_pb2.TensorProto(name=name, dims=values.shape, data_type=TYPES["f4"],
                                raw_data=values.astype("<f4").tobytes())


def node(op, inputs, outputs, name=None, **attributes):
    made = onnx_pb2.NodeProto(op_type=op, input=inputs, output=outputs, name=name or op.lower())
    for key, value in attributes.items():
        attribute = made.attribute.add(name=key)
        if isinstance(value, float):
            attribute.type, attribute.f = onnx_pb2.AttributeProto.FLOAT, value
        elif isinstance(value, int):
            attribute.type, attribute.i = onnx_pb2.AttributeProto.INT, value
        elif isinstance(value, str):
            attribute.type, attribute.s = onnx_pb2.AttributeProto.STRING, value.encode()
        elif isinstance(value, np.ndarray):
            attribute.type = onnx_pb2.AttributeProto.TENSOR
            attribute.t.CopyFrom(tensor("", value))
        else:
            attribute.type = onnx_pb2.AttributeProto.INTS
            attribute.ints.extend(value)
    return made


def model(nodes, inputs, outputs, constants=None, opset=13):
    """inputs: name -> shape, or (shape, kind of TYPES). outputs: names. constants: name -> values."""
    made = onnx_pb2.ModelProto(ir_version=8)
    made.opset_import.add(domain="", version=opset)
    graph = made.graph
    graph.name = "g"
    graph.node.extend(nodes)
    for name, values in (constants or {}).items():
        graph.initializer.append(tensor(name, values))
    for name, shape in inputs.items():
        shape, kind = shape if shape and isinstance(shape[-1], str) else (shape, "f4")
        declared = graph.input.add(name=name).type.tensor_type
        declared.elem_type = TYPES[kind]
        declared.shape.SetInParent()
        for extent in shape:
            declared.shape.dim.add(dim_value=extent)
    for name in outputs:
        graph.output.add(name=name).type.tensor_type.elem_type = TYPES["f4"]
    return made


def one(op, inputs, constants=None, outputs=("y",), opset=13, domain="", **attributes):
    """A model of one node, which reads the inputs and then the constants."""
    constants = constants or {}
    made = node(op, [*inputs, *constants], list(outputs), **attributes)
    made.domain = domain
    return model([made], inputs, list(outputs), constants, opset)


IMAGE = {"x": (1, 2, 6, 6)}
MATRIX = {"x": (3, 4)}
PAIR = {"x": (3, 4), "z": (1, 4)}
INDEX = {"x": (3, 4), "i": ((2, 1), "i8")}
UNARY = ("Abs", "Acos", "Asinh", "Atan", "Ceil", "Cos", "Erf", "Exp", "Floor", "HardSwish", "Identity", "IsInf",
         "IsNaN", "Log", "Mish", "Neg", "Reciprocal", "Relu", "Round", "Sigmoid", "Sign", "Sin", "Softplus", "Softsign", "Sqrt",
         "Tan", "Tanh", "Size", "Shape")
BINARY = ("Add", "Div", "Equal", "Greater", "Less", "Max", "Mean", "Min", "Mul", "Pow", "Sub", "Sum")
REDUCE = ("ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceMax", "ReduceMean", "ReduceMin",
          "ReduceProd", "ReduceSumSquare")


def windows():
    yield "conv", one("Conv", IMAGE, {"w": floats(4, 1, 3, 3), "b": floats(4)}, group=2, pads=[1, 1, 1, 1],
                      strides=[2, 2], dilations=[1, 1], kernel_shape=[3, 3])
    yield "conv1d", one("Conv", {"x": (1, 2, 9)}, {"w": floats(3, 2, 3)}, pads=[1, 1], auto_pad="NOTSET")
    yield "conv_same", one("Conv", IMAGE, {"w": floats(3, 2, 3, 3)}, auto_pad="SAME_UPPER", strides=[2, 1])
    yield "convtranspose", one("ConvTranspose", IMAGE, {"w": floats(2, 3, 3, 3)}, strides=[2, 2], group=1,
                               output_padding=[1, 1], pads=[1, 1, 1, 1], dilations=[1, 1])
    yield "convtranspose_shape", one("ConvTranspose", IMAGE, {"w": floats(2, 3, 3, 3)}, strides=[2, 2],
                                     output_shape=[12, 12])
    yield "maxpool", one("MaxPool", IMAGE, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1], ceil_mode=1)
    yield "averagepool", one("AveragePool", IMAGE, kernel_shape=[3, 3], strides=[2, 2], count_include_pad=1)
    yield "lppool", one("LpPool", IMAGE, kernel_shape=[2, 2], p=2)
    yield from one_each(one, ("GlobalAveragePool", "GlobalMaxPool"), IMAGE)


def matrices():
    yield "matmul", one("MatMul", {"x": (3, 4), "z": (4, 5)})
    yield "matmul_batched", one("MatMul", {"x": (2, 1, 3, 4), "z": (5, 4, 2)})
    yield "gemm", one("Gemm", MATRIX, {"w": floats(5, 4), "b": floats(5)}, alpha=0.5, beta=2.0, transB=1)
    for op, gates in (("LSTM", 4), ("GRU", 3), ("RNN", 1)):
        weights = {"w": floats(1, gates * 3, 2), "r": floats(1, gates * 3, 3), "b": floats(1, gates * 6)}
        yield op.lower(), one(op, {"x": (4, 1, 2)}, weights, hidden_size=3, direction="forward")


def moves():
    yield "reshape", one("Reshape", MATRIX, {"s": np.array([2, -1, 3])}, allowzero=0)
    yield "transpose", one("Transpose", {"x": (2, 3, 4)}, perm=[2, 0, 1])
    yield "flatten", one("Flatten", {"x": (2, 3, 4)}, axis=1)
    yield "squeeze", one("Squeeze", {"x": (1, 3, 1)}, {"a": np.array([0, 2])})
    yield "unsqueeze", one("Unsqueeze", MATRIX, {"a": np.array([0, 3])})
    yield "concat", one("Concat", PAIR, axis=0)
    yield "split", one("Split", MATRIX, {"s": np.array([1, 3])}, outputs=("y", "v"), axis=1)
    yield "slice", one("Slice", MATRIX, {"b": np.array([0, 3]), "e": np.array([3, 0]), "a": np.array([0, 1]),
                                         "d": np.array([2, -1])})
    yield "pad", one("Pad", MATRIX, {"p": np.array([1, 0, 0, 2])}, mode="constant")
    yield "pad_reflect", one("Pad", MATRIX, {"p": np.array([1, 2, 1, 0])}, mode="reflect")
    yield "tile", one("Tile", MATRIX, {"r": np.array([2, 3])})
    yield "expand", one("Expand", {"x": (3, 1)}, {"s": np.array([2, 3, 4])})
    yield "depthtospace", one("DepthToSpace", {"x": (1, 8, 2, 2)}, blocksize=2, mode="CRD")
    yield "spacetodepth", one("SpaceToDepth", IMAGE, blocksize=2)
    yield "resize", one("Resize", IMAGE, {"roi": floats(0), "s": np.array([1.0, 1.0, 2.0, 0.5])}, mode="linear")
    yield "resize_sizes", one("Resize", IMAGE, {"roi": floats(0), "s": floats(0), "n": np.array([1, 2, 9, 4])},
                              mode="nearest")
    yield "trilu", one("Trilu", MATRIX, {"k": np.array(1)}, opset=14, upper=0)


def indices():
    yield "gather", one("Gather", INDEX, axis=1)
    yield "gather_known", one("Gather", MATRIX, {"i": np.array([2, 0, -1])}, axis=0)
    yield "gathernd", one("GatherND", INDEX, batch_dims=0)
    yield "gatherelements", one("GatherElements", INDEX, axis=1)
    yield "scatternd", one("ScatterND", {**INDEX, "u": (2, 4)})
    yield "scatterelements", one("ScatterElements", {**INDEX, "u": (2, 1)}, axis=0)
    yield "onehot", one("OneHot", {"i": ((3,), "i8")}, {"d": np.array(4), "v": floats(2)}, axis=-1)
    yield "topk", one("TopK", MATRIX, {"k": np.array([2])}, outputs=("y", "i"), axis=-1, largest=1, sorted=1)
    yield "argmax", one("ArgMax", MATRIX, axis=1, keepdims=0)
    yield "cumsum", one("CumSum", MATRIX, {"a": np.array(1)}, exclusive=1, reverse=1)
    yield "constantofshape", one("ConstantOfShape", {}, {"s": np.array([2, 3])}, value=floats(1))
    yield "range", one("Range", {}, {"b": np.array(0), "e": np.array(9), "d": np.array(2)})
    yield "eyelike", one("EyeLike", MATRIX, k=1)
    yield "compress", one("Compress", MATRIX, {"c": np.array([True, False, True])}, axis=0)
    yield "where", one("Where", {"c": ((3, 1), "b1"), "x": (3, 4), "z": (1, 4)})
    yield "cast", one("Cast", MATRIX, to=TYPES["i8"])


def norms():
    channels = {"s": floats(2), "b": floats(2), "m": floats(2), "v": floats(2)}
    yield "batchnormalization", one("BatchNormalization", IMAGE, channels, epsilon=1e-5)
    yield "instancenormalization", one("InstanceNormalization", IMAGE, {"s": floats(2), "b": floats(2)})
    yield "layernormalization", one("LayerNormalization", MATRIX, {"s": floats(4)}, opset=17, axis=-1)
    yield "groupnormalization", one("GroupNormalization", IMAGE, {"s": floats(2), "b": floats(2)}, opset=21,
                                    num_groups=2)
    yield "lrn", one("LRN", IMAGE, size=3, alpha=0.1, beta=0.7)
    yield "lpnormalization", one("LpNormalization", MATRIX, axis=1, p=2)
    yield from one_each(one, ("Softmax", "LogSoftmax", "Hardmax"), MATRIX, axis=1)
    yield "clip", one("Clip", MATRIX, {"l": np.float32(0.2), "h": np.float32(0.7)})
    yield "prelu", one("PRelu", MATRIX, {"s": floats(4)})
    yield from one_each(one, ("LeakyRelu", "Elu", "ThresholdedRelu"), MATRIX, alpha=0.3)


def byte(*values, kind="uint8"):
    """Quantized numbers; one of them is a scalar."""
    made = np.array(values, kind)
    return made[0] if len(values) == 1 else made


def scales(*names):
    """A scale and a zero point for each of the names."""
    return {key: value for name in names
            for key, value in ((name + "_scale", np.float32(0.1)), (name + "_zero", byte(7)))}


def quantized():
    whole, image = {"x": ((3, 4), "u1")}, {"x": ((1, 2, 6, 6), "u1")}
    matrix, w = byte(*range(12)).reshape(4, 3), byte(*range(36)).reshape(2, 2, 3, 3)
    yield "quantizelinear", one("QuantizeLinear", MATRIX, {"s": floats(4), "z": byte(1, 2, 3, 4)}, axis=1)
    yield "dequantizelinear", one("DequantizeLinear", whole, {"s": floats(3, 2), "z": matrix[:3, :2]}, opset=21,
                                  axis=1, block_size=2)
    yield "dynamicquantizelinear", one("DynamicQuantizeLinear", MATRIX, outputs=("y", "s", "z"))
    yield "convinteger", one("ConvInteger", image, {"w": w, "zx": byte(3), "zw": byte(4)}, pads=[1, 1, 1, 1])
    yield "matmulinteger", one("MatMulInteger", whole, {"b": matrix, "za": byte(3), "zb": byte(1, 2, 3)})
    yield "qlinearconv", one("QLinearConv", image, {
        **scales("x"), "w": w, **scales("w", "y"), "b": byte(100, -100, kind="int32")}, group=1)
    yield "qlinearmatmul", one("QLinearMatMul", whole, {**scales("a"), "b": matrix, **scales("b", "y")})


def microsoft():
    whole, image, domain = {"x": ((3, 4), "u1")}, {"x": ((1, 2, 6, 6), "u1")}, "com.microsoft"
    matrix = byte(*range(12)).reshape(4, 3)
    for op in ("QLinearAdd", "QLinearMul"):
        constants = {**scales("a"), "b": matrix.reshape(3, 4), **scales("b", "y")}
        yield op.lower(), one(op, whole, constants, domain=domain)
    yield "qlinearaveragepool", one("QLinearAveragePool", image, scales("x", "y"), domain=domain,
                                    kernel_shape=[2, 2], channels_last=0)
    yield "qlinearglobalaveragepool", one("QLinearGlobalAveragePool", image, scales("x", "y"), domain=domain)
    yield "qlinearleakyrelu", one("QLinearLeakyRelu", whole, scales("x", "y"), domain=domain, alpha=0.3)
    yield "qlinearsigmoid", one("QLinearSigmoid", whole, scales("x", "y"), domain=domain)
    yield "qlinearsoftmax", one("QLinearSoftmax", whole, scales("x", "y"), domain=domain, axis=1, opset=13)
    yield "qgemm", one("QGemm", whole, {**scales("a"), "b": matrix, **scales("b"),
                                        "c": byte(1, 2, 3, kind="int32"), **scales("y")}, domain=domain, alpha=0.5)
    yield "dynamicquantizematmul", one("DynamicQuantizeMatMul", MATRIX, {"b": matrix, **scales("b"), "c": floats(3)},
                                       domain=domain)
    yield "matmulintegertofloat", one("MatMulIntegerToFloat", whole, {
        "b": matrix, "sa": floats(1), "sb": floats(3), "za": byte(3), "zb": byte(4), "c": floats(3)}, domain=domain)
    yield "matmulnbits", one("MatMulNBits", {"x": (3, 40)}, {
        "b": byte(*range(48)).reshape(2, 3, 8), "s": floats(6), "z": byte(1, 2, 3, 4)}, domain=domain,
        K=40, N=2, bits=4, block_size=16)
    parts = [name + end for name in ("y", "x", "b") for end in ("_scale", "_zero")]
    joined = node("QLinearConcat", parts[:2] + ["x"] + parts[2:4] + ["b"] + parts[4:], ["y"], axis=0)
    joined.domain = domain
    yield "qlinearconcat", model([joined], whole, ["y"], {**scales("y", "x", "b"), "b": matrix.reshape(3, 4)})


def plain():
    """(name, ModelProto) of models with which nothing is wrong."""
    for family in (windows, matrices, moves, indices, norms, quantized, microsoft):
        yield from family()
    yield from one_each(one, UNARY, MATRIX)
    yield from one_each(one, BINARY, PAIR)
    yield from one_each(one, REDUCE, {"x": (2, 3, 4)}, axes=[0, 2], keepdims=0)
    yield "reducesum", one("ReduceSum", {"x": (2, 3, 4)}, {"a": np.array([1])}, keepdims=1)

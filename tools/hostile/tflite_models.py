"""Small TensorFlow Lite models: a writer, and a plain model for each operator."""
import numpy as np

from onnx_models import floats
from op_lists import one_each
from tflite_schema import code_of

TYPES = {"f4": "FLOAT32", "f2": "FLOAT16", "i4": "INT32", "i8": "INT64", "i2": "INT16", "i1": "INT8", "u1": "UINT8",
         "b1": "BOOL"}
# Quantization of whole tensors of int8.
STEPS = {"scale": [0.5], "zero_point": [-3]}


def type_of(values):
    return TYPES[values.dtype.str[1:]]


class Model:
    """A model of one subgraph; `content` is the table that tflite_schema.as_file writes."""

    def __init__(self):
        self.graph = {"tensors": [], "inputs": [], "outputs": [], "operators": [], "name": "main"}
        self.content = {"version": 3, "operator_codes": [], "subgraphs": [self.graph], "description": "plain",
                        "buffers": [{}]}

    def tensor(self, name, shape, kind="FLOAT32", by=None, **fields):
        """The place of a tensor without elements; `by` is its quantization."""
        made = {"shape": list(shape), "type": kind, "buffer": 0, "name": name, **fields}
        if by is not None:
            made["quantization"] = dict(by)
        self.graph["tensors"].append(made)
        return len(self.graph["tensors"]) - 1

    def input(self, name, shape, kind="FLOAT32", by=None):
        self.graph["inputs"].append(self.tensor(name, shape, kind, by))
        return self.graph["inputs"][-1]

    def constant(self, name, values, by=None):
        values = np.asarray(values)
        self.content["buffers"].append({"data": list(values.tobytes())})
        return self.tensor(name, values.shape, type_of(values), by, buffer=len(self.content["buffers"]) - 1)

    def op(self, operator, inputs, outputs, table=None, **options):
        """`table`: the type of the options, which are its fields."""
        code = code_of(operator)
        self.content["operator_codes"].append({"deprecated_builtin_code": min(code, 127), "version": 1,
                                               "builtin_code": code})
        made = {"opcode_index": len(self.content["operator_codes"]) - 1, "inputs": inputs, "outputs": outputs}
        if table is not None:
            made["builtin_options_type"], made["builtin_options"] = table, options
        self.graph["operators"].append(made)

    def output(self, *tensors):
        self.graph["outputs"].extend(tensors)
        return self


def one(operator, inputs, constants=None, outputs=((3, 4),), table=None, order=None, **options):
    """A model of one operator.

    inputs: name -> shape, or (shape, type, quantization). constants: name -> values, or (values, quantization).
    outputs: shapes, or (shape, type, quantization). order: the operator's inputs by name, where it is not this one.
    """
    made, places = Model(), {}
    for name, shape in inputs.items():
        places[name] = made.input(name, *(shape if shape and isinstance(shape[0], tuple) else (shape,)))
    for name, values in (constants or {}).items():
        places[name] = made.constant(name, *(values if isinstance(values, tuple) else (values,)))
    results = [made.tensor("y%d" % i, *(shape if shape and isinstance(shape[0], tuple) else (shape,)))
               for i, shape in enumerate(outputs)]
    made.op(operator, [places[name] for name in order or places], results, table, **options)
    return made.output(*results)


def ints(*values):
    return np.array(values, "<i4")


IMAGE = {"x": (1, 6, 6, 2)}
MATRIX = {"x": (3, 4)}
PAIR = {"x": (3, 4), "z": (1, 4)}
ACTIVATED = {"fused_activation_function": "RELU6"}
STRIDES = {"padding": "SAME", "stride_w": 2, "stride_h": 2}
UNARY = ("ABS", "CEIL", "COS", "ELU", "EXP", "FLOOR", "HARD_SWISH", "LOG", "LOG_SOFTMAX", "LOGISTIC", "NEG", "RELU",
         "RELU6", "RELU_0_TO_1", "RELU_N1_TO_1", "ROUND", "RSQRT", "SIGN", "SIN", "SQRT", "SQUARE", "TANH", "ZEROS_LIKE")
BINARY = ("ATAN2", "FLOOR_DIV", "FLOOR_MOD", "MAXIMUM", "MINIMUM", "POW", "SQUARED_DIFFERENCE")
COMPARISONS = ("EQUAL", "GREATER", "GREATER_EQUAL", "LESS", "LESS_EQUAL", "NOT_EQUAL")
REDUCE = ("MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN", "REDUCE_PROD")


def windows():
    yield "conv_2d", one("CONV_2D", IMAGE, {"w": floats(3, 3, 3, 2), "b": floats(3)}, [(1, 3, 3, 3)],
                         "Conv2DOptions", dilation_w_factor=1, dilation_h_factor=1, **STRIDES, **ACTIVATED)
    yield "depthwise_conv_2d", one("DEPTHWISE_CONV_2D", IMAGE, {"w": floats(1, 3, 3, 4), "b": floats(4)},
                                   [(1, 3, 3, 4)], "DepthwiseConv2DOptions", depth_multiplier=2,
                                   dilation_w_factor=1, dilation_h_factor=1, **STRIDES, **ACTIVATED)
    yield "transpose_conv", one("TRANSPOSE_CONV", IMAGE, {"s": ints(1, 12, 12, 3), "w": floats(3, 3, 3, 2)},
                                [(1, 12, 12, 3)], "TransposeConvOptions", "swx", **STRIDES)
    yield "conv_3d", one("CONV_3D", {"x": (1, 3, 4, 4, 2)}, {"w": floats(2, 2, 2, 2, 3)}, [(1, 3, 2, 2, 3)],
                         "Conv3DOptions", stride_d=1, dilation_d_factor=1, dilation_w_factor=1, dilation_h_factor=1,
                         **STRIDES)
    for operator in ("AVERAGE_POOL_2D", "MAX_POOL_2D", "L2_POOL_2D"):
        yield operator.lower(), one(operator, IMAGE, {}, [(1, 3, 3, 2)], "Pool2DOptions", filter_width=3,
                                    filter_height=3, **STRIDES, **ACTIVATED)
    yield "l2_normalization", one("L2_NORMALIZATION", MATRIX, {}, [(3, 4)], "L2NormOptions", **ACTIVATED)
    yield "local_response_normalization", one("LOCAL_RESPONSE_NORMALIZATION", IMAGE, {}, [(1, 6, 6, 2)],
                                              "LocalResponseNormalizationOptions", radius=1, bias=1.0, alpha=0.5,
                                              beta=0.5)
    for operator, table in (("RESIZE_BILINEAR", "ResizeBilinearOptions"),
                            ("RESIZE_NEAREST_NEIGHBOR", "ResizeNearestNeighborOptions")):
        yield operator.lower(), one(operator, IMAGE, {"s": ints(9, 4)}, [(1, 9, 4, 2)], table, align_corners=False,
                                    half_pixel_centers=True)
    yield "space_to_depth", one("SPACE_TO_DEPTH", IMAGE, {}, [(1, 3, 3, 8)], "SpaceToDepthOptions", block_size=2)
    yield "depth_to_space", one("DEPTH_TO_SPACE", {"x": (1, 2, 2, 8)}, {}, [(1, 4, 4, 2)], "DepthToSpaceOptions",
                                block_size=2)
    zeros = np.zeros((2, 2), "<i4")
    yield "space_to_batch_nd", one("SPACE_TO_BATCH_ND", IMAGE, {"b": ints(2, 2), "p": zeros}, [(4, 3, 3, 2)])
    yield "batch_to_space_nd", one("BATCH_TO_SPACE_ND", {"x": (4, 3, 3, 2)}, {"b": ints(2, 2), "c": zeros},
                                   [(1, 6, 6, 2)])


def matrices():
    yield "fully_connected", one("FULLY_CONNECTED", MATRIX, {"w": floats(5, 4), "b": floats(5)}, [(3, 5)],
                                 "FullyConnectedOptions", keep_num_dims=True, weights_format="DEFAULT", **ACTIVATED)
    yield "batch_matmul", one("BATCH_MATMUL", {"x": (2, 3, 4), "z": (2, 5, 4)}, {}, [(2, 3, 5)],
                              "BatchMatMulOptions", adj_x=False, adj_y=True)
    yield "matrix_diag", one("MATRIX_DIAG", MATRIX, {}, [(3, 4, 4)])
    yield "matrix_set_diag", one("MATRIX_SET_DIAG", {"x": (2, 3, 3), "z": (2, 3)}, {}, [(2, 3, 3)])
    gates = {"w%d" % i: floats(3, 2) for i in range(4)}
    gates.update({"r%d" % i: floats(3, 3) for i in range(4)})
    gates.update({"b%d" % i: floats(3) for i in range(4)})
    made = one("UNIDIRECTIONAL_SEQUENCE_LSTM", {"x": (1, 4, 2)}, gates, [(1, 4, 3)],
               "UnidirectionalSequenceLSTMOptions", fused_activation_function="TANH", time_major=False)
    inputs = made.graph["operators"][0]["inputs"]
    states = [made.tensor(name, (1, 3), is_variable=True) for name in "hc"]
    made.graph["operators"][0]["inputs"] = inputs[:9] + [-1] * 3 + inputs[9:] + [-1] * 2 + states
    yield "unidirectional_sequence_lstm", made


def moves():
    yield "reshape", one("RESHAPE", MATRIX, {"s": ints(2, -1)}, [(2, 6)], "ReshapeOptions", new_shape=[2, 6])
    yield "reshape_option", one("RESHAPE", MATRIX, {}, [(2, 6)], "ReshapeOptions", new_shape=[2, 6])
    yield "squeeze", one("SQUEEZE", {"x": (1, 3, 1)}, {}, [(3,)], "SqueezeOptions", squeeze_dims=[0, 2])
    yield "expand_dims", one("EXPAND_DIMS", MATRIX, {"a": ints(1)}, [(3, 1, 4)])
    yield "transpose", one("TRANSPOSE", {"x": (2, 3, 4)}, {"p": ints(2, 0, 1)}, [(4, 2, 3)])
    yield "concatenation", one("CONCATENATION", PAIR, {}, [(4, 4)], "ConcatenationOptions", axis=0, **ACTIVATED)
    yield "split", one("SPLIT", MATRIX, {"a": np.array(1, "<i4")}, [(3, 2)] * 2, "SplitOptions", "ax", num_splits=2)
    yield "split_v", one("SPLIT_V", MATRIX, {"s": ints(1, 3), "a": np.array(1, "<i4")}, [(3, 1), (3, 3)],
                         "SplitVOptions", num_splits=2)
    yield "pack", one("PACK", {"x": (3, 4), "z": (3, 4)}, {}, [(3, 2, 4)], "PackOptions", values_count=2, axis=1)
    yield "unpack", one("UNPACK", {"x": (2, 4)}, {}, [(4,)] * 2, "UnpackOptions", num=2, axis=0)
    yield "slice", one("SLICE", MATRIX, {"b": ints(0, 1), "n": ints(2, -1)}, [(2, 3)])
    yield "strided_slice", one("STRIDED_SLICE", MATRIX, {"b": ints(0, 3), "e": ints(3, 0), "d": ints(2, -1)}, [(2, 3)],
                               "StridedSliceOptions", begin_mask=0, end_mask=2, ellipsis_mask=0, new_axis_mask=0,
                               shrink_axis_mask=0)
    pads = ints(1, 0, 0, 2).reshape(2, 2)
    yield "pad", one("PAD", MATRIX, {"p": pads}, [(4, 6)])
    yield "padv2", one("PADV2", MATRIX, {"p": pads, "v": np.float32(0.5)}, [(4, 6)])
    yield "mirror_pad", one("MIRROR_PAD", MATRIX, {"p": pads}, [(4, 6)], "MirrorPadOptions", mode="SYMMETRIC")
    yield "tile", one("TILE", MATRIX, {"r": ints(2, 3)}, [(6, 12)])
    yield "broadcast_to", one("BROADCAST_TO", {"x": (3, 1)}, {"s": ints(2, 3, 4)}, [(2, 3, 4)])
    yield "reverse_v2", one("REVERSE_V2", MATRIX, {"a": ints(0)}, [(3, 4)])
    yield "reverse_sequence", one("REVERSE_SEQUENCE", MATRIX, {"n": ints(1, 2, 4)}, [(3, 4)],
                                  "ReverseSequenceOptions", seq_dim=1, batch_dim=0)
    yield "fill", one("FILL", {}, {"s": ints(2, 3), "v": np.float32(2)}, [(2, 3)])
    yield "range", one("RANGE", {}, {"b": np.array(0, "<i4"), "e": np.array(9, "<i4"), "d": np.array(2, "<i4")},
                       [((5,), "INT32")])


def indices():
    places = {"x": (3, 4), "i": ((2, 1), "INT32")}
    yield "gather", one("GATHER", MATRIX, {"i": ints(2, 0)}, [(2, 4)], "GatherOptions", axis=0, batch_dims=0)
    yield "gather_nd", one("GATHER_ND", places, {}, [(2, 4)])
    yield "embedding_lookup", one("EMBEDDING_LOOKUP", {"i": ((2,), "INT32")}, {"w": floats(3, 4)}, [(2, 4)])
    yield "scatter_nd", one("SCATTER_ND", {"u": (2, 4)}, {"i": ints(0, 2).reshape(2, 1), "s": ints(3, 4)}, [(3, 4)],
                            order="ius")
    yield "one_hot", one("ONE_HOT", {"i": ((3,), "INT32")}, {"d": np.array(4, "<i4"), "on": np.float32(1),
                                                             "off": np.float32(0)}, [(3, 4)], "OneHotOptions", axis=-1)
    yield "topk_v2", one("TOPK_V2", MATRIX, {"k": np.array(2, "<i4")}, [(3, 2), ((3, 2), "INT32")])
    yield "arg_max", one("ARG_MAX", MATRIX, {"a": np.array(1, "<i4")}, [((3,), "INT32")], "ArgMaxOptions",
                         output_type="INT32")
    yield "cumsum", one("CUMSUM", MATRIX, {"a": np.array(1, "<i4")}, [(3, 4)], "CumsumOptions", exclusive=True,
                        reverse=True)
    yield "select_v2", one("SELECT_V2", {"c": ((3, 1), "BOOL"), "x": (3, 4), "z": (1, 4)}, {}, [(3, 4)])
    yield "cast", one("CAST", MATRIX, {}, [((3, 4), "INT32")])


def arithmetic():
    for operator in ("ADD", "SUB", "MUL", "DIV"):
        yield operator.lower(), one(operator, PAIR, {}, [(3, 4)], operator.capitalize() + "Options", **ACTIVATED)
    yield "softmax", one("SOFTMAX", MATRIX, {}, [(3, 4)], "SoftmaxOptions", beta=2.0)
    yield "leaky_relu", one("LEAKY_RELU", MATRIX, {}, [(3, 4)], "LeakyReluOptions", alpha=0.3)
    yield "prelu", one("PRELU", MATRIX, {"s": floats(4)}, [(3, 4)])
    yield "gelu", one("GELU", MATRIX, {}, [(3, 4)], "GeluOptions", approximate=True)
    yield from one_each(one, BINARY, PAIR)
    yield from one_each(one, COMPARISONS, PAIR, {}, [((3, 4), "BOOL")])
    yield from one_each(one, UNARY, MATRIX)
    yield "shape", one("SHAPE", MATRIX, {}, [((2,), "INT64")])
    yield "rank", one("RANK", MATRIX, {}, [((), "INT32")])
    for operator in REDUCE:
        yield operator.lower(), one(operator, {"x": (2, 3, 4)}, {"a": ints(0, 2)}, [(3,)], "ReducerOptions",
                                    keep_dims=False)


def quantized():
    whole = {"x": ((1, 6, 6, 2), "INT8", STEPS)}
    weights = np.arange(54, dtype="i1").reshape(3, 3, 3, 2)
    yield "quantized_conv_2d", one("CONV_2D", whole, {
        "w": (weights, {"scale": [0.1, 0.2, 0.3], "zero_point": [0, 0, 0], "quantized_dimension": 0}),
        "b": ints(100, -100, 7)}, [((1, 3, 3, 3), "INT8", {"scale": [2.0], "zero_point": [5]})],
        "Conv2DOptions", **STRIDES)
    yield "quantized_average_pool_2d", one("AVERAGE_POOL_2D", whole, {}, [((1, 3, 3, 2), "INT8", STEPS)],
                                           "Pool2DOptions", filter_width=2, filter_height=2, **STRIDES)
    yield "quantize", one("QUANTIZE", MATRIX, {}, [((3, 4), "INT16", {"scale": [0.001], "zero_point": [0]})])
    yield "dequantize", one("DEQUANTIZE", {"x": ((3, 4), "UINT8", {"scale": [0.1], "zero_point": [128]})})
    yield "dequantize_half", one("DEQUANTIZE", {}, {"h": floats(3, 4).astype("<f2")})
    made = Model()
    x = made.input("x", (3, 4), "INT8", STEPS)
    sums, y = made.tensor("sums", (3, 4), "INT8", {"scale": [1.0], "zero_point": [0]}), made.tensor("y", (3, 4))
    made.op("ADD", [x, x], [sums], "AddOptions", fused_activation_function="RELU")
    made.op("DEQUANTIZE", [sums], [y])
    made.content["signature_defs"] = [{"inputs": [{"name": "image", "tensor_index": x}],
                                       "outputs": [{"name": "scores", "tensor_index": y}],
                                       "signature_key": "serving_default", "subgraph_index": 0}]
    yield "signature", made.output(y)


def plain():
    """(name, Model) of models with which nothing is wrong."""
    for family in (windows, matrices, moves, indices, arithmetic, quantized):
        yield from family()

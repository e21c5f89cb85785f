#!/usr/bin/env python3
"""Makes TensorFlow Lite models with TensorFlow, and runs them in its interpreter: a folder for `mace validate`.

usage: PYTHON tools/tflite_cases.py FOLDER [--filter REGEX]
       mace validate FOLDER --device cpu

PYTHON needs tensorflow-cpu with keras from PyPI. The cases are one for each operator in several forms, small
networks (a MobileNetV2 at 96x96, a residual network, a transformer block, LSTMs), and the same quantized after
training with a seeded calibration set. All weights and inputs are seeded. A quantized output may be a few steps
away from the interpreter's, whose factors and tables are rounded; the case's limit says how many.
"""
import argparse
import functools
import json
import os
import re
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

FLOAT_LIMIT = 1e-4
F32 = tf.float32


def draw(shape, seed, low=-2.0, high=2.0):
    return np.random.RandomState(seed).uniform(low, high, shape).astype(np.float32)


def whole(shape, seed, low, high, dtype=np.int32):
    return np.random.RandomState(seed).randint(low, high, shape).astype(dtype)


def closure(op, *more):
    """The op as a function of its first argument; a default argument would become an input of the model."""
    return lambda x: op(x, *more)


class Case:
    """A function of arrays, the inputs to call it with, and how it is converted."""

    def __init__(self, name, function, inputs, limit=FLOAT_LIMIT, convert=None):
        self.name, self.function, self.inputs, self.limit, self.convert = name, function, inputs, limit, convert


def element_cases():
    a, b = draw((2, 3, 4), 1), draw((2, 3, 4), 2)
    row, above = draw((4,), 3, 0.5, 2), draw((2, 3, 4), 4, 0.2, 3)
    binary = dict(add=tf.add, sub=tf.subtract, mul=tf.multiply, div=tf.divide, minimum=tf.minimum,
                  maximum=tf.maximum, squared_difference=tf.math.squared_difference,
                  floor_div=tf.math.floordiv, floor_mod=tf.math.floormod)
    for name, op in binary.items():
        yield Case(name, op, [a, above])
        yield Case(name + "_row", op, [a, row])
        yield Case(name + "_int", op, [whole((2, 6), 5, -20, 20), whole((6,), 6, 1, 7)])
    yield Case("pow", tf.pow, [above, b])
    for name in ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal"):
        op = getattr(tf.math, name)
        yield Case(name, op, [a, np.where(b > 0, a, b)])
        yield Case(name + "_int", op, [whole((2, 6), 5, -2, 2), whole((6,), 6, -2, 2)])
    flags, others = whole((2, 5), 7, 0, 2, bool), whole((2, 5), 8, 0, 2, bool)
    yield Case("logical_and", tf.logical_and, [flags, others])
    yield Case("logical_or", tf.logical_or, [flags, others])
    yield Case("logical_not", tf.logical_not, [flags])
    yield Case("select", tf.where, [flags, draw((2, 5), 9), draw((2, 5), 10)])
    yield Case("select_broadcast", tf.where, [flags, draw((2, 5), 9), draw((5,), 10)])
    for name in ("abs", "negative", "exp", "square", "sin", "cos", "floor", "round", "tanh", "sigmoid", "sign"):
        yield Case(name, getattr(tf.math, name), [a])
    yield Case("round_halves", tf.math.round, [np.float32([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5])])
    yield Case("ceil", tf.math.ceil, [a])
    for name in ("log", "sqrt", "rsqrt"):
        yield Case(name, getattr(tf.math, name), [above])
    for name in ("relu", "relu6", "elu", "softmax", "log_softmax"):
        yield Case(name, getattr(tf.nn, name), [4 * a])
    yield Case("relu_n1_to_1", lambda x: tf.maximum(-1.0, tf.minimum(x, 1.0)), [a])
    yield Case("leaky_relu", lambda x: tf.nn.leaky_relu(x, 0.3), [a])
    yield Case("gelu", lambda x: tf.nn.gelu(x, approximate=False), [a], 1e-4)
    yield Case("gelu_tanh", lambda x: tf.nn.gelu(x, approximate=True), [a], 1e-4)
    yield Case("hard_swish", lambda x: x * tf.nn.relu6(x + 3) / 6, [3 * a])
    yield Case("add_relu", lambda x, y: tf.nn.relu(x + y), [a, b])
    yield Case("mul_relu6", lambda x, y: tf.nn.relu6(x * y), [4 * a, b])
    slopes = tf.constant(draw((1, 1, 4), 11, 0.1, 0.9))
    yield Case("prelu", lambda x: tf.nn.relu(x) + slopes * -tf.nn.relu(-x), [draw((1, 3, 3, 4), 12)])
    yield Case("softmax_middle", lambda x: tf.nn.softmax(x, axis=1), [a])
    yield Case("cast_int", lambda x: tf.cast(x, tf.int32), [10 * a])
    yield Case("cast_long", lambda x: tf.cast(x, tf.int64), [whole((2, 3), 13, -9, 9)])
    yield Case("cast_bool", lambda x: tf.cast(x, F32), [flags])
    yield Case("add_n", lambda x, y: tf.add_n([x, y, x]), [a, b])
    yield Case("atan2", tf.math.atan2, [a, b])


def spatial_cases():
    image, odd = draw((2, 9, 8, 4), 20), draw((1, 7, 10, 6), 21)
    filters = [tf.constant(draw(shape, 22)) for shape in [(3, 3, 4, 5), (1, 1, 4, 7), (5, 2, 4, 3)]]
    for i, weights in enumerate(filters):
        for padding in ("SAME", "VALID"):
            for stride in (1, 2):
                yield Case("conv_%d_%s_%d" % (i, padding.lower(), stride),
                           closure(tf.nn.conv2d, weights, stride, padding), [image])
    bias = tf.constant(draw((5,), 23))
    yield Case("conv_bias_relu6", lambda x: tf.nn.relu6(tf.nn.conv2d(x, filters[0], 1, "SAME") + bias), [image])
    yield Case("conv_dilated", lambda x: tf.nn.conv2d(x, filters[0], 1, "SAME", dilations=[2, 2]), [image])
    yield Case("conv_groups", lambda x: tf.nn.conv2d(x, tf.constant(draw((3, 3, 2, 6), 24)), 1, "SAME"), [odd])
    for multiplier in (1, 2):
        weights = tf.constant(draw((3, 3, 6, multiplier), 25))
        for padding in ("SAME", "VALID"):
            yield Case("depthwise_%d_%s" % (multiplier, padding.lower()),
                       closure(tf.nn.depthwise_conv2d, weights, [1, 2, 2, 1], padding), [odd])
    weights = tf.constant(draw((3, 3, 3, 6), 26))
    yield Case("transpose_conv", lambda x: tf.nn.conv2d_transpose(x, weights, [1, 14, 20, 3], 2, "SAME"), [odd])
    yield Case("transpose_conv_valid",
               lambda x: tf.nn.conv2d_transpose(x, weights, [1, 15, 21, 3], 2, "VALID"), [odd])
    volume, taps = draw((1, 4, 5, 6, 2), 27), tf.constant(draw((2, 3, 3, 2, 3), 28))
    yield Case("conv_3d", lambda x: tf.nn.conv3d(x, taps, [1, 1, 2, 1, 1], "SAME"), [volume])
    for padding in ("SAME", "VALID"):
        yield Case("max_pool_" + padding.lower(), lambda x, p=padding: tf.nn.max_pool2d(x, [3, 2], 2, p), [image])
        yield Case("avg_pool_" + padding.lower(), lambda x, p=padding: tf.nn.avg_pool2d(x, [3, 2], 2, p), [image])
    yield Case("l2_normalization", lambda x: tf.nn.l2_normalize(x, -1), [image])
    yield Case("lrn", lambda x: tf.nn.local_response_normalization(x, 2, 1.5, 0.3, 0.7), [image])
    for corners, centers in ((False, False), (True, False), (False, True)):
        for name, op in (("bilinear", tf.compat.v1.image.resize_bilinear),
                         ("nearest", tf.compat.v1.image.resize_nearest_neighbor)):
            for size in ((13, 11), (4, 5)):
                yield Case("resize_%s_%d%d_%d" % (name, corners, centers, size[0]),
                           lambda x, o=op, s=size, c=corners, h=centers:
                           o(x, s, align_corners=c, half_pixel_centers=h), [image])
    yield Case("space_to_depth", lambda x: tf.nn.space_to_depth(x, 2), [draw((1, 4, 6, 3), 29)])
    yield Case("depth_to_space", lambda x: tf.nn.depth_to_space(x, 2), [draw((1, 2, 3, 8), 30)])
    yield Case("space_to_batch", lambda x: tf.space_to_batch(x, [2, 2], [[0, 1], [1, 1]]), [draw((1, 5, 6, 3), 31)])
    yield Case("batch_to_space", lambda x: tf.batch_to_space(x, [2, 2], [[0, 1], [1, 0]]), [draw((4, 3, 3, 2), 32)])


def reduce_cases():
    x, flags = draw((2, 3, 4, 5), 40), whole((2, 3, 4), 41, 0, 2, bool)
    for name in ("mean", "sum", "max", "min", "prod"):
        op = getattr(tf, "reduce_" + name)
        for axis in (-1, (1, 2), None):
            yield Case("reduce_%s_%s" % (name, str(axis).strip("()").replace(", ", "_")),
                       lambda v, o=op, a=axis: o(v, axis=a), [x], 1e-3)
        yield Case("reduce_%s_keep" % name, lambda v, o=op: o(v, axis=1, keepdims=True), [x])
        if name != "mean":
            yield Case("reduce_%s_int" % name, lambda v, o=op: o(v, axis=1), [whole((2, 3), 42, -9, 9)])
    yield Case("reduce_any", lambda v: tf.reduce_any(v, axis=1), [flags])
    yield Case("reduce_all", lambda v: tf.reduce_all(v, axis=-1, keepdims=True), [flags])
    yield Case("arg_max", lambda v: tf.argmax(v, axis=1), [x])
    yield Case("arg_min_int", lambda v: tf.argmin(v, axis=-1, output_type=tf.int32), [x])
    yield Case("top_k", lambda v: tf.math.top_k(v, 3), [draw((2, 7), 43)])
    yield Case("cumsum", lambda v: tf.cumsum(v, axis=1), [x])
    yield Case("cumsum_back", lambda v: tf.cumsum(v, axis=-1, exclusive=True, reverse=True), [x])


def shape_cases():
    x, y = draw((2, 3, 4), 50), draw((2, 3, 4), 51)
    yield Case("concat", lambda a, b: tf.concat([a, b, a], 1), [x, y])
    yield Case("split", lambda a: tf.split(a, 2, axis=-1), [x])
    yield Case("split_v", lambda a: tf.split(a, [1, 3], axis=2), [x])
    yield Case("pack", lambda a, b: tf.stack([a, b], axis=1), [x, y])
    yield Case("unpack", lambda a: tf.unstack(a, axis=1), [x])
    yield Case("slice", lambda a: tf.slice(a, [0, 1, 1], [2, -1, 2]), [x])
    yield Case("strided_slice", lambda a: a[:, ::-1, 1:4:2], [x])
    yield Case("strided_slice_masks", lambda a: a[..., tf.newaxis, 1], [x])
    yield Case("pad", lambda a: tf.pad(a, [[0, 0], [1, 2], [0, 1]]), [x])
    yield Case("pad_v2", lambda a: tf.pad(a, [[0, 0], [1, 2], [0, 1]], constant_values=1.5), [x])
    yield Case("mirror_pad_reflect", lambda a: tf.pad(a, [[0, 0], [1, 2], [0, 1]], "REFLECT"), [x])
    yield Case("mirror_pad_symmetric", lambda a: tf.pad(a, [[0, 0], [1, 2], [0, 1]], "SYMMETRIC"), [x])
    yield Case("reshape", lambda a: tf.reshape(a, [4, -1]), [x])
    yield Case("squeeze", lambda a: tf.squeeze(a, [1]), [draw((2, 1, 3), 52)])
    yield Case("expand_dims", lambda a: tf.expand_dims(a, 1), [x])
    yield Case("transpose", lambda a: tf.transpose(a, [2, 0, 1]), [x])
    yield Case("shape", tf.shape, [x])
    yield Case("rank", lambda a: tf.rank(a) + tf.shape(a)[0], [x])
    yield Case("tile", lambda a: tf.tile(a, [1, 2, 3]), [x])
    yield Case("broadcast_to", lambda a: tf.broadcast_to(a, [2, 3, 4]), [draw((3, 1), 53)])
    yield Case("fill", lambda a: tf.fill(tf.shape(a), 2.5) + a, [x])
    yield Case("zeros_like", tf.zeros_like, [x])
    yield Case("range", lambda a: tf.range(0.0, 4.0, 1.0) + a, [x])
    yield Case("range_int", lambda a: tf.range(tf.shape(a)[2]), [x])
    indices = whole((2, 3), 54, 0, 4)
    yield Case("one_hot", lambda i: tf.one_hot(i, 4, 2.0, -1.0, axis=1), [indices])
    yield Case("one_hot_int", lambda i: tf.one_hot(i, 4, dtype=tf.int32), [indices])
    yield Case("gather", lambda a, i: tf.gather(a, i, axis=2), [x, indices])
    yield Case("gather_batch", lambda a, i: tf.gather(a, i, axis=2, batch_dims=1), [x, indices])
    places = whole((3, 2), 55, 0, 2)
    yield Case("gather_nd", tf.gather_nd, [x, places])
    yield Case("scatter_nd", lambda i, u: tf.scatter_nd(i, u, [4, 3]), [whole((5, 1), 56, 0, 4), draw((5, 3), 57)])
    yield Case("reverse", lambda a: tf.reverse(a, [1]), [x])
    yield Case("reverse_sequence", lambda a: tf.reverse_sequence(a, [2, 3], 1, 0), [x])


def matrix_cases():
    x = draw((3, 8), 60)
    w, bias = tf.constant(draw((8, 5), 61)), tf.constant(draw((5,), 62))
    yield Case("fully_connected", lambda a: tf.matmul(a, w), [x])
    yield Case("fully_connected_bias_relu", lambda a: tf.nn.relu(tf.matmul(a, w) + bias), [x])
    yield Case("fully_connected_rank_3", lambda a: tf.tensordot(a, w, 1) + bias, [draw((2, 3, 8), 63)])
    yield Case("batch_matmul", tf.matmul, [draw((2, 3, 4), 64), draw((2, 4, 5), 65)])
    yield Case("batch_matmul_adjoint", lambda a, b: tf.matmul(a, b, adjoint_a=True, adjoint_b=True),
               [draw((2, 4, 3), 66), draw((2, 5, 4), 67)])
    yield Case("matrix_diag", tf.linalg.diag, [draw((2, 3), 68)])
    yield Case("matrix_set_diag", tf.linalg.set_diag, [draw((2, 3, 3), 69), draw((2, 3), 70)])


def seed_weights(model, seed):
    random = np.random.RandomState(seed)
    for weight in model.weights:
        shape = tuple(weight.shape)
        fan = max(1, int(np.prod(shape[:-1])))
        values = random.normal(0, (2.0 / fan) ** 0.5, shape)
        if "variance" in weight.name:
            values = random.uniform(0.5, 1.5, shape)
        elif "gamma" in weight.name:
            values = random.uniform(0.8, 1.2, shape)
        elif len(shape) == 1:
            values = random.normal(0, 0.1, shape)
        weight.assign(values.astype(np.float32))
    return model


SHAPES = {"mobilenet_v2": (1, 96, 96, 3), "residual": (1, 32, 32, 3), "transformer": (1, 12, 32),
          "lstm_unrolled": (2, 9, 6), "lstm": (2, 9, 6)}


@functools.lru_cache(maxsize=1)
def keras_model(name):
    from tensorflow import keras
    layers = keras.layers
    keras.utils.set_random_seed(7)
    if name == "mobilenet_v2":
        model = keras.applications.MobileNetV2((96, 96, 3), alpha=0.35, weights=None, classes=20)
        return seed_weights(model, 71)
    if name == "residual":
        x = begin = keras.Input((32, 32, 3), batch_size=1)
        x = layers.Conv2D(16, 3, padding="same", activation="relu")(x)
        for channels in (16, 32, 32):
            stride = 1 if channels == x.shape[-1] else 2
            y = layers.Conv2D(channels, 3, stride, "same")(x)
            y = layers.ReLU()(layers.BatchNormalization()(y))
            y = layers.BatchNormalization()(layers.Conv2D(channels, 3, 1, "same")(y))
            if stride > 1:
                x = layers.Conv2D(channels, 1, stride)(x)
            x = layers.ReLU()(layers.Add()([x, y]))
        x = layers.Dense(10, activation="softmax")(layers.GlobalAveragePooling2D()(x))
        return seed_weights(keras.Model(begin, x), 72)
    if name == "transformer":
        begin = keras.Input((12, 32), batch_size=1)
        y = layers.MultiHeadAttention(4, 8)(begin, begin)
        x = layers.LayerNormalization()(layers.Add()([begin, y]))
        y = layers.Dense(32)(layers.Dense(64, activation="gelu")(x))
        return seed_weights(keras.Model(begin, layers.LayerNormalization()(layers.Add()([x, y]))), 73)
    begin = keras.Input((9, 6), batch_size=2)
    y = layers.LSTM(8, return_sequences=True, unroll=name == "lstm_unrolled")(begin)
    return seed_weights(keras.Model(begin, y), 74)


def quantized_by(model, shape, types=None):
    """Converts after training, with a seeded calibration set; types: of inputs and outputs."""
    model = keras_model(model) if isinstance(model, str) else model
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([draw(shape, seed, -1, 1)] for seed in range(100, 112))
    if types == "int16":
        converter.target_spec.supported_ops = [
            tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8]
    elif types is not None:
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = types
    return converter.convert()


def with_weights(model, what):
    converter = tf.lite.TFLiteConverter.from_keras_model(keras_model(model))
    if what == "float16":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = [tf.float16]
    return converter.convert()


def network_cases():
    for name, shape in SHAPES.items():
        data = [draw(shape, 80, -1, 1)]
        yield Case(name, None, data, 1e-4, lambda m=name: with_weights(m, "float32"))
        if name == "residual":
            yield Case(name + "_float16", None, data, 1e-4, lambda m=name: with_weights(m, "float16"))
        if name in ("mobilenet_v2", "residual"):
            yield Case(name + "_int8", None, data, 3.01, lambda m=name, s=shape: quantized_by(m, s, tf.int8))
            yield Case(name + "_uint8", None, data, 3.01, lambda m=name, s=shape: quantized_by(m, s, tf.uint8))
            yield Case(name + "_int8_inside", None, data, 3.01 / 256, lambda m=name, s=shape: quantized_by(m, s))
            yield Case(name + "_int16", None, data, 1e-3, lambda m=name, s=shape: quantized_by(m, s, "int16"))


def quantized_op_cases():
    """Layers of one op, quantized to int8; one step of the output is allowed."""
    from tensorflow import keras
    layers = keras.layers
    image = (1, 8, 8, 4)
    forms = {
        "conv": lambda x: layers.Conv2D(6, 3, 2, "same", activation="relu6")(x),
        "depthwise": lambda x: layers.DepthwiseConv2D(3, depth_multiplier=2)(x),
        "dense": lambda x: layers.Dense(7)(layers.Flatten()(x)),
        "add": lambda x: layers.Add()([x, layers.ReLU()(x)]),
        "mul": lambda x: layers.Multiply()([x, layers.Conv2D(4, 1)(x)]),
        "concat": lambda x: layers.Concatenate()([x, layers.Conv2D(4, 1)(x)]),
        "avg_pool": lambda x: layers.AveragePooling2D(2)(x),
        "max_pool": lambda x: layers.MaxPooling2D(2)(x),
        "mean": lambda x: layers.GlobalAveragePooling2D()(x),
        "softmax": lambda x: layers.Softmax()(layers.Dense(9)(layers.Flatten()(x))),
        "sigmoid": lambda x: layers.Activation("sigmoid")(x),
        "tanh": lambda x: layers.Activation("tanh")(x),
        "hard_swish": lambda x: layers.Activation("hard_swish")(x),
        "pad": lambda x: layers.ZeroPadding2D()(x),
        "resize": lambda x: layers.UpSampling2D(interpolation="bilinear")(x),
        "transpose_conv": lambda x: layers.Conv2DTranspose(3, 3, 2, "same")(x),
        "leaky_relu": lambda x: layers.LeakyReLU(0.2)(x),
        "prelu": lambda x: layers.PReLU(shared_axes=[1, 2])(x),
    }
    for i, (name, form) in enumerate(forms.items()):
        def convert(layer=form, seed=90 + i):
            begin = keras.Input(image[1:], batch_size=1)
            return quantized_by(seed_weights(keras.Model(begin, layer(begin)), seed), image, tf.int8)
        yield Case("int8_" + name, None, [draw(image, 91, -1, 1)], 1.01, convert)


def make_bytes(case):
    if case.convert is not None:
        return case.convert()
    specs = [tf.TensorSpec(x.shape, x.dtype, name="x%d" % i) for i, x in enumerate(case.inputs)]
    concrete = tf.function(case.function).get_concrete_function(*specs)
    return tf.lite.TFLiteConverter.from_concrete_functions([concrete], tf.Module()).convert()


def to_type(x, detail):
    """Floats as the integers of a quantized input."""
    scale, zero = detail["quantization"]
    if scale == 0:
        return x.astype(detail["dtype"])
    info = np.iinfo(detail["dtype"])
    return np.clip(np.round(x / scale) + zero, info.min, info.max).astype(detail["dtype"])


def interpreter_of(case, content):
    """The reference kernels, which the operators are defined by, where TensorFlow has one for each operator.

    That of LOCAL_RESPONSE_NORMALIZATION leaves out the last neighbour, which its other kernel and TensorFlow count.
    """
    kinds = tf.lite.experimental.OpResolverType
    for kind in (kinds.BUILTIN_REF, kinds.BUILTIN_WITHOUT_DEFAULT_DELEGATES):
        if case.name == "lrn" and kind is kinds.BUILTIN_REF:
            continue
        try:
            interpreter = tf.lite.Interpreter(model_content=content, experimental_op_resolver_type=kind)
            interpreter.allocate_tensors()
            return interpreter
        except (RuntimeError, ValueError):
            if kind is kinds.BUILTIN_WITHOUT_DEFAULT_DELEGATES:
                raise
    return None


def run_case(case, folder):
    """Writes the model and the arrays; gives the entry of the manifest."""
    content = make_bytes(case)
    with open(os.path.join(folder, case.name + ".tflite"), "wb") as file:
        file.write(content)
    interpreter = interpreter_of(case, content)
    signatures = interpreter.get_signature_list()
    runner = next(iter(signatures.values()), None)
    details = interpreter.get_input_details()
    arrays = {"inputs": {}, "outputs": {}}

    def write(kind, name, array):
        path = "%s_%s_%d.npy" % (case.name, kind, len(arrays[kind]))
        np.save(os.path.join(folder, path), array)
        arrays[kind][name] = {"file": path}

    if runner is not None:
        run = interpreter.get_signature_runner()
        given = dict(zip(sorted(runner["inputs"]), case.inputs))
        given = {name: to_type(x, run.get_input_details()[name]) for name, x in given.items()}
        for name, x in given.items():
            write("inputs", name, x)
        for name, y in run(**given).items():
            write("outputs", name, y)
    else:
        for detail in details:
            x = to_type(case.inputs[int(re.search(r"x(\d+)", detail["name"]).group(1))], detail)
            interpreter.set_tensor(detail["index"], x)
            write("inputs", detail["name"], x)
        interpreter.invoke()
        for detail in interpreter.get_output_details():
            write("outputs", detail["name"], interpreter.get_tensor(detail["index"]))
    return {"name": case.name, "format": "tflite", "model": [case.name + ".tflite"], "ops": [], "sets": [arrays],
            "max_abs_err": case.limit, "source": "tools/tflite_cases.py", "reference": "tf.lite.Interpreter"}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--filter", default="")
    arguments = parser.parse_args()
    os.makedirs(arguments.folder, exist_ok=True)
    cases, left_out = [], []
    for family in (element_cases, spatial_cases, reduce_cases, shape_cases, matrix_cases, quantized_op_cases,
                   network_cases):
        for case in family():
            if not re.search(arguments.filter, case.name):
                continue
            try:
                cases.append(run_case(case, arguments.folder))
            except Exception as error:  # TensorFlow's converter refuses some forms.
                left_out.append(case.name)
                print("%s: left out: %s" % (case.name, str(error).strip().splitlines()[:1]), file=sys.stderr)
            with open(os.path.join(arguments.folder, "manifest.json"), "w", encoding="utf-8") as file:
                json.dump(cases, file, indent=1)
    print("%d cases, %d left out" % (len(cases), len(left_out)))
    return 1 if not cases else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/python3
"""Checks the committed models and the writers: python3 models/models_test.py"""
import json
import os
import sys
import tempfile
import unittest

import numpy as np

FOLDER = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, FOLDER)

try:
    import onnx.reference
except ImportError:
    onnx = None

import make_convnet
import make_light
import make_mobilenet
import mace_quantized
import make_decoder
import make_transformer
import mace_writer
import reference
from schema import mace_pb2, tensorflow_pb2

DIGITS = os.path.join(FOLDER, "digits")
STORED = {mace_pb2.DT_FLOAT: "<f4", mace_pb2.DT_HALF: "<f2", mace_pb2.DT_INT32: "<i4", mace_pb2.DT_UINT8: "<u1",
          mace_pb2.DT_INT8: "<i1"}


def held_back(name):
    return np.load(os.path.join(DIGITS, "heldback", name + ".npy"))


def load_mace(path):
    """The net and its tensors by name, each checked to lie in the data file."""
    model = mace_pb2.MultiNetDef()
    with open(path, "rb") as file:
        model.ParseFromString(file.read())
    with open(path[:-len(".pb")] + ".data", "rb") as file:
        data = file.read()
    net = model.net_def[0]
    assert net.data_offset == 0 and net.data_size == len(data)
    tensors = {}
    for tensor in net.tensors:
        assert tensor.offset % 4 == 0 and tensor.data_size == np.prod(tensor.dims)
        values = np.frombuffer(data, STORED[tensor.data_type], tensor.data_size, tensor.offset)
        values = values.reshape(tuple(tensor.dims)).astype(np.float64)
        tensors[tensor.name] = tensor.scale * (values - tensor.zero_point) if tensor.quantized else values
    return model, net, tensors


def arguments(op):
    """Only what the file says; an argument read but not written is an error."""
    found = {}
    for arg in op.arg:
        fields = [field.name for field, _ in arg.ListFields() if field.name != "name"]
        assert len(fields) == 1, arg
        found[arg.name] = getattr(arg, fields[0])
    return found


def add_bias_and_activate(y, inputs, args):
    if len(inputs) > 2:
        y = y + inputs[2]
    kind = args.get("activation", b"")
    return reference.activate(y, {b"": None, b"RELU": "relu", b"RELUX": "relu6"}[kind])


def window_arguments(args):
    return list(args["strides"]), {0: "VALID", 1: "SAME"}[args["padding"]]


def convolution(compute):
    """OIHW and MIHW both become what the reference takes by the same move of axes."""
    def run(x, args):
        filters = np.transpose(x[1], (2, 3, 1, 0))
        return add_bias_and_activate(compute(x[0], filters, *window_arguments(args)), x, args)
    return run


def fully_connected(x, args):
    # Weights OIHW against an NHWC picture.
    y = np.einsum("nhwi,oihw->no", x[0], x[1])
    return add_bias_and_activate(y, x, args)


def pooling(x, args):
    mode = {1: "avg", 2: "max"}[args["pooling_type"]]
    return reference.pool(x[0], mode, list(args["kernels"]), *window_arguments(args))


OPS = {
    "Conv2D": convolution(reference.conv),
    "DepthwiseConv2d": convolution(reference.depthwise),
    "FullyConnected": fully_connected,
    "Pooling": pooling,
    "Reduce": lambda x, args: x[0].mean(axis=tuple(args["axis"]), keepdims=bool(args["keepdims"])),
    "Eltwise": lambda x, args: {0: np.add}[args["type"]](*x),
    "Activation": lambda x, args: add_bias_and_activate(x[0], [], args),
    "Concat": lambda x, args: np.concatenate(x, axis=args["axis"]),
    "MatMul": lambda x, args: x[0] @ x[1],
    "BiasAdd": lambda x, args: x[0] + x[1],
    "Softmax": lambda x, args: reference.softmax(x[0]),
    "Quantize": lambda x, args: x[0],
    "Dequantize": lambda x, args: x[0].reshape(len(x[0]), -1),
}


def as_8_bits_hold_it(op, y):
    """Not of a Quantize: it takes the range of what it is given."""
    if not op.quantize_info or op.type == "Quantize":
        return y
    info, smallest = op.quantize_info[0], {mace_pb2.DT_UINT8: 0, mace_pb2.DT_INT8: -128}[arguments(op)["T"]]
    numbers = np.clip(np.round(y / info.scale) + info.zero_point, smallest, smallest + 255)
    return info.scale * (numbers - info.zero_point)


def run_mace(path, values):
    """Runs a model from its file alone, checking the shapes that it declares."""
    model, net, tensors = load_mace(path)
    tensors[model.input_tensor[0]] = values.astype(np.float64)
    for op in net.op:
        y = OPS[op.type]([tensors[name] for name in op.input], arguments(op))
        assert list(y.shape[1:]) == list(op.output_shape[0].dims[1:]), op.name
        tensors[op.output[0]] = as_8_bits_hold_it(op, y)
    return tensors[model.output_tensor[0]].reshape(len(values), -1)


class DigitsTest(unittest.TestCase):
    def test_mace_model_gives_tensorflows_outputs(self):
        outputs = run_mace(os.path.join(DIGITS, "digits.pb"), held_back("inputs"))
        np.testing.assert_allclose(outputs, held_back("expected"), rtol=0, atol=1e-5)

    def test_accuracy(self):
        right = (held_back("expected").argmax(axis=1) == held_back("labels")).mean()
        self.assertGreaterEqual(right, 0.985)

    def test_frozen_graph_keeps_its_batch_norms(self):
        graph = tensorflow_pb2.GraphDef()
        with open(os.path.join(DIGITS, "digits_frozen.pb"), "rb") as file:
            graph.ParseFromString(file.read())
        ops = [node.op for node in graph.node]
        self.assertEqual(ops.count("FusedBatchNormV3"), 3)
        self.assertEqual(graph.node[-1].name, "output")

    def test_samples_are_held_back_pictures_with_their_labels(self):
        with open(os.path.join(DIGITS, "samples", "labels.json"), encoding="utf-8") as file:
            labels = json.load(file)
        with open(os.path.join(DIGITS, "labels.json"), encoding="utf-8") as file:
            self.assertEqual(json.load(file), labels)
        self.assertEqual(sorted(labels.values()), list(range(10)))
        for name, digit in labels.items():
            sample = np.load(os.path.join(DIGITS, "samples", name))
            self.assertEqual((sample.shape, sample.dtype), ((1, 8, 8, 1), np.float32))
            same = (held_back("inputs") == sample).all(axis=(1, 2, 3))
            self.assertIn(digit, held_back("labels")[same])


class WriterTest(unittest.TestCase):
    def check(self, net, weights="fp32", tolerance=1e-5):
        values = net.make_input()
        expected = reference.run(net, values)
        self.assertLess(expected.max(), 0.9, "a saturated output hides errors")
        self.assertGreater(expected.max(), 1.2 * expected.mean(), "a flat output hides errors")
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "model.pb")
            mace_writer.write_mace(net, path, weights)
            outputs = run_mace(path, values)
        np.testing.assert_allclose(outputs, expected, rtol=0, atol=tolerance * expected.max())

    def test_mobilenets(self):
        for version, make in make_mobilenet.VERSIONS.items():
            with self.subTest(version=version):
                self.check(make(0.35, 64, 2, 50, 1))

    def test_mobilenets_of_8_bits(self):
        net = make_mobilenet.mobilenet_v1(0.25, 64, 1, 50, 1)
        values = net.make_input()
        expected = reference.run(net, values)
        for scheme in ("uint8", "int8"):
            with self.subTest(scheme=scheme), tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, "model.pb")
                mace_quantized.write_mace_quantized(net, path, scheme, values)
                outputs = run_mace(path, values)
                # The layers' errors grow through 28 of them: seen 0.99992.
                cosine = (outputs * expected).sum() / np.linalg.norm(outputs) / np.linalg.norm(expected)
                self.assertGreater(cosine, 0.9995)

    def test_half_weights(self):
        self.check(make_mobilenet.mobilenet_v1(0.25, 64, 1, 50, 1), "fp16", 2e-2)

    def test_convnets(self):
        for name, make in make_convnet.NETS.items():
            with self.subTest(name=name):
                self.check(make(make_convnet.parse(["--width", "0.25", "--size", "96", "--classes", "50", name, "-"])))

    @unittest.skipUnless(onnx, "the python package onnx, with its reference, is not installed")
    def test_onnx_models_give_the_same_outputs(self):
        from onnx_writer import write_onnx
        nets = [make_mobilenet.mobilenet_v1(0.25, 32, 1, 10, 1), make_mobilenet.mobilenet_v2(0.35, 32, 1, 10, 1)]
        for name, make in make_convnet.NETS.items():
            nets.append(make(make_convnet.parse(["--width", "0.125", "--size", "75", "--classes", "10", name, "-"])))
        for net in nets:
            with self.subTest(net=net.name), tempfile.TemporaryDirectory() as folder:
                values = net.make_input()
                expected = reference.run(net, values)
                path = os.path.join(folder, "model.onnx")
                write_onnx(net, path)
                session = onnx.reference.ReferenceEvaluator(path)
                outputs = session.run(None, {"input": np.transpose(values, (0, 3, 1, 2))})[0]
                np.testing.assert_allclose(outputs, expected, rtol=0, atol=1e-5 * expected.max())

    def test_light_models_are_alive(self):
        """An output that is flat, or one class alone, would hide errors. (The engine's tests compare the numbers.)"""
        for name, make in make_light.NETS.items():
            with self.subTest(name=name):
                builder, output = make(make_light.parse(["--width", "0.125", "--size", "64", "--classes", "10", "-", name]))
                values = builder.graph.run(output, builder.graph.make_input()).reshape(-1)
                self.assertLess(values.max(), 0.95 * np.abs(values).sum())
                self.assertGreater(values.max(), 1.2 * values.mean())

    def test_light_models_have_the_packages_operators(self):
        """As many as the onnx package's, apart from those that fill its weights with a constant."""
        expected = {"bvlc_alexnet": 24, "densenet121": 910, "inception_v1": 144, "inception_v2": 509, "resnet50": 176,
                    "shufflenet": 203, "squeezenet": 66, "vgg19": 46, "zfnet512": 22}
        for name, make in make_light.NETS.items():
            builder, _ = make(make_light.parse(["--width", "0.125", "-", name]))
            self.assertEqual(len(builder.graph.graph.node), expected[name], name)

    def test_a_transformer_block_has_its_parts_written_out(self):
        graph, output = make_transformer.transformer(make_transformer.parse(["--width", "24", "--tokens", "5", "-"]))
        kinds = [node.op_type for node in graph.graph.node]
        self.assertEqual([kinds.count(kind) for kind in ("ReduceMean", "Sqrt", "Erf", "Softmax", "MatMul")], [6, 3, 1, 1, 8])
        values = graph.run(output, graph.make_input())
        self.assertEqual(values.shape, (1, 5, 24))
        np.testing.assert_allclose(values.std(axis=2), 1.0, atol=0.2)  # As its last norm leaves it.

    def test_a_decoder_generates_different_tokens(self):
        """One token again and again would hide a cache that is not read."""
        args = make_decoder.parse(["--positions", "24", "-"])
        weights = make_decoder.make_weights(args, np.random.RandomState(args.seed))
        tokens = make_decoder.generate(args, weights)
        self.assertEqual(tokens.shape, (24,))
        self.assertGreater(len(set(tokens)), 15)
        # Each token depends on those before it: another first token changes the last ones.
        args.first_token = 2
        self.assertFalse((make_decoder.generate(args, weights)[-8:] == tokens[-8:]).all())

    def test_light_squeezenet_has_the_published_weights(self):
        builder, _ = make_light.squeezenet(make_light.parse(["-", "squeezenet"]))
        self.assertEqual(sum(int(np.prod(tensor.dims)) for tensor in builder.graph.graph.initializer), 1235496)

    def test_seed_decides(self):
        def weights(seed):
            return make_mobilenet.mobilenet_v1(0.25, 32, 1, 10, seed).nodes[1].filters
        np.testing.assert_array_equal(weights(3), weights(3))
        self.assertFalse((weights(3) == weights(4)).all())


if __name__ == "__main__":
    unittest.main()

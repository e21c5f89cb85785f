"""Writes quantized MACE models, as its converter would for a CPU: every operator with the scale and zero point of its output.

The ranges are those of one input, which stands for a set to calibrate with.
"""
import numpy as np

import reference
from mace_writer import FORMAT_NHWC, PADDING, MaceModel, NetWriter, activation_arguments, set_argument
from net import fold_batch_norm
from schema import mace_pb2

# Element type, smallest and largest number of activations, and of weights.
SCHEMES = {
    "uint8": (mace_pb2.DT_UINT8, np.uint8, (0, 255), (0, 255)),
    "int8": (mace_pb2.DT_INT8, np.int8, (-128, 127), (-127, 127)),
}


def choose_scale(low, high, numbers):
    """Scale and zero point for [low, high], which zero is made to lie in and to be exact."""
    low, high = min(low, 0.0), max(high, 0.0)
    scale = (high - low) / (numbers[1] - numbers[0]) or 1.0
    return np.float32(scale), int(np.clip(round(numbers[0] - low / scale), *numbers))


def choose_symmetric_scale(values, numbers):
    return np.float32(np.abs(values).max() / numbers[1] or 1.0), 0


class QuantizedWriter(NetWriter):
    """Convolutions, poolings, means, sums and softmax; a Net with others is refused by a KeyError."""

    def __init__(self, net, scheme, example):
        super().__init__(net, "fp32")
        self.type, self.stored, self.numbers, self.weight_numbers = SCHEMES[scheme]
        self.symmetric = scheme == "int8"
        self.scales = {}  # Layer name to scale and zero point.
        self.scales[net.input.name] = choose_scale(example.min(), example.max(), self.numbers)
        reference.run(net, example, lambda node, y: self.scales.__setitem__(
            node.name, choose_scale(y.min(), y.max(), self.numbers)))

    def write(self, path):
        model, net = self.model, self.net
        model.data_type = self.type
        model.net.data_type = mace_pb2.DT_FLOAT
        set_argument(model.net, "quantize_flag", 1)
        model.input(net.input.name, net.input.shape)
        quantized = "mace_input_node_" + net.input.name
        model.op("Quantize", quantized, [net.input.name], quantized, net.input.shape, find_range_every_time=1)
        self._describe(net.input)
        self.outputs[net.input.name] = quantized
        for node in net.nodes[1:]:
            self.formats[node.name] = FORMAT_NHWC
            {"conv": self._conv, "depthwise": self._depthwise, "pool": self._pool, "mean": self._mean,
             "add": self._add, "softmax": self._softmax}[node.kind](node)
        model.op("Dequantize", "dequantized", [self.outputs[net.output.name]], "output_floats", net.output.shape)
        model.output("output_floats", net.output.shape)
        model.save(path)

    def _describe(self, node):
        scale, zero_point = self.scales[node.name]
        model_op = self.model.net.op[-1]
        model_op.quantize_info.add(scale=scale, zero_point=zero_point)

    def _op(self, node, kind, suffix, shape=None, constants=(), **arguments):
        super()._op(node, kind, suffix, shape, constants, **arguments)
        self._describe(node)

    def _constant(self, name, numbers, data_type, scale, zero_point):
        model = self.model
        model.data.extend(b"\0" * (-len(model.data) % 4))
        model.net.tensors.add(name=name, dims=numbers.shape, data_type=data_type, offset=len(model.data),
                              data_size=numbers.size, scale=scale, zero_point=zero_point, quantized=True)
        model.data.extend(np.ascontiguousarray(numbers).tobytes())
        return name

    def _convolution(self, node, kind, filters, per_channel, suffix):
        bias = node.bias
        if node.bn is not None:
            factor, bias = fold_batch_norm(node.bn)
            filters = filters * factor.reshape(per_channel)
        stored = np.transpose(np.asarray(filters, np.float64), (3, 2, 0, 1))
        if self.symmetric:
            scale, zero_point = choose_symmetric_scale(stored, self.weight_numbers)
        else:
            scale, zero_point = choose_scale(stored.min(), stored.max(), self.weight_numbers)
        numbers = np.clip(np.round(stored / scale) + zero_point, *self.weight_numbers).astype(self.stored)
        constants = [self._constant(node.name + "/weights:0", numbers, self.type, scale, zero_point)]
        if bias is not None:
            bias_scale = np.float32(self.scales[node.inputs[0].name][0] * scale)
            steps = np.round(np.asarray(bias, np.float64) / bias_scale).astype(np.int32)
            constants.append(self._constant(node.name + "/biases:0", steps, mace_pb2.DT_INT32, bias_scale, 0))
        self._op(node, kind, suffix, constants=constants, padding=PADDING[node.padding], strides=node.stride,
                 dilations=(1, 1), **activation_arguments(node.activation))


def write_mace_quantized(net, path, scheme, example):
    """Writes a Net to `path` (.pb) and its data file; scheme: "uint8" (asymmetric) or "int8" (symmetric weights)."""
    QuantizedWriter(net, scheme, example).write(path)

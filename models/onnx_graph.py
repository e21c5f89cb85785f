"""An ONNX graph made operator by operator, as old exporters write it, with its answers in double.

The model is of opset 9 and IR version 3, where every initializer is a graph input too. Tensors are
NCHW; a Tensor knows its shape and how its values are computed.
"""
import math

import numpy as np

from onnx_parts import add_attributes, add_port
from schema import onnx_pb2

OPSET = 9


class Tensor:
    """A result of the graph. `compute` makes it of the values of `inputs`, in double."""

    def __init__(self, name, shape, inputs=(), compute=None):
        self.name = name
        self.shape = tuple(int(extent) for extent in shape)
        self.inputs = list(inputs)
        self.compute = compute


def windows(x, kernel, stride, pads, fill):
    """The elements that each window sees, [kernel * kernel, n, c, h, w]; pads: top, left, bottom, right."""
    top, left, bottom, right = pads
    x = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)), constant_values=fill)
    height, width = ((x.shape[i] - kernel) // stride + 1 for i in (2, 3))
    return np.stack([x[:, :, row:row + (height - 1) * stride + 1:stride, column:column + (width - 1) * stride + 1:stride]
                     for row in range(kernel) for column in range(kernel)])


def convolve(x, filters, stride, pads, group):
    """filters: [out, in / group, kernel, kernel]."""
    seen = windows(x, filters.shape[2], stride, pads, 0.0)
    count, n, _, height, width = seen.shape
    seen = seen.reshape(count, n, group, -1, height, width)
    filters = filters.reshape(group, -1, filters.shape[1], count)
    return np.einsum("kngihw,goik->ngohw", seen, filters, optimize=True).reshape(n, -1, height, width)


def normalize_locally(x, size, alpha, beta, bias):
    """Each channel by the squares of the `size` channels around it."""
    before = (size - 1) // 2
    padded = np.pad(x * x, ((0, 0), (before, size - 1 - before), (0, 0), (0, 0)))
    squares = sum(padded[:, i:i + x.shape[1]] for i in range(size))
    return x / (bias + alpha / size * squares) ** beta


def softmax(x):
    powers = np.exp(x - x.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


class OnnxGraph:
    """Adds operators; `seed` decides their weights, which He's rule scales."""

    def __init__(self, name, input_shape, seed):
        self.random = np.random.RandomState(seed)  # Its sequence is the same in every numpy.
        self.model = onnx_pb2.ModelProto(ir_version=3)
        self.model.opset_import.add(domain="", version=OPSET)
        self.graph = self.model.graph
        self.graph.name = name
        self.input = Tensor("data", input_shape)
        add_port(self.graph.input, self.input.name, self.input.shape)

    def _constant(self, name, values):
        values = np.ascontiguousarray(values)
        integers = values.dtype.kind == "i"
        dtype = onnx_pb2.TensorProto.INT64 if integers else onnx_pb2.TensorProto.FLOAT
        self.graph.initializer.add(name=name, data_type=dtype, dims=values.shape,
                                   raw_data=values.astype("<i8" if integers else "<f4").tobytes())
        add_port(self.graph.input, name, values.shape, dtype)
        return name

    def _normal(self, shape, deviation):
        return (self.random.standard_normal(shape) * deviation).astype(np.float32)

    def _around(self, center, spread, shape):
        return self.random.uniform(center - spread, center + spread, shape).astype(np.float32)

    def _op(self, kind, inputs, shape, compute, constants=(), outputs=1, **attributes):
        name = "%s_%d" % (kind.lower(), len(self.graph.node))
        names = [tensor.name for tensor in inputs]
        names += [self._constant("%s_w%d" % (name, i), values) if isinstance(values, np.ndarray) else values
                  for i, values in enumerate(constants)]
        node = self.graph.node.add(op_type=kind, name=name, input=names,
                                   output=[name] + ["%s_%d" % (name, i) for i in range(1, outputs)])
        add_attributes(node, attributes)
        return Tensor(name, shape, inputs, compute)

    def conv(self, x, channels, kernel, stride=1, pad=0, group=1, bias=True, gain=2.0):
        """gain: 2 makes up for the half of the power that a rectifier behind it takes."""
        inside = x.shape[1] // group
        filters = self._normal((channels, inside, kernel, kernel), math.sqrt(gain / (inside * kernel * kernel)))
        pads = [pad] * 4
        shape = [x.shape[0], channels, *((extent + 2 * pad - kernel) // stride + 1 for extent in x.shape[2:])]
        constants = [filters] + ([self._normal(channels, 0.1)] if bias else [])
        offset = constants[1].astype(np.float64).reshape(-1, 1, 1) if bias else 0.0
        attributes = {"group": group} if group > 1 else {}
        return self._op("Conv", [x], shape, lambda v: convolve(v, filters.astype(np.float64), stride, pads, group) + offset,
                        constants, kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=pads, **attributes)

    def batch_norm(self, x, gain=1.0, epsilon=1e-5):
        count = x.shape[1]
        parts = [self._around(gain, 0.1 * gain, count), self._normal(count, 0.1), self._normal(count, 0.1),
                 self._around(1.0, 0.1, count)]
        scale, offset, mean, variance = (part.astype(np.float64).reshape(-1, 1, 1) for part in parts)
        return self._op("BatchNormalization", [x], x.shape,
                        lambda v: (v - mean) / np.sqrt(variance + epsilon) * scale + offset, parts, epsilon=epsilon)

    def scale(self, x):
        """A factor and a number to add for each channel, which stand as vectors and get their axes in the graph."""
        count = x.shape[1]
        factor, offset = self._around(1.0, 0.1, count), self._normal(count, 0.1)
        for kind, values, compute in (("Mul", factor, np.multiply), ("Add", offset, np.add)):
            wide = self._op("Unsqueeze", [], [count, 1, 1], None, [values], axes=[1, 2])
            values = values.astype(np.float64).reshape(-1, 1, 1)
            x = self._op(kind, [x], x.shape, lambda v, f=compute, c=values: f(v, c), [wide.name])
        return x

    def relu(self, x):
        return self._op("Relu", [x], x.shape, lambda v: np.maximum(v, 0.0))

    def lrn(self, x, alpha, bias, size=5, beta=0.75):
        return self._op("LRN", [x], x.shape, lambda v: normalize_locally(v, size, alpha, beta, bias), alpha=alpha,
                        beta=beta, bias=bias, size=size)

    def _pool(self, kind, x, kernel, stride, pads, compute):
        shape = [*x.shape[:2], (x.shape[2] + pads[0] + pads[2] - kernel) // stride + 1,
                 (x.shape[3] + pads[1] + pads[3] - kernel) // stride + 1]
        return self._op(kind, [x], shape, compute, kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=pads)

    def max_pool(self, x, kernel, stride, pads=(0, 0, 0, 0)):
        return self._pool("MaxPool", x, kernel, stride, list(pads),
                          lambda v: windows(v, kernel, stride, pads, -np.inf).max(axis=0))

    def average_pool(self, x, kernel, stride, pads=(0, 0, 0, 0)):
        """The border does not count."""
        return self._pool("AveragePool", x, kernel, stride, list(pads),
                          lambda v: np.nanmean(windows(v, kernel, stride, pads, np.nan), axis=0))

    def global_average(self, x):
        return self._op("GlobalAveragePool", [x], [*x.shape[:2], 1, 1], lambda v: v.mean(axis=(2, 3), keepdims=True))

    def concat(self, inputs):
        shape = [inputs[0].shape[0], sum(x.shape[1] for x in inputs), *inputs[0].shape[2:]]
        return self._op("Concat", inputs, shape, lambda *v: np.concatenate(v, axis=1), axis=1)

    def sum(self, x, y):
        return self._op("Sum", [x, y], x.shape, np.add)

    def reshape(self, x, shape):
        return self._op("Reshape", [x], shape, lambda v: v.reshape(shape), [np.array(shape, np.int64)])

    def transpose(self, x, order):
        return self._op("Transpose", [x], [x.shape[i] for i in order], lambda v: v.transpose(order), perm=list(order))

    def dropout(self, x, ratio):
        return self._op("Dropout", [x], x.shape, lambda v: v, outputs=2, ratio=ratio)

    def flatten(self, x):
        return self.reshape(x, [x.shape[0], math.prod(x.shape[1:])])

    def gemm(self, x, outputs, gain=1.0, reshaped=False):
        """reshaped: the weights are stored with two more axes, which the graph takes off."""
        inside = x.shape[1]
        weights, bias = self._normal((outputs, inside), math.sqrt(gain / inside)), self._normal(outputs, 0.1)
        stored = weights
        if reshaped:
            whole = self._constant("weights_%d" % len(self.graph.node), weights.reshape(1, 1, outputs, inside))
            stored = self._op("Reshape", [], weights.shape, None, [whole, np.array(weights.shape, np.int64)]).name
        transposed = weights.astype(np.float64).T
        return self._op("Gemm", [x], [x.shape[0], outputs], lambda v: v @ transposed + bias, [stored, bias], transB=1)

    def softmax(self, x, axis=1):
        """Over all axes from `axis` on, as this opset has it."""
        rows = math.prod(x.shape[:axis])
        attributes = {"axis": axis} if axis != 1 else {}
        return self._op("Softmax", [x], x.shape, lambda v: softmax(v.reshape(rows, -1)).reshape(v.shape), **attributes)

    def constant(self, values):
        """A tensor of the model's own; a number is one of rank 0."""
        name = self._constant("constant_%d" % len(self.graph.initializer), np.asarray(values, np.float32))
        return Tensor(name, np.shape(values), [], lambda: np.asarray(values, np.float32).astype(np.float64))

    def around(self, center, spread, count):
        return self.constant(self._around(center, spread, count))

    def weights(self, inside, outputs):
        return self.constant(self._normal((inside, outputs), math.sqrt(1.0 / inside)))

    def unary(self, kind, x):
        return self._op(kind, [x], x.shape, {"Sqrt": np.sqrt, "Erf": np.vectorize(math.erf, otypes=[np.float64])}[kind])

    def binary(self, kind, x, y):
        compute = {"Add": np.add, "Sub": np.subtract, "Mul": np.multiply, "Div": np.divide, "Pow": np.power}[kind]
        return self._op(kind, [x, y], np.broadcast_shapes(x.shape, y.shape), compute)

    def matmul(self, x, y):
        shape = [*np.broadcast_shapes(x.shape[:-2], y.shape[:-2]), x.shape[-2], y.shape[-1]]
        return self._op("MatMul", [x, y], shape, np.matmul)

    def mean(self, x):
        """Over the last axis, which stays as 1."""
        return self._op("ReduceMean", [x], [*x.shape[:-1], 1], lambda v: v.mean(axis=-1, keepdims=True), axes=[-1], keepdims=1)

    def write(self, output, path):
        """`output`, of the last operator, is called so in the file."""
        assert self.graph.node[-1].output[0] == output.name
        self.graph.node[-1].output[0] = "output"
        add_port(self.graph.output, "output", output.shape)
        with open(path, "wb") as file:
            file.write(self.model.SerializeToString(deterministic=True))

    def make_input(self):
        """Pictures as after the usual scaling, in [-1, 1]; does not disturb the weights' sequence."""
        return np.random.RandomState(1).uniform(-1.0, 1.0, self.input.shape).astype(np.float32)

    def run(self, output, values):
        """The output in fp32; a tensor behind which nothing comes any more is let go."""
        known = {self.input: np.asarray(values, np.float64)}
        order, seen, stack = [], {self.input}, [output]
        while stack:
            tensor = stack[-1]
            waiting = [x for x in tensor.inputs if x not in seen]
            stack += waiting
            if not waiting:
                stack.pop()
                if tensor not in seen:
                    seen.add(tensor)
                    order.append(tensor)
        last = {x: tensor for tensor in order for x in tensor.inputs}
        for tensor in order:
            known[tensor] = tensor.compute(*(known[x] for x in tensor.inputs))
            for x in set(tensor.inputs):
                if last[x] is tensor:
                    del known[x]
        return known[output].astype(np.float32)

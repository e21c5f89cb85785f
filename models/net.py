"""A network described once, from which the writers make files and the reference makes answers.

Everything is NHWC. Filters are as TensorFlow has them: HWIO for convolutions,
HWCM for depthwise ones, [inputs, outputs] for dense layers.
"""
import collections
import math

import numpy as np

BatchNorm = collections.namedtuple("BatchNorm", "gamma beta mean variance epsilon")


class Node:
    """One layer: what it does, what it reads, its weights, and the shape it gives."""

    def __init__(self, kind, name, inputs, shape, **attributes):
        self.kind = kind
        self.name = name
        self.inputs = inputs
        self.shape = tuple(int(size) for size in shape)
        self.attributes = attributes

    def __getattr__(self, key):
        try:
            return self.__dict__["attributes"][key]
        except KeyError:
            raise AttributeError("%s node has no %s" % (self.__dict__.get("kind"), key)) from None


def pair(value):
    return (value, value) if isinstance(value, int) else tuple(value)


def window_size(size, kernel, stride, padding):
    """How many windows fit, as TensorFlow counts."""
    if padding == "SAME":
        return math.ceil(size / stride)
    return (size - kernel) // stride + 1


def window_shape(x, kernel, stride, padding):
    return [window_size(x.shape[1 + i], kernel[i], stride[i], padding) for i in (0, 1)]


def fold_batch_norm(bn):
    """The batch norm as y = x * scale + offset."""
    scale = bn.gamma.astype(np.float64) / np.sqrt(bn.variance.astype(np.float64) + bn.epsilon)
    return scale, bn.beta - bn.mean * scale


class Net:
    """A list of layers in an order in which they can run; the last is the output."""

    def __init__(self, name, input_shape):
        self.name = name
        self.input = Node("input", "input", [], input_shape)
        self.nodes = [self.input]

    @property
    def output(self):
        return self.nodes[-1]

    def _add(self, kind, name, inputs, shape, **attributes):
        assert all(node.name != name for node in self.nodes), name
        self.nodes.append(Node(kind, name, inputs, shape, **attributes))
        return self.nodes[-1]

    def conv(self, x, name, filters, bias=None, bn=None, stride=1, padding="SAME", activation=None):
        """Has either a bias, or a batch norm, or neither; activation: None, "relu" or "relu6"."""
        assert filters.shape[2] == x.shape[3] and (bias is None or bn is None)
        stride = pair(stride)
        shape = [x.shape[0], *window_shape(x, filters.shape, stride, padding), filters.shape[3]]
        return self._add("conv", name, [x], shape, filters=filters, bias=bias, bn=bn, stride=stride,
                         padding=padding, activation=activation)

    def depthwise(self, x, name, filters, bias=None, bn=None, stride=1, padding="SAME", activation=None):
        assert filters.shape[2] == x.shape[3] and (bias is None or bn is None)
        stride = pair(stride)
        shape = [x.shape[0], *window_shape(x, filters.shape, stride, padding), filters.shape[2] * filters.shape[3]]
        return self._add("depthwise", name, [x], shape, filters=filters, bias=bias, bn=bn, stride=stride,
                         padding=padding, activation=activation)

    def pool(self, x, name, mode, kernel, stride=1, padding="VALID"):
        """mode: "max" or "avg"."""
        kernel, stride = pair(kernel), pair(stride)
        shape = [x.shape[0], *window_shape(x, kernel, stride, padding), x.shape[3]]
        return self._add("pool", name, [x], shape, mode=mode, kernel=kernel, stride=stride, padding=padding)

    def mean(self, x, name):
        """The mean over height and width, which leaves [batch, channels]."""
        return self._add("mean", name, [x], [x.shape[0], x.shape[3]])

    def add(self, x, y, name, activation=None):
        assert x.shape == y.shape
        return self._add("add", name, [x, y], x.shape, activation=activation)

    def concat(self, inputs, name):
        return self._add("concat", name, inputs, [*inputs[0].shape[:3], sum(x.shape[3] for x in inputs)])

    def dense(self, x, name, weights, bias):
        """Fully connected; an input of rank 4 is flattened first."""
        assert math.prod(x.shape[1:]) == weights.shape[0]
        return self._add("dense", name, [x], [x.shape[0], weights.shape[1]], weights=weights, bias=bias)

    def softmax(self, x, name="output"):
        """Over the channels; of [batch, 1, 1, channels] it makes [batch, channels] too."""
        return self._add("softmax", name, [x], [x.shape[0], x.shape[-1]])

"""Writes a Net as an ONNX model, without the python package onnx.

The input is [N, C, H, W]; batch norms are folded, as exporters do.
"""
import numpy as np

from net import fold_batch_norm, window_size
from onnx_parts import add_attributes, add_port
from schema import onnx_pb2

OPSET = 13


def same_pads(x, node, kernel):
    """[top, left, bottom, right] of TensorFlow's SAME: the larger half below and at the right."""
    if node.padding == "VALID":
        return [0, 0, 0, 0]
    begins, ends = [], []
    for i in (0, 1):
        size = x.shape[1 + i]
        windows = window_size(size, kernel[i], node.stride[i], "SAME")
        total = max((windows - 1) * node.stride[i] + kernel[i] - size, 0)
        begins.append(total // 2)
        ends.append(total - total // 2)
    return begins + ends


class NetWriter:
    def __init__(self, net):
        self.net = net
        self.model = onnx_pb2.ModelProto(ir_version=8)
        self.model.opset_import.add(domain="", version=OPSET)
        self.graph = self.model.graph
        self.graph.name = net.name
        self.names = {net.input.name: net.input.name}

    def write(self, path):
        for node in self.net.nodes[1:]:
            getattr(self, "_" + node.kind)(node, [self.names[x.name] for x in node.inputs])
        add_port(self.graph.input, self.net.input.name, self._shape(self.net.input))
        add_port(self.graph.output, self.names[self.net.output.name], self._shape(self.net.output))
        with open(path, "wb") as file:
            file.write(self.model.SerializeToString(deterministic=True))

    @staticmethod
    def _shape(node):
        shape = node.shape
        return [shape[0], shape[3], shape[1], shape[2]] if len(shape) == 4 else list(shape)

    def _constant(self, name, values):
        values = np.ascontiguousarray(values, "<f4")
        self.graph.initializer.add(name=name, data_type=onnx_pb2.TensorProto.FLOAT, dims=values.shape,
                                   raw_data=values.tobytes())
        return name

    def _op(self, kind, node, inputs, suffix="", **attributes):
        name = node.name + suffix
        made = self.graph.node.add(op_type=kind, name=name, input=inputs, output=[name])
        add_attributes(made, attributes)
        self.names[node.name] = name
        return name

    def _activate(self, node, x):
        """The last operator of a layer: its name is the layer's."""
        if node.activation == "relu":
            self._op("Relu", node, [x], "/activation")
        elif node.activation == "relu6":
            limits = [self._scalar(node.name + "/low", 0.0), self._scalar(node.name + "/high", 6.0)]
            self._op("Clip", node, [x] + limits, "/activation")

    def _scalar(self, name, value):
        self._constant(name, np.array([value]))
        del self.graph.initializer[-1].dims[:]
        return name

    def _convolution(self, node, inputs, filters, scale_shape, groups):
        bias = node.bias
        if node.bn is not None:
            scale, bias = fold_batch_norm(node.bn)
            filters = filters * scale.reshape(scale_shape)
        stored = np.transpose(np.asarray(filters, np.float64), (3, 2, 0, 1))
        if groups > 1:  # [multiplier, channels, ...] with the multiplier inside.
            stored = np.transpose(stored, (1, 0, 2, 3)).reshape(-1, 1, *stored.shape[2:])
        inputs = inputs + [self._constant(node.name + "/weights", stored)]
        if bias is not None:
            inputs.append(self._constant(node.name + "/bias", bias))
        kernel = node.filters.shape[:2]
        self._activate(node, self._op("Conv", node, inputs, group=groups, strides=list(node.stride),
                                      kernel_shape=list(kernel), pads=same_pads(node.inputs[0], node, kernel)))

    def _conv(self, node, inputs):
        self._convolution(node, inputs, node.filters, (1, 1, 1, -1), 1)

    def _depthwise(self, node, inputs):
        self._convolution(node, inputs, node.filters, (1, 1, *node.filters.shape[2:]), node.filters.shape[2])

    def _pool(self, node, inputs):
        pads = same_pads(node.inputs[0], node, node.kernel)
        kind = {"max": "MaxPool", "avg": "AveragePool"}[node.mode]
        self._op(kind, node, inputs, kernel_shape=list(node.kernel), strides=list(node.stride), pads=pads)

    def _mean(self, node, inputs):
        self._op("Flatten", node, [self._op("GlobalAveragePool", node, inputs)], "/flatten", axis=1)

    def _add(self, node, inputs):
        self._activate(node, self._op("Add", node, inputs))

    def _concat(self, node, inputs):
        self._op("Concat", node, inputs, axis=1)

    def _dense(self, node, inputs):
        weights, x = node.weights, node.inputs[0]
        if len(x.shape) == 4:  # Flattened in the other order of axes here.
            weights = np.transpose(weights.reshape(*x.shape[1:], -1), (2, 0, 1, 3)).reshape(weights.shape)
            inputs = [self._op("Flatten", node, inputs, "/flatten", axis=1)]
        inputs = inputs + [self._constant(node.name + "/weights", weights.T), self._constant(node.name + "/bias", node.bias)]
        self._op("Gemm", node, inputs, transB=1)

    def _softmax(self, node, inputs):
        if len(node.inputs[0].shape) == 4:
            inputs = [self._op("Flatten", node, inputs, "/flatten", axis=1)]
        self._op("Softmax", node, inputs, axis=-1)


def write_onnx(net, path):
    """Writes a Net to `path` (.onnx)."""
    NetWriter(net).write(path)

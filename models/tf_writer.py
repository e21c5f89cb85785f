"""Writes TensorFlow frozen graphs without TensorFlow.

TfGraph is for any graph; write_tf() takes a Net.
"""
import numpy as np

from schema import tensorflow_pb2

PRODUCER = 1286  # The graph version that names every op used here.


class TfGraph:
    """Collects nodes, then saves them."""

    def __init__(self):
        self.graph = tensorflow_pb2.GraphDef()
        self.graph.versions.producer = PRODUCER

    def node(self, op, name, inputs, data_type="T", **attributes):
        """A node of floats; data_type names the attribute which says so. Gives its name back.

        Lists are of integers, text is bytes, everything else as its Python type.
        """
        node = self.graph.node.add(name=name, op=op, input=inputs)
        node.attr[data_type].type = tensorflow_pb2.DT_FLOAT
        for key, value in attributes.items():
            attr = node.attr[key]
            if isinstance(value, bool):
                attr.b = value
            elif isinstance(value, int):
                attr.i = value
            elif isinstance(value, float):
                attr.f = value
            elif isinstance(value, str):
                attr.s = value.encode()
            else:
                attr.list.i.extend(value)
        return name

    def set_type(self, name, attribute, data_type):
        self._find(name).attr[attribute].type = data_type

    def _find(self, name):
        return next(node for node in reversed(self.graph.node) if node.name == name)

    def placeholder(self, name, shape):
        self.node("Placeholder", name, [], "dtype")
        for size in shape:
            self._find(name).attr["shape"].shape.dim.add(size=size)
        return name

    def const(self, name, values):
        """Floats as fp32, integers as int32."""
        values = np.asarray(values)
        is_float = values.dtype.kind == "f"
        node = self.graph.node.add(name=name, op="Const")
        data_type = tensorflow_pb2.DT_FLOAT if is_float else tensorflow_pb2.DT_INT32
        node.attr["dtype"].type = data_type
        tensor = node.attr["value"].tensor
        tensor.dtype = data_type
        tensor.tensor_shape.SetInParent()
        for size in values.shape:
            tensor.tensor_shape.dim.add(size=size)
        tensor.tensor_content = np.ascontiguousarray(values, dtype="<f4" if is_float else "<i4").tobytes()
        return name

    def save(self, path):
        with open(path, "wb") as file:
            file.write(self.graph.SerializeToString(deterministic=True))


class NetWriter:
    """Turns the layers of a Net into nodes; batch norms stay nodes of their own."""

    def __init__(self, net):
        self.net = net
        self.graph = TfGraph()
        self.outputs = {}

    def write(self, path):
        self.outputs["input"] = self.graph.placeholder("input", self.net.input.shape)
        for node in self.net.nodes[1:]:
            inputs = [self.outputs[x.name] for x in node.inputs]
            self.outputs[node.name] = getattr(self, "_" + node.kind)(node, inputs)
        self.graph.save(path)

    def _convolution(self, node, inputs, op, suffix):
        graph, name = self.graph, node.name
        x = graph.node(op, "%s/%s" % (name, suffix), [inputs[0], graph.const(name + "/weights", node.filters)],
                       strides=[1, *node.stride, 1], dilations=[1, 1, 1, 1], padding=node.padding,
                       data_format="NHWC")
        if node.bias is not None:
            x = graph.node("BiasAdd", name + "/BiasAdd", [x, graph.const(name + "/biases", node.bias)],
                           data_format="NHWC")
        if node.bn is not None:
            x = self._batch_norm(name + "/BatchNorm", x, node.bn)
        return self._activation(node, x)

    def _batch_norm(self, name, x, bn):
        graph = self.graph
        parameters = [graph.const(name + "/" + field, getattr(bn, field))
                      for field in ("gamma", "beta", "mean", "variance")]
        y = graph.node("FusedBatchNormV3", name + "/FusedBatchNormV3", [x] + parameters,
                       epsilon=float(bn.epsilon), is_training=False, data_format="NHWC")
        graph.set_type(y, "U", tensorflow_pb2.DT_FLOAT)
        return y

    def _activation(self, node, x):
        if node.activation is None:
            return x
        op = {"relu": "Relu", "relu6": "Relu6"}[node.activation]
        return self.graph.node(op, "%s/%s" % (node.name, op), [x])

    def _conv(self, node, inputs):
        return self._convolution(node, inputs, "Conv2D", "Conv2D")

    def _depthwise(self, node, inputs):
        return self._convolution(node, inputs, "DepthwiseConv2dNative", "depthwise")

    def _pool(self, node, inputs):
        op = {"avg": "AvgPool", "max": "MaxPool"}[node.mode]
        return self.graph.node(op, "%s/%s" % (node.name, op), inputs, ksize=[1, *node.kernel, 1],
                               strides=[1, *node.stride, 1], padding=node.padding, data_format="NHWC")

    def _mean(self, node, inputs):
        axes = self.graph.const(node.name + "/reduction_indices", np.array([1, 2]))
        y = self.graph.node("Mean", node.name + "/Mean", inputs + [axes], keep_dims=False)
        self.graph.set_type(y, "Tidx", tensorflow_pb2.DT_INT32)
        return y

    def _add(self, node, inputs):
        return self._activation(node, self.graph.node("AddV2", node.name, inputs))

    def _concat(self, node, inputs):
        axis = self.graph.const(node.name + "/axis", np.array(3))
        y = self.graph.node("ConcatV2", node.name + "/concat", inputs + [axis], N=len(inputs))
        self.graph.set_type(y, "Tidx", tensorflow_pb2.DT_INT32)
        return y

    def _flatten(self, name, x, features):
        shape = self.graph.const(name + "/shape", np.array([-1, features]))
        y = self.graph.node("Reshape", name, [x, shape])
        self.graph.set_type(y, "Tshape", tensorflow_pb2.DT_INT32)
        return y

    def _dense(self, node, inputs):
        graph, name, x = self.graph, node.name, inputs[0]
        if len(node.inputs[0].shape) == 4:
            x = self._flatten(name + "/Reshape", x, node.weights.shape[0])
        y = graph.node("MatMul", name + "/MatMul", [x, graph.const(name + "/weights", node.weights)],
                       transpose_a=False, transpose_b=False)
        return graph.node("BiasAdd", name + "/BiasAdd", [y, graph.const(name + "/biases", node.bias)],
                          data_format="NHWC")

    def _softmax(self, node, inputs):
        x = inputs[0]
        if len(node.inputs[0].shape) == 4:
            x = self._flatten(node.inputs[0].name + "/Reshape", x, node.shape[-1])
        return self.graph.node("Softmax", node.name, [x])


def write_tf(net, path):
    """Writes a Net as a frozen graph."""
    NetWriter(net).write(path)

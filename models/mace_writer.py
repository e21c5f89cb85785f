"""Writes MACE models, the `.pb` and its `.data`, as its converter would for a GPU from a TensorFlow model.

MaceModel is for any graph; write_mace() takes a Net.
"""
import numpy as np

from net import fold_batch_norm
from schema import mace_pb2

# Values of the format's arguments.
FORMAT_NONE, FORMAT_NHWC, FORMAT_AUTO = 0, 1, 1000
FILTER_OIHW = 101
PADDING = {"VALID": 0, "SAME": 1}
POOLING = {"avg": 1, "max": 2}
ELTWISE_SUM = 0
REDUCE_MEAN = 0
DATA_TYPES = {"fp32": mace_pb2.DT_FLOAT, "fp16": mace_pb2.DT_HALF}
ALIGNMENT = 4  # Of each tensor in the data file.


def set_argument(holder, name, value):
    """Adds an argument; the type of the value says which of its fields."""
    arg = holder.arg.add(name=name)
    if isinstance(value, str):
        arg.s = value.encode()
    elif isinstance(value, float):
        arg.f = value
    elif isinstance(value, (bool, int, np.integer)):
        arg.i = int(value)
    elif value and isinstance(value[0], float):
        arg.floats.extend(value)
    else:
        arg.ints.extend(int(item) for item in value)


class MaceModel:
    """Collects operators and tensors, then saves them."""

    def __init__(self, weights="fp32"):
        self.data_type = DATA_TYPES[weights]
        self.model = mace_pb2.MultiNetDef()
        self.net = self.model.net_def.add(data_type=self.data_type, name="default_graph", infer_order=0)
        self.data = bytearray()

    def tensor(self, name, values):
        """A constant; floats take the model's type, integers are int32. Gives its name back."""
        values = np.asarray(values)
        if values.dtype.kind == "f":
            data_type = self.data_type
            stored = "<f2" if data_type == mace_pb2.DT_HALF else "<f4"
        else:
            data_type, stored = mace_pb2.DT_INT32, "<i4"
        self.data.extend(b"\0" * (-len(self.data) % ALIGNMENT))
        self.net.tensors.add(name=name, dims=values.shape, data_type=data_type,
                             offset=len(self.data), data_size=values.size)
        self.data.extend(np.ascontiguousarray(values, dtype=stored).tobytes())
        return name

    def op(self, kind, name, inputs, output, shape, data_format=FORMAT_AUTO, **arguments):
        """An operator with one output; arguments are written in the order given."""
        op = self.net.op.add(type=kind, name=name, input=inputs, output=[output])
        set_argument(op, "T", self.data_type)
        set_argument(op, "framework_type", 0)
        set_argument(op, "data_format", data_format)
        for key, value in arguments.items():
            set_argument(op, key, value)
        op.output_shape.add(dims=shape)
        return output

    def _declare(self, infos, names, name, shape):
        infos.add(name=name, dims=shape, data_type=mace_pb2.DT_FLOAT, alias=name,
                  data_format=FORMAT_NHWC if len(shape) == 4 else FORMAT_NONE)
        names.append(name)

    def input(self, name, shape):
        self._declare(self.net.input_info, self.model.input_tensor, name, shape)

    def output(self, name, shape):
        self._declare(self.net.output_info, self.model.output_tensor, name, shape)

    def save(self, path):
        """Writes `path` (ending in .pb) and the data beside it."""
        for name, value in (("filter_format", FILTER_OIHW), ("data_format", FORMAT_NHWC), ("framework_type", 0),
                            ("opencl_mem_type", 2), ("runtime_type", 2)):
            set_argument(self.net, name, value)
        self.net.data_offset, self.net.data_size = 0, len(self.data)
        with open(path, "wb") as file:
            file.write(self.model.SerializeToString(deterministic=True))
        with open(path[:-len(".pb")] + ".data", "wb") as file:
            file.write(self.data)


def activation_arguments(activation):
    if activation is None:
        return {}
    return {"relu": {"activation": "RELU"}, "relu6": {"activation": "RELUX", "max_limit": 6.0}}[activation]


class NetWriter:
    """Turns the layers of a Net into operators, batch norms and activations folded."""

    def __init__(self, net, weights):
        self.net = net
        self.model = MaceModel(weights)
        self.outputs = {net.input.name: net.input.name}  # Layer name to tensor name.
        self.formats = {net.input.name: FORMAT_AUTO}

    def write(self, path):
        self.model.input(self.net.input.name, self.net.input.shape)
        for node in self.net.nodes[1:]:
            self.formats[node.name] = FORMAT_AUTO
            getattr(self, "_" + node.kind)(node)
        self.model.output(self.net.output.name, self.net.output.shape)
        self.model.save(path)

    def _op(self, node, kind, suffix, shape=None, constants=(), **arguments):
        """The operator of a layer. Its tensor is named after the last TensorFlow node folded into it."""
        is_output = node is self.net.output
        name = node.name + ("/" + suffix if suffix else "")
        inputs = [self.outputs[x.name] for x in node.inputs]
        output = node.name if is_output else name + ":0"
        self.outputs[node.name] = self.model.op(
            kind, name, inputs + list(constants), output, shape or node.shape,
            self.formats[node.name], **arguments)

    def _convolution(self, node, kind, filters, per_channel, suffix):
        """per_channel: the shape in which a scale for each output channel fits the TensorFlow filter."""
        constants = []
        bias, offset_name = node.bias, "biases"
        if node.bn is not None:
            scale, bias = fold_batch_norm(node.bn)
            filters = filters * scale.reshape(per_channel)
            offset_name = "BatchNorm/offset"
        # OIHW of a convolution, MIHW of a depthwise one.
        stored = np.transpose(np.asarray(filters, np.float64), (3, 2, 0, 1))
        constants.append(self.model.tensor(node.name + "/weights:0", stored))
        if bias is not None:
            constants.append(self.model.tensor("%s/%s:0" % (node.name, offset_name), np.asarray(bias, np.float64)))
        last = {"relu": "Relu", "relu6": "Relu6", None: suffix}[node.activation]
        self._op(node, kind, last, constants=constants, padding=PADDING[node.padding], strides=node.stride,
                 dilations=(1, 1), **activation_arguments(node.activation))

    def _conv(self, node):
        self._convolution(node, "Conv2D", node.filters, (1, 1, 1, -1), "Conv2D")

    def _depthwise(self, node):
        self._convolution(node, "DepthwiseConv2d", node.filters, (1, 1, *node.filters.shape[2:]), "depthwise")

    def _pool(self, node):
        suffix = {"avg": "AvgPool", "max": "MaxPool"}[node.mode]
        self._op(node, "Pooling", suffix, pooling_type=POOLING[node.mode], padding=PADDING[node.padding],
                 strides=node.stride, kernels=node.kernel)

    def _mean(self, node):
        self._op(node, "Reduce", "Mean", reduce_type=REDUCE_MEAN, axis=(1, 2), keepdims=0, has_data_format=1)

    def _add(self, node):
        name = node.name
        if node.activation is None:
            self._op(node, "Eltwise", "", type=ELTWISE_SUM, has_data_format=1)
            return
        # An activation is never folded into an Eltwise.
        inputs = [self.outputs[x.name] for x in node.inputs]
        total = self.model.op("Eltwise", name, inputs, name + ":0", node.shape, type=ELTWISE_SUM, has_data_format=1)
        output = name + {"relu": "/Relu", "relu6": "/Relu6"}[node.activation]
        self.outputs[name] = self.model.op("Activation", output, [total], output + ":0", node.shape,
                                           **activation_arguments(node.activation), has_data_format=1)

    def _concat(self, node):
        self._op(node, "Concat", "concat", axis=3, has_data_format=1)

    def _dense(self, node):
        x = node.inputs[0]
        weights = self.model.tensor
        if len(x.shape) == 4:
            # Flatten and MatMul become one FullyConnected, whose weights are those of a
            # convolution over the whole picture.
            stored = np.transpose(node.weights.reshape(*x.shape[1:], -1), (3, 2, 0, 1))
            constants = [weights(node.name + "/weights:0", stored), weights(node.name + "/biases:0", node.bias)]
            self._op(node, "FullyConnected", "BiasAdd", constants=constants)
            return
        self.formats[node.name] = FORMAT_NHWC  # A MatMul keeps the source's format, and so do its readers.
        product = self.model.op("MatMul", node.name + "/MatMul",
                                [self.outputs[x.name], weights(node.name + "/weights:0", node.weights)],
                                node.name + "/MatMul:0", node.shape, FORMAT_NHWC, transpose_a=0, transpose_b=0)
        self.outputs[node.name] = self.model.op(
            "BiasAdd", node.name + "/BiasAdd", [product, weights(node.name + "/biases:0", node.bias)],
            node.name + "/BiasAdd:0", node.shape, FORMAT_NHWC)

    def _softmax(self, node):
        """The reshape to rank 2 before it, if there was one, is left out: only the declared output has rank 2."""
        x = node.inputs[0]
        self.formats[node.name] = self.formats[x.name]
        extra = {"has_data_format": 1} if self.formats[x.name] == FORMAT_AUTO else {}
        self._op(node, "Softmax", "", shape=x.shape, **extra)


def write_mace(net, path, weights="fp32"):
    """Writes a Net to `path` (.pb) and its data file; weights: "fp32" or "fp16"."""
    NetWriter(net, weights).write(path)

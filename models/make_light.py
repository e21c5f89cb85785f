#!/usr/bin/python3
"""Writes the nine networks that the onnx package keeps as "light" models, at any width and size.

The same graphs, operator by operator, with seeded weights in place of none: AlexNet, DenseNet-121,
Inception v1 and v2, ResNet-50, ShuffleNet, SqueezeNet 1.1, VGG-19 and ZFNet-512.

light_NAME.onnx               opset 9, [N, C, H, W]
light_NAME_input.npy          an input
light_NAME_expected.npy       with --expected: the output by numpy in double
"""
import argparse
import os

import numpy as np

from onnx_graph import OnnxGraph

# Channels of inception's branches: 1x1, then the reduction and the window of 3x3, those of 5x5, and behind the pooling.
INCEPTION_V1 = [[(64, 96, 128, 16, 32, 32), (128, 128, 192, 32, 96, 64)],
                [(192, 96, 208, 16, 48, 64), (160, 112, 224, 24, 64, 64), (128, 128, 256, 24, 64, 64),
                 (112, 144, 288, 32, 64, 64), (256, 160, 320, 32, 128, 128)],
                [(256, 160, 320, 32, 128, 128), (384, 192, 384, 48, 128, 128)]]
# 1x1 (0: none, the block halves the picture), reduction and 3x3, reduction and both 3x3, behind the pooling.
INCEPTION_V2 = [(64, 64, 64, 64, 96, 32), (64, 64, 96, 64, 96, 64), (0, 128, 160, 64, 96, 0),
                (224, 64, 96, 96, 128, 128), (192, 96, 128, 96, 128, 128), (160, 128, 160, 128, 160, 96),
                (96, 128, 192, 160, 192, 96), (0, 128, 192, 192, 256, 0), (352, 192, 320, 160, 224, 128),
                (352, 192, 320, 192, 224, 128)]
RESNET_STAGES = [(64, 3), (128, 4), (256, 6), (512, 3)]
DENSENET_BLOCKS = [6, 12, 24, 16]
SHUFFLENET_STAGES = [(136, 4), (272, 8), (544, 4)]
SQUEEZENET_STAGES = [[(16, 64)] * 2, [(32, 128)] * 2, [(48, 192)] * 2 + [(64, 256)] * 2]
VGG_STAGES = [(64, 2), (128, 2), (256, 4), (512, 4), (512, 4)]
BELOW_AND_RIGHT = (0, 0, 1, 1)
AROUND = (1, 1, 1, 1)


class Builder:
    """An OnnxGraph and the width by which all channels are multiplied; they stay multiples of `unit`."""

    def __init__(self, name, args, unit=1):
        self.graph = OnnxGraph(name, [args.batch, 3, args.size, args.size], args.seed)
        self.args = args
        self.unit = unit

    def channels(self, count):
        return self.unit * max(1, round(count * self.args.width / self.unit))

    def conv_relu(self, x, count, kernel, stride=1, pad=0, group=1):
        return self.graph.relu(self.graph.conv(x, self.channels(count), kernel, stride, pad, group))

    def conv_norm(self, x, count, kernel, stride=1, pad=0, scaled=False):
        """Convolution, batch norm (scaled: and a scale, which stands apart), rectifier."""
        x = self.graph.conv(x, self.channels(count), kernel, stride, pad, bias=False)
        return self.norm_relu(x, scaled)

    def norm_relu(self, x, scaled):
        x = self.graph.batch_norm(x)
        return self.graph.relu(self.graph.scale(x) if scaled else x)

    def dense_relu(self, x, count):
        return self.graph.relu(self.graph.gemm(x, self.channels(count), gain=2.0))

    def classify(self, x):
        return self.graph.softmax(self.graph.gemm(x, self.args.classes))


def bvlc_alexnet(args):
    b = Builder("light_bvlc_alexnet", args, unit=2)
    g = b.graph
    x = b.conv_relu(g.input, 96, 11, 4)
    x = g.max_pool(g.lrn(x, 1e-4, 1.0), 3, 2)
    x = b.conv_relu(x, 256, 5, 1, 2, group=2)
    x = g.max_pool(g.lrn(x, 1e-4, 1.0), 3, 2)
    x = b.conv_relu(x, 384, 3, 1, 1)
    x = b.conv_relu(x, 384, 3, 1, 1, group=2)
    x = b.conv_relu(x, 256, 3, 1, 1, group=2)
    x = g.flatten(g.max_pool(x, 3, 2, BELOW_AND_RIGHT))
    for _ in range(2):
        x = g.dropout(b.dense_relu(x, 4096), 0.5)
    return b, b.classify(x)


def densenet121(args):
    b = Builder("light_densenet121", args)
    g = b.graph
    x = b.conv_norm(g.input, 64, 7, 2, 3, scaled=True)
    x = g.max_pool(x, 3, 2, AROUND)
    for i, layers in enumerate(DENSENET_BLOCKS):
        for _ in range(layers):
            y = g.conv(b.norm_relu(x, True), b.channels(128), 1, bias=False)
            y = g.conv(b.norm_relu(y, True), b.channels(32), 3, 1, 1, bias=False)
            x = g.concat([x, y])
        if i + 1 < len(DENSENET_BLOCKS):
            x = g.conv(b.norm_relu(x, True), x.shape[1] // 2, 1, bias=False)
            x = g.average_pool(x, 2, 2)
    x = g.global_average(b.norm_relu(x, True))
    return b, g.conv(x, args.classes, 1, gain=1.0)


def inception_v1(args):
    b = Builder("light_inception_v1", args)
    g = b.graph
    x = b.conv_relu(g.input, 64, 7, 2, 3)
    x = g.lrn(g.max_pool(x, 3, 2), 1e-4, 1.0)
    x = b.conv_relu(b.conv_relu(x, 64, 1), 192, 3, 1, 1)
    x = g.lrn(x, 1e-4, 1.0)
    for stage in INCEPTION_V1:
        x = g.max_pool(x, 3, 2)
        for single, reduce_3, three, reduce_5, five, pooled in stage:
            x = g.concat([b.conv_relu(x, single, 1),
                          b.conv_relu(b.conv_relu(x, reduce_3, 1), three, 3, 1, 1),
                          b.conv_relu(b.conv_relu(x, reduce_5, 1), five, 5, 1, 2),
                          b.conv_relu(g.max_pool(x, 3, 1, AROUND), pooled, 1)])
    x = g.average_pool(x, x.shape[2] + 1, 1, BELOW_AND_RIGHT)
    x = g.flatten(g.dropout(x, 0.4))
    return b, g.softmax(g.gemm(x, args.classes, reshaped=True))


def inception_v2(args):
    b = Builder("light_inception_v2", args)
    g = b.graph

    def conv(x, count, kernel, stride=1):
        return b.conv_norm(x, count, kernel, stride, kernel // 2, scaled=True)

    x = g.max_pool(conv(g.input, 64, 7, 2), 3, 2, BELOW_AND_RIGHT)
    x = g.max_pool(conv(conv(x, 64, 1), 192, 3), 3, 2, BELOW_AND_RIGHT)
    for i, (single, reduce_3, three, reduce_double, double, pooled) in enumerate(INCEPTION_V2):
        stride = 1 if single else 2
        branches = [conv(x, single, 1)] if single else []
        branches.append(conv(conv(x, reduce_3, 1), three, 3, stride))
        branches.append(conv(conv(conv(x, reduce_double, 1), double, 3), double, 3, stride))
        if not single:
            branches.append(g.max_pool(x, 3, 2, BELOW_AND_RIGHT))
        elif i + 1 < len(INCEPTION_V2):
            branches.append(conv(g.average_pool(x, 3, 1, AROUND), pooled, 1))
        else:
            branches.append(conv(g.max_pool(x, 3, 1, AROUND), pooled, 1))
        x = g.concat(branches)
    return b, b.classify(g.flatten(g.average_pool(x, x.shape[2], 1)))


def resnet50(args):
    b = Builder("light_resnet50", args)
    g = b.graph
    x = g.max_pool(b.conv_norm(g.input, 64, 7, 2, 3), 3, 2, AROUND)
    for stage, (inner, blocks) in enumerate(RESNET_STAGES):
        for block in range(blocks):
            stride = 2 if stage > 0 and block == 0 else 1
            y = b.conv_norm(b.conv_norm(x, inner, 1), inner, 3, stride, 1)
            outer = 4 * b.channels(inner)
            # What a block adds is kept small, or it would grow from block to block.
            y = g.batch_norm(g.conv(y, outer, 1, bias=False), gain=0.3)
            if block == 0:
                x = g.batch_norm(g.conv(x, outer, 1, stride, bias=False, gain=1.0))
            x = g.relu(g.sum(y, x))
    return b, b.classify(g.flatten(g.average_pool(x, x.shape[2], 1)))


def shuffle(g, x, groups):
    n, channels, height, width = x.shape
    x = g.reshape(x, [n, groups, channels // groups, height, width])
    return g.reshape(g.transpose(x, [0, 2, 1, 3, 4]), [n, channels, height, width])


def shufflenet(args):
    b = Builder("light_shufflenet", args, unit=8)
    g = b.graph
    x = g.conv(g.input, b.channels(24), 3, 2, 1)
    x = g.max_pool(g.relu(g.batch_norm(x)), 3, 2, AROUND)
    for count, units in SHUFFLENET_STAGES:
        for unit in range(units):
            stride = 2 if unit == 0 else 1
            made = b.channels(count) - (x.shape[1] if unit == 0 else 0)
            y = g.conv(x, made, 1, group=4, bias=False)
            y = shuffle(g, g.relu(g.batch_norm(y)), 4)
            y = g.batch_norm(g.conv(y, made, 3, stride, 1, group=made, bias=False, gain=1.0))
            y = g.batch_norm(g.conv(y, made, 1, group=4, bias=False, gain=1.0), gain=1.0 if unit == 0 else 0.3)
            x = g.relu(g.concat([y, g.average_pool(x, 3, 2, AROUND)]) if unit == 0 else g.sum(y, x))
    return b, b.classify(g.flatten(g.average_pool(x, x.shape[2], 1)))


def squeezenet(args):
    b = Builder("light_squeezenet", args)
    g = b.graph
    x = b.conv_relu(g.input, 64, 3, 2)
    for stage in SQUEEZENET_STAGES:
        x = g.max_pool(x, 3, 2)
        for squeezed, expanded in stage:
            x = b.conv_relu(x, squeezed, 1)
            x = g.concat([b.conv_relu(x, expanded, 1), b.conv_relu(x, expanded, 3, 1, 1)])
    x = g.relu(g.conv(g.dropout(x, 0.5), args.classes, 1))
    return b, g.softmax(g.global_average(x))


def vgg19(args):
    b = Builder("light_vgg19", args)
    g = b.graph
    x = g.input
    for count, layers in VGG_STAGES:
        for _ in range(layers):
            x = b.conv_relu(x, count, 3, 1, 1)
        x = g.max_pool(x, 2, 2)
    x = g.flatten(x)
    for _ in range(2):
        x = g.dropout(b.dense_relu(x, 4096), 0.5)
    return b, b.classify(x)


def zfnet512(args):
    b = Builder("light_zfnet512", args)
    g = b.graph
    for count, kernel in ((96, 7), (256, 5)):
        x = b.conv_relu(g.input if count == 96 else x, count, kernel, 2)
        x = g.max_pool(g.lrn(x, 5e-4, 2.0), 3, 2)
    for _ in range(3):
        x = b.conv_relu(x, 512, 3, 1, 1)
    x = g.flatten(g.max_pool(x, 2, 2))
    return b, b.classify(b.dense_relu(b.dense_relu(x, 4096), 1024))


NETS = {make.__name__: make for make in (bvlc_alexnet, densenet121, inception_v1, inception_v2, resnet50, shufflenet,
                                         squeezenet, vgg19, zfnet512)}


def parse(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--width", type=float, default=1.0)
    parser.add_argument("--size", type=int, default=224, help="of the picture; at least 64")
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--classes", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--expected", action="store_true")
    parser.add_argument("folder")
    parser.add_argument("network", nargs="+", choices=sorted(NETS) + ["all"])
    return parser.parse_args(arguments)


def main():
    args = parse()
    os.makedirs(args.folder, exist_ok=True)
    for name in sorted(NETS) if "all" in args.network else args.network:
        builder, output = NETS[name](args)
        stem = os.path.join(args.folder, "light_" + name)
        builder.graph.write(output, stem + ".onnx")
        values = builder.graph.make_input()
        np.save(stem + "_input.npy", values)
        if args.expected:
            np.save(stem + "_expected.npy", builder.graph.run(output, values))


if __name__ == "__main__":
    main()

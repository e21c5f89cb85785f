#!/usr/bin/python3
"""Writes SqueezeNet 1.1, ResNet-50 or Inception v3 with seeded random weights, as a MACE model.

NAME.pb, NAME.data   batch norms and activations folded
NAME_input.npy       an input; with --expected also NAME_expected.npy, the output by numpy
NAME_frozen.pb       with --tf: the TensorFlow frozen graph, batch norms kept
NAME.onnx            with --onnx: ONNX, batch norms folded
"""
import argparse
import os

import numpy as np

import reference
from mace_writer import write_mace
from seeded_net import SeededNet
from tf_writer import write_tf

# Squeezed and expanded channels of each fire module, in stages with a pooling between.
SQUEEZENET_STAGES = [[(16, 64)] * 2, [(32, 128)] * 2, [(48, 192)] * 2 + [(64, 256)] * 2]
# Inner channels and number of the residual blocks; their outputs are four times as deep.
RESNET_STAGES = [(64, 3), (128, 4), (256, 6), (512, 3)]


class Builder:
    """A SeededNet and the width by which all channels are multiplied."""

    def __init__(self, name, default_size, args):
        size = args.size or default_size
        self.net = SeededNet(name, [args.batch, size, size, 3], args.seed)
        self.width = args.width

    def channels(self, count):
        return max(1, round(count * self.width))

    def conv(self, x, name, count, kernel, stride=1, padding="SAME", activation="relu", gain=1.0):
        return self.net.conv_bn(x, name, self.channels(count), kernel, stride, padding, activation, gain)

    def conv_bias(self, x, name, count, kernel, stride=1, padding="SAME"):
        return self.net.conv_bias(x, name, self.channels(count), kernel, stride, padding, "relu")

    def chain(self, x, name, *steps):
        """Convolutions one after the other, each a (channels, kernel)."""
        for i, (count, kernel) in enumerate(steps):
            x = self.conv(x, "%s/%d" % (name, i), count, kernel)
        return x

    def classify(self, x, classes):
        x = self.net.mean(x, "global_pool")
        self.net.softmax(self.net.dense_seeded(x, "logits", classes))
        return self.net


def squeezenet(args):
    b = Builder("squeezenet_1.1", 224, args)
    x = b.conv_bias(b.net.input, "conv_1", 64, 3, 2, "VALID")
    fire = 1
    for stage, modules in enumerate(SQUEEZENET_STAGES, 1):
        x = b.net.pool(x, "pool_%d" % stage, "max", 3, 2)
        for squeezed, expanded in modules:
            fire += 1
            name = "fire_%d" % fire
            x = b.conv_bias(x, name + "/squeeze", squeezed, 1)
            x = b.net.concat([b.conv_bias(x, name + "/expand_1", expanded, 1),
                              b.conv_bias(x, name + "/expand_3", expanded, 3)], name)
    # The classes are channels already; the mean of each is its score.
    x = b.net.conv_bias(x, "conv_10", args.classes, 1, activation="relu")
    b.net.softmax(b.net.mean(x, "global_pool"))
    return b.net


def bottleneck(b, x, name, inner, stride):
    y = b.conv(x, name + "/reduce", inner, 1)
    y = b.conv(y, name + "/conv", inner, 3, stride)
    y = b.conv(y, name + "/expand", inner * 4, 1, activation=None, gain=0.3)
    if x.shape != y.shape:
        x = b.conv(x, name + "/shortcut", inner * 4, 1, stride, activation=None)
    return b.net.add(x, y, name + "/add", "relu")


def resnet50(args):
    b = Builder("resnet_50", 224, args)
    x = b.conv(b.net.input, "conv_1", 64, 7, 2)
    x = b.net.pool(x, "pool_1", "max", 3, 2, "SAME")
    for stage, (inner, blocks) in enumerate(RESNET_STAGES, 1):
        for block in range(blocks):
            stride = 2 if stage > 1 and block == 0 else 1
            x = bottleneck(b, x, "stage_%d/block_%d" % (stage, block + 1), inner, stride)
    return b.classify(x, args.classes)


def inception_stem(b):
    x = b.conv(b.net.input, "stem/conv_1", 32, 3, 2, "VALID")
    x = b.conv(x, "stem/conv_2", 32, 3, 1, "VALID")
    x = b.conv(x, "stem/conv_3", 64, 3)
    x = b.net.pool(x, "stem/pool_1", "max", 3, 2)
    x = b.conv(x, "stem/conv_4", 80, 1, 1, "VALID")
    x = b.conv(x, "stem/conv_5", 192, 3, 1, "VALID")
    return b.net.pool(x, "stem/pool_2", "max", 3, 2)


def averaged(b, x, name, count):
    return b.conv(b.net.pool(x, name + "/pool", "avg", 3, 1, "SAME"), name + "/pool_conv", count, 1)


def inception_a(b, x, name, pooled):
    return b.net.concat([b.chain(x, name + "/single", (64, 1)),
                         b.chain(x, name + "/five", (48, 1), (64, 5)),
                         b.chain(x, name + "/double", (64, 1), (96, 3), (96, 3)),
                         averaged(b, x, name, pooled)], name)


def reduction_a(b, x, name):
    y = b.chain(x, name + "/double", (64, 1), (96, 3))
    return b.net.concat([b.conv(x, name + "/three", 384, 3, 2, "VALID"),
                         b.conv(y, name + "/double_last", 96, 3, 2, "VALID"),
                         b.net.pool(x, name + "/pool", "max", 3, 2)], name)


def inception_b(b, x, name, inner):
    """Its 7x7 windows are made of 1x7 and 7x1."""
    wide, tall = (1, 7), (7, 1)
    return b.net.concat([b.chain(x, name + "/single", (192, 1)),
                         b.chain(x, name + "/seven", (inner, 1), (inner, wide), (192, tall)),
                         b.chain(x, name + "/double", (inner, 1), (inner, tall), (inner, wide), (inner, tall),
                                 (192, wide)),
                         averaged(b, x, name, 192)], name)


def reduction_b(b, x, name):
    three = b.chain(x, name + "/three", (192, 1))
    seven = b.chain(x, name + "/seven", (192, 1), (192, (1, 7)), (192, (7, 1)))
    return b.net.concat([b.conv(three, name + "/three_last", 320, 3, 2, "VALID"),
                         b.conv(seven, name + "/seven_last", 192, 3, 2, "VALID"),
                         b.net.pool(x, name + "/pool", "max", 3, 2)], name)


def inception_c(b, x, name):
    def forked(y, branch):
        return [b.conv(y, branch + "/wide", 384, (1, 3)), b.conv(y, branch + "/tall", 384, (3, 1))]

    three = b.chain(x, name + "/three", (384, 1))
    double = b.chain(x, name + "/double", (448, 1), (384, 3))
    return b.net.concat([b.chain(x, name + "/single", (320, 1)), *forked(three, name + "/three"),
                         *forked(double, name + "/double"), averaged(b, x, name, 192)], name)


def inception_v3(args):
    b = Builder("inception_v3", 299, args)
    x = inception_stem(b)
    for i, pooled in enumerate((32, 64, 64), 1):
        x = inception_a(b, x, "mixed_%d" % i, pooled)
    x = reduction_a(b, x, "mixed_4")
    for i, inner in enumerate((128, 160, 160, 192), 5):
        x = inception_b(b, x, "mixed_%d" % i, inner)
    x = reduction_b(b, x, "mixed_9")
    for i in (10, 11):
        x = inception_c(b, x, "mixed_%d" % i)
    return b.classify(x, args.classes)


NETS = {"squeezenet": squeezenet, "resnet50": resnet50, "inception_v3": inception_v3}


def parse(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--width", type=float, default=1.0)
    parser.add_argument("--size", type=int, help="default: 299 for Inception v3, else 224")
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--classes", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--weights", choices=["fp32", "fp16"], default="fp32", help="of the MACE model")
    parser.add_argument("--expected", action="store_true")
    parser.add_argument("--onnx", action="store_true")
    parser.add_argument("--tf", action="store_true")
    parser.add_argument("--name", help="default: that of the network")
    parser.add_argument("network", choices=sorted(NETS))
    parser.add_argument("folder")
    return parser.parse_args(arguments)


def main():
    args = parse()
    net = NETS[args.network](args)
    os.makedirs(args.folder, exist_ok=True)
    stem = os.path.join(args.folder, args.name or net.name)
    write_mace(net, stem + ".pb", args.weights)
    if args.tf:
        write_tf(net, stem + "_frozen.pb")
    if args.onnx:
        from onnx_writer import write_onnx  # pylint: disable=import-outside-toplevel
        write_onnx(net, stem + ".onnx")
    values = net.make_input()
    np.save(stem + "_input.npy", values)
    if args.expected:
        np.save(stem + "_expected.npy", reference.run(net, values))


if __name__ == "__main__":
    main()

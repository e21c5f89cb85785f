#!/usr/bin/python3
"""Writes MobileNet V1 and V2 with seeded random weights, as MACE and as TensorFlow models.

NAME.pb, NAME.data   MACE, batch norms and activations folded
NAME_frozen.pb       TensorFlow, batch norms kept
NAME.onnx            with --onnx: ONNX, batch norms folded
NAME_uint8.pb        with --eight-bits: quantized MACE, with its .data
NAME_input.npy       an input; with --expected also NAME_expected.npy, the output by numpy
"""
import argparse
import os

import numpy as np

import reference
from mace_quantized import write_mace_quantized
from mace_writer import write_mace
from seeded_net import SeededNet
from tf_writer import write_tf

# Output channels and stride of each depthwise-separable block.
V1_BLOCKS = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)] + [(512, 1)] * 5 + [(1024, 2), (1024, 1)]
# Expansion, output channels, repeats, stride of the first.
V2_GROUPS = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]


def scaled(channels, width):
    """The nearest multiple of eight, not less than nine tenths of what was asked for."""
    wanted = channels * width
    rounded = max(8, int(wanted + 4) // 8 * 8)
    return rounded if rounded >= 0.9 * wanted else rounded + 8


def mobilenet_v1(width, size, batch, classes, seed):
    net = SeededNet("mobilenet_v1", [batch, size, size, 3], seed)
    x = net.conv_bn(net.input, "conv_0", scaled(32, width), 3, 2)
    for i, (channels, stride) in enumerate(V1_BLOCKS, 1):
        x = net.depthwise_bn(x, "conv_%d/depthwise" % i, stride)
        x = net.conv_bn(x, "conv_%d/pointwise" % i, scaled(channels, width), 1)
    x = net.pool(x, "global_pool", "avg", x.shape[1:3])
    net.softmax(net.conv_bias(x, "logits", classes, 1))
    return net


def inverted_residual(net, x, name, expansion, channels, stride):
    y = x
    if expansion > 1:
        y = net.conv_bn(y, name + "/expand", x.shape[3] * expansion, 1)
    y = net.depthwise_bn(y, name + "/depthwise", stride)
    y = net.conv_bn(y, name + "/project", channels, 1, activation=None)
    return net.add(x, y, name + "/add") if x.shape == y.shape else y


def mobilenet_v2(width, size, batch, classes, seed):
    net = SeededNet("mobilenet_v2", [batch, size, size, 3], seed)
    x = net.conv_bn(net.input, "conv_0", scaled(32, width), 3, 2)
    block = 0
    for expansion, channels, repeats, stride in V2_GROUPS:
        for i in range(repeats):
            block += 1
            x = inverted_residual(net, x, "block_%d" % block, expansion, scaled(channels, width), 1 if i else stride)
    # The last convolution does not shrink with the rest.
    x = net.conv_bn(x, "conv_last", scaled(1280, max(width, 1.0)), 1)
    net.softmax(net.dense_seeded(net.mean(x, "global_pool"), "logits", classes))
    return net


VERSIONS = {1: mobilenet_v1, 2: mobilenet_v2}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--version", type=int, choices=sorted(VERSIONS), default=1)
    parser.add_argument("--width", type=float, default=1.0)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--classes", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--weights", choices=["fp32", "fp16"], default="fp32", help="of the MACE model")
    parser.add_argument("--eight-bits", choices=["uint8", "int8"],
                        help="also NAME_uint8.pb or NAME_int8.pb, a quantized MACE model")
    parser.add_argument("--expected", action="store_true")
    parser.add_argument("--onnx", action="store_true")
    parser.add_argument("--name", help="default: mobilenet_vVERSION_WIDTH_SIZE")
    parser.add_argument("folder")
    args = parser.parse_args()
    net = VERSIONS[args.version](args.width, args.size, args.batch, args.classes, args.seed)
    os.makedirs(args.folder, exist_ok=True)
    stem = os.path.join(args.folder, args.name or "mobilenet_v%d_%g_%d" % (args.version, args.width, args.size))
    write_mace(net, stem + ".pb", args.weights)
    write_tf(net, stem + "_frozen.pb")
    if args.onnx:
        from onnx_writer import write_onnx  # pylint: disable=import-outside-toplevel
        write_onnx(net, stem + ".onnx")
    values = net.make_input()
    np.save(stem + "_input.npy", values)
    if args.eight_bits:
        write_mace_quantized(net, "%s_%s.pb" % (stem, args.eight_bits), args.eight_bits, values)
    if args.expected:
        np.save(stem + "_expected.npy", reference.run(net, values))


if __name__ == "__main__":
    main()

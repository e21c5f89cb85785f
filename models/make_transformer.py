#!/usr/bin/python3
"""Writes encoder blocks of a transformer as exporters without fused operators do: layer norms and GELU written out.

Each block is x + attention(norm(x)), then x + shrink(gelu(grow(norm(x)))), with four times the width in between;
a layer norm is ReduceMean, Sub, Pow, ReduceMean, Add, Sqrt, Div, Mul, Add, a GELU Div, Erf, Add, Mul, Mul.

transformer.onnx              opset 9, [N, tokens, width]
transformer_input.npy         an input
transformer_expected.npy      with --expected: the output by numpy in double
"""
import argparse
import math
import os

import numpy as np

from onnx_graph import OnnxGraph


def layer_norm(g, x):
    width = x.shape[2]
    centered = g.binary("Sub", x, g.mean(x))
    variance = g.mean(g.binary("Pow", centered, g.constant(2.0)))
    deviation = g.unary("Sqrt", g.binary("Add", variance, g.constant(1e-5)))
    x = g.binary("Div", centered, deviation)
    return g.binary("Add", g.binary("Mul", x, g.around(1.0, 0.1, width)), g.around(0.0, 0.1, width))


def dense(g, x, width):
    x = g.matmul(x, g.weights(x.shape[2], width))
    return g.binary("Add", x, g.around(0.0, 0.1, width))


def gelu(g, x):
    half = g.unary("Erf", g.binary("Div", x, g.constant(math.sqrt(2.0))))
    x = g.binary("Mul", x, g.binary("Add", half, g.constant(1.0)))
    return g.binary("Mul", x, g.constant(0.5))


def attention(g, x, heads):
    batch, tokens, width = x.shape

    def split(order):
        y = g.reshape(dense(g, x, width), [batch, tokens, heads, width // heads])
        return g.transpose(y, order)

    scores = g.matmul(split([0, 2, 1, 3]), split([0, 2, 3, 1]))
    scores = g.softmax(g.binary("Div", scores, g.constant(math.sqrt(width / heads))), axis=3)
    y = g.transpose(g.matmul(scores, split([0, 2, 1, 3])), [0, 2, 1, 3])
    return dense(g, g.reshape(y, [batch, tokens, width]), width)


def transformer(args):
    g = OnnxGraph("transformer", [args.batch, args.tokens, args.width], args.seed)
    x = g.input
    for _ in range(args.blocks):
        x = g.binary("Add", x, attention(g, layer_norm(g, x), args.heads))
        y = gelu(g, dense(g, layer_norm(g, x), 4 * args.width))
        x = g.binary("Add", x, dense(g, y, args.width))
    return g, layer_norm(g, x)


def parse(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--width", type=int, default=192, help="a multiple of the heads")
    parser.add_argument("--tokens", type=int, default=197)
    parser.add_argument("--heads", type=int, default=3)
    parser.add_argument("--blocks", type=int, default=1)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--expected", action="store_true")
    parser.add_argument("folder")
    return parser.parse_args(arguments)


def main():
    args = parse()
    os.makedirs(args.folder, exist_ok=True)
    graph, output = transformer(args)
    stem = os.path.join(args.folder, "transformer")
    graph.write(output, stem + ".onnx")
    values = graph.make_input()
    np.save(stem + "_input.npy", values)
    if args.expected:
        np.save(stem + "_expected.npy", graph.run(output, values))


if __name__ == "__main__":
    main()

#!/usr/bin/python3
"""Writes a small decoder-only transformer with a cache of keys and values, and the tokens that it generates.

A run takes one token and its position, and gives the scores of the next token. The keys and values of all
positions so far are inputs past_key_B and past_value_B of each block B; the outputs key_B and value_B hold those of
this position, too, in tensors of the same shape. An app that binds the outputs to the inputs keeps the cache on the
device.

decoder.onnx                  opset 13; token [1] and position [1], int64; past_* [heads, positions, width / heads];
                              scores [1, vocabulary]
decoder_tokens.npy            with --expected: the tokens by numpy in double, each the best after the one before,
                              from --first-token on, [positions] int64
"""
import argparse
import math
import os

import numpy as np

from onnx_parts import add_attributes, add_port
from schema import onnx_pb2

OPSET = 13
FAR = -1e9  # Added to the score of a position that is not there yet.


class Writer:
    """Adds operators to an ONNX graph; a result is known by its name."""

    def __init__(self, name, seed):
        self.random = np.random.RandomState(seed)  # Its sequence is the same in every numpy.
        self.model = onnx_pb2.ModelProto(ir_version=8)
        self.model.opset_import.add(domain="", version=OPSET)
        self.graph = self.model.graph
        self.graph.name = name

    def port(self, ports, name, shape, dtype=onnx_pb2.TensorProto.FLOAT):
        add_port(ports, name, shape, dtype)
        return name

    def constant(self, values):
        values = np.asarray(values)
        integers = values.dtype.kind == "i"
        name = "constant_%d" % len(self.graph.initializer)
        self.graph.initializer.add(
            name=name, dims=values.shape, raw_data=values.astype("<i8" if integers else "<f4").tobytes(),
            data_type=onnx_pb2.TensorProto.INT64 if integers else onnx_pb2.TensorProto.FLOAT)
        return name

    def op(self, kind, inputs, output=None, **attributes):
        name = output or "%s_%d" % (kind.lower(), len(self.graph.node))
        node = self.graph.node.add(op_type=kind, name=name, input=inputs, output=[name])
        add_attributes(node, attributes)
        return name


def make_weights(args, random):
    """The weights in fp32; a matrix keeps the power of what it multiplies."""
    def matrix(inside, outside):
        return (random.standard_normal((inside, outside)) / math.sqrt(inside)).astype(np.float32)

    blocks = [{name: matrix(inside, outside) for name, inside, outside in (
        ("query", args.width, args.width), ("key", args.width, args.width), ("value", args.width, args.width),
        ("mix", args.width, args.width), ("grow", args.width, 4 * args.width), ("shrink", 4 * args.width, args.width))}
        for _ in range(args.blocks)]
    tokens = random.standard_normal((args.vocabulary, args.width)).astype(np.float32)
    positions = random.standard_normal((args.positions, args.width)).astype(np.float32)
    return tokens, positions, blocks, matrix(args.width, args.vocabulary)


class GraphMath:
    """The network as ONNX operators. Vectors are [1, width]."""

    def __init__(self, args, writer):
        self.args, self.w = args, writer
        graph = writer.graph
        self.token = writer.port(graph.input, "token", [1], onnx_pb2.TensorProto.INT64)
        self.position = writer.port(graph.input, "position", [1], onnx_pb2.TensorProto.INT64)
        places = writer.constant(np.arange(args.positions))
        self.cache = [args.heads, args.positions, args.width // args.heads]
        here = writer.op("Equal", [places, self.position])
        self.here = writer.op("Reshape", [here, writer.constant(np.array([1, args.positions, 1]))])
        there = writer.op("Cast", [writer.op("Greater", [places, self.position])], to=1)
        self.far = writer.op("Mul", [there, writer.constant(FAR)])

    def row(self, table, index):
        return self.w.op("Gather", [self.w.constant(table), index], axis=0)

    def binary(self, kind, x, y):
        return self.w.op(kind, [x, y if isinstance(y, str) else self.w.constant(y)])

    def dense(self, x, weights):
        return self.w.op("MatMul", [x, self.w.constant(weights)])

    def norm(self, x):
        centered = self.binary("Sub", x, self.w.op("ReduceMean", [x], axes=[-1], keepdims=1))
        variance = self.w.op("ReduceMean", [self.binary("Mul", centered, centered)], axes=[-1], keepdims=1)
        return self.binary("Div", centered, self.w.op("Sqrt", [self.binary("Add", variance, 1e-5)]))

    def relu(self, x):
        return self.w.op("Relu", [x])

    def heads(self, x):
        shape = np.array([self.cache[0], 1, self.cache[2]])
        return self.w.op("Reshape", [x, self.w.constant(shape)])

    def remember(self, kind, block, x):
        past = self.w.port(self.w.graph.input, "past_%s_%d" % (kind, block), self.cache)
        now = self.w.op("Where", [self.here, self.heads(x), past], "%s_%d" % (kind, block))
        return self.w.port(self.w.graph.output, now, self.cache)

    def attend(self, query, keys, values):
        query = self.binary("Div", self.heads(query), math.sqrt(self.cache[2]))
        scores = self.w.op("MatMul", [query, self.w.op("Transpose", [keys], perm=[0, 2, 1])])
        weights = self.w.op("Softmax", [self.binary("Add", scores, self.far)], axis=-1)
        mixed = self.w.op("MatMul", [weights, values])
        return self.w.op("Reshape", [mixed, self.w.constant(np.array([1, self.args.width]))])


class NumpyMath:
    """The network in double, with a cache that it keeps itself."""

    def __init__(self, args):
        self.args = args
        self.token = self.position = 0
        self.past = {}

    def row(self, table, index):
        return table[index:index + 1].astype(np.float64)

    def binary(self, kind, x, y):
        return {"Add": np.add, "Sub": np.subtract, "Mul": np.multiply, "Div": np.divide}[kind](x, y)

    def dense(self, x, weights):
        return x @ weights.astype(np.float64)

    def norm(self, x):
        return (x - x.mean()) / np.sqrt(x.var() + 1e-5)

    def relu(self, x):
        return np.maximum(x, 0.0)

    def remember(self, kind, block, x):
        past = self.past.setdefault((kind, block), [])
        past.append(x.reshape(self.args.heads, -1))
        return np.stack(past, axis=1)

    def attend(self, query, keys, values):
        query = query.reshape(self.args.heads, 1, -1)
        scores = query @ keys.transpose(0, 2, 1) / math.sqrt(query.shape[2])
        powers = np.exp(scores - scores.max(axis=2, keepdims=True))
        return (powers / powers.sum(axis=2, keepdims=True) @ values).reshape(1, -1)


def scores_of_next(maths, weights):
    tokens, positions, blocks, last = weights
    x = maths.binary("Add", maths.row(tokens, maths.token), maths.row(positions, maths.position))
    for number, block in enumerate(blocks):
        y = maths.norm(x)
        keys = maths.remember("key", number, maths.dense(y, block["key"]))
        values = maths.remember("value", number, maths.dense(y, block["value"]))
        y = maths.attend(maths.dense(y, block["query"]), keys, values)
        x = maths.binary("Add", x, maths.dense(y, block["mix"]))
        y = maths.relu(maths.dense(maths.norm(x), block["grow"]))
        x = maths.binary("Add", x, maths.dense(y, block["shrink"]))
    return maths.dense(maths.norm(x), last)


def write_decoder(args, path):
    """Writes the model and gives its weights."""
    writer = Writer("decoder", args.seed)
    weights = make_weights(args, writer.random)
    scores = scores_of_next(GraphMath(args, writer), weights)
    writer.graph.node[-1].output[0] = "scores"
    writer.port(writer.graph.output, "scores", [1, args.vocabulary])
    assert scores == writer.graph.node[-1].name
    with open(path, "wb") as file:
        file.write(writer.model.SerializeToString(deterministic=True))
    return weights


def generate(args, weights):
    """The best tokens, one after the other, by numpy in double."""
    maths = NumpyMath(args)
    maths.token = args.first_token
    generated = []
    for maths.position in range(args.positions):
        maths.token = int(np.argmax(scores_of_next(maths, weights)))
        generated.append(maths.token)
    return np.array(generated, np.int64)


def parse(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--width", type=int, default=64, help="a multiple of the heads")
    parser.add_argument("--positions", type=int, default=64, help="of the cache: the longest text")
    parser.add_argument("--heads", type=int, default=4)
    parser.add_argument("--blocks", type=int, default=2)
    parser.add_argument("--vocabulary", type=int, default=256)
    parser.add_argument("--first-token", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--expected", action="store_true")
    parser.add_argument("folder")
    return parser.parse_args(arguments)


def main():
    args = parse()
    os.makedirs(args.folder, exist_ok=True)
    stem = os.path.join(args.folder, "decoder")
    weights = write_decoder(args, stem + ".onnx")
    if args.expected:
        np.save(stem + "_tokens.npy", generate(args, weights))


if __name__ == "__main__":
    main()

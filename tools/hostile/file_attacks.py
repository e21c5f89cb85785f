"""Models that were cut or damaged, files that never were models, manifests, and options that size things."""
import os

import mace_models as mace
import onnx_models as onnx
import tensorflow_models as tf
from case import ANY, REFUSED, Case, link, run_case, run_command, sparse

RELU = onnx.one("Relu", {"x": (3, 4)}).SerializeToString()


def bytes_of_models():
    """Models that were cut or damaged, and files that never were models."""
    for name, model in (("onnx", RELU), ("tensorflow", tf.one("Relu", {"x": (3, 4)}).SerializeToString()),
                        ("mace", mace.one("Activation", {"x": (3, 4)}, activation="RELU")[0].SerializeToString())):
        for i in range(0, len(model), 3):
            yield run_case("%s cut at %d" % (name, i), model[:i])
            yield run_case("%s damaged at %d" % (name, i), model[:i] + bytes([model[i] ^ 0xff]) + model[i + 1:])
    for name, content in (("empty", b""), ("text", b"hello\n" * 100), ("zeros", b"\0" * 5000), ("ones", b"\xff" * 5000),
                          ("an endless file", link("/dev/zero")), ("a folder", os.mkdir), ("a pipe", os.mkfifo),
                          ("a link to itself", link("model.onnx")), ("4 GiB of zeros", sparse(2**32 + 5)),
                          ("3 GiB that begin well", sparse(3 * 2**30, RELU))):
        yield Case("model that is " + name, {"model.onnx": content}, run_command(), exits=REFUSED)


# Shapes for the input of RELU that change its rank; an empty one is a scalar's.
SHAPES = ("3", "")


def options():
    """Words of the command line that size things, or are none."""
    def case(name, *words, exits=REFUSED):
        return Case("option " + name, {"model.onnx": RELU}, run_command("cpu", *words), exits=exits)

    for shape in ("65536,65536", "99999999999,99999999", "-1,4", "0,4", "3", "3,4,", "a,b", "", "9223372036854775808"):
        yield case("--input-shape " + shape, "--input-shape", "x=" + shape, exits=ANY if shape in SHAPES else REFUSED)
    yield case("--input of no name", "--input", "nobody={folder}/model.onnx")
    yield case("--input of a model", "--input", "x={folder}/model.onnx")
    yield case("--input of nothing", "--input", "")
    yield case("--inputs of nobody", "--inputs", "nobody,x")
    yield case("--outputs of a control character", "--outputs", "\x1b[2J")
    yield case("that is unknown", "--no-such-option\x1b[2J")
    for shape in ("65536,65536", "99999999999,99999999"):
        yield Case("option --input-shape %s gpu" % shape, {"model.onnx": RELU},
                   run_command("gpu", "--input-shape", "x=" + shape), exits=REFUSED, megabytes=700, seconds=20)


MANIFESTS = (
    "[" * 100000, "{}", "[1]", "null", "", "\xff", '{"a": 1e999999}', '[{"name": 7}]',
    '[{"name": "\\u001b[2J", "model": "x", "format": "mace"}]',
    '[{"name": "a", "format": "onnx", "model": [1], "sets": {}}]',
    '[{"name": "a", "format": "onnx", "model": "../../etc/passwd", "sets": [{"inputs": 3}]}]')


def manifests():
    for number, text in enumerate(MANIFESTS):
        yield Case("manifest %d" % number, {"m/manifest.json": text.encode("latin1")},
                   ["validate", "{folder}/m", "--device", "cpu"], exits=REFUSED)


def cases():
    for kind in (bytes_of_models, options, manifests):
        yield from kind()

#!/usr/bin/python3
"""Writes a model for each operator and format, with which nothing is wrong: seeds for the fuzzers.

usage: write_plain_models.py FOLDER: onnx_OP.onnx, tensorflow_OP_frozen.pb, mace_OP.pb and mace_OP.data,
                                     tflite_OP.tflite
"""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

import mace_models  # noqa: E402
import onnx_models  # noqa: E402
import onnx_structures  # noqa: E402
import tensorflow_models  # noqa: E402
import tflite_models  # noqa: E402
import tflite_schema  # noqa: E402


def write(folder, name, content):
    with open(os.path.join(folder, name), "wb") as file:
        file.write(content)


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    for name, model in (*onnx_models.plain(), *onnx_structures.plain()):
        write(folder, "onnx_%s.onnx" % name, model.SerializeToString())
    for name, graph in tensorflow_models.plain():
        write(folder, "tensorflow_%s_frozen.pb" % name, graph.SerializeToString())
    for name, (model, data) in mace_models.plain():
        write(folder, "mace_%s.pb" % name, model.SerializeToString())
        write(folder, "mace_%s.data" % name, data)
    for name, model in tflite_models.plain():
        write(folder, "tflite_%s.tflite" % name, tflite_schema.as_file(model.content))


if __name__ == "__main__":
    main()

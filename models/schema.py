"""The project's protobuf schemas as Python modules.

protoc writes them into a temporary folder, so that no generated file is kept
and they always fit the schemas and the protobuf package at hand.
"""
import atexit
import importlib
import os
import shutil
import subprocess
import sys
import tempfile

PROTO_DIR = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "mace", "formats", "proto")


def _generate():
    folder = tempfile.mkdtemp(prefix="mace_pb2_")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    subprocess.run(
        ["protoc", "-I" + PROTO_DIR, "--python_out=" + folder, "mace.proto", "onnx.proto", "tensorflow.proto"],
        check=True)
    sys.path.insert(0, folder)
    try:
        return [importlib.import_module(name) for name in ("mace_pb2", "onnx_pb2", "tensorflow_pb2")]
    finally:
        sys.path.remove(folder)


mace_pb2, onnx_pb2, tensorflow_pb2 = _generate()

"""A hostile case: the files it needs, the command that meets them, and what may come of it."""
import dataclasses
import os
from typing import Callable, Dict, List, Optional, Tuple, Union

import tflite_schema

# Bytes of a file, or what makes it at the path it is called with.
Content = Union[bytes, Callable[[str], None]]

ANY = (0, 1, 2, 3, 4)  # Whatever the command thinks of it, as long as it says so.
REFUSED = (1, 2, 3, 4)  # No right answer exists.
FINE = (0,)  # Unusual and right.


@dataclasses.dataclass
class Case:
    """In the command, {file} is the first file, {folder} where all files lie, {out} a folder for outputs."""
    name: str
    files: Dict[str, Content]  # By path below {folder}; a model is named first.
    command: List[str]
    exits: Tuple[int, ...] = ANY
    megabytes: int = 300  # Of resident memory, at most.
    seconds: float = 10  # Of the processor's time, at most.
    is_json: bool = False  # Standard output is JSON where the exit code is 0.
    products: Tuple[str, ...] = ()  # Files that the command is to write besides those in {out}.
    secret: Optional[bytes] = None  # May be in no output.
    says: Tuple[str, ...] = ()  # Texts that the message on stderr holds.


def run_command(device="cpu", *more):
    return ["run", "{file}", "--device", device, "--cache", "none", "--output-dir", "{out}", *more]


def model_files(model):
    """The files of a TensorFlow Lite model, an ONNX or TensorFlow message, or a MACE message with its data."""
    if hasattr(model, "content"):
        return {"model.tflite": tflite_schema.written(model.content)}
    if isinstance(model, tuple):
        return {"model.pb": model[0].SerializeToString(), "model.data": model[1]}
    ending = ".onnx" if type(model).__name__ == "ModelProto" else ".pb"
    return {"model" + ending: model.SerializeToString()}


def run_case(name, model, device="cpu", **expected):
    """`mace run` on a model, a message or bytes."""
    files = {"model.onnx": model} if isinstance(model, bytes) else model_files(model)
    if device != "cpu":
        expected = {"megabytes": 700, "seconds": 20, **expected}
    return Case("%s %s" % (name, device), files, run_command(device), **expected)


def sparse(size, head=b""):
    """A file of `size` bytes that begins with `head` and takes no room on the disk."""
    def write(path):
        with open(path, "wb") as file:
            file.write(head)
            file.truncate(size)
    return write


def link(target):
    return lambda path: os.symlink(target, path)

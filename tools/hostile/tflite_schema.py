"""The schema of TensorFlow Lite: the types of its fields, and files that flatc makes of nested dicts and lists."""
import functools
import json
import os
import re
import subprocess
import tempfile

SCHEMA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "mace", "formats", "proto", "tflite.fbs")
# The smallest and the largest number of each type of integers.
RANGES = {"bool": (0, 1), "byte": (-2**7, 2**7 - 1), "ubyte": (0, 2**8 - 1), "int": (-2**31, 2**31 - 1),
          "uint": (0, 2**32 - 1), "long": (-2**63, 2**63 - 1), "ulong": (0, 2**64 - 1)}
ROOT = "Model"


@functools.lru_cache(maxsize=1)
def schema():
    """(enumerations: name -> (type, member -> number), tables: name -> field -> type; lists are in brackets)."""
    with open(SCHEMA, encoding="utf-8") as file:
        text = re.sub(r"//.*", "", file.read())
    enumerations = {name: (kind, {member: int(number) for member, number in re.findall(r"(\w+)\s*=\s*(\d+)", body)})
                    for name, kind, body in re.findall(r"enum (\w+) : (\w+) \{([^}]*)\}", text)}
    tables = {name: dict(re.findall(r"(\w+)\s*:\s*(\[?\w+\]?)", body))
              for name, body in re.findall(r"table (\w+) \{([^}]*)\}", text)}
    return enumerations, tables


def code_of(operator):
    """The number of a builtin operator."""
    return schema()[0]["BuiltinOperator"][1][operator]


def places(content, table=ROOT, path=""):
    """(path, type, holder, key) of every number, text and list in a table that is given as a dict."""
    for field, value in content.items():
        kind = "BuiltinOptionsType" if field == "builtin_options_type" else schema()[1][table][field]
        here = path + "." + field
        if kind.startswith("["):
            yield here, "list", content, field
            for i, element in enumerate(value[:4]):
                yield from places_of_value(element, kind.strip("[]"), value, i, "%s[%d]" % (here, i))
        else:
            kind = content["builtin_options_type"] if kind == "BuiltinOptions" else kind
            yield from places_of_value(value, kind, content, field, here)


def places_of_value(value, kind, holder, key, path):
    enumerations = schema()[0]
    yield path, enumerations[kind][0] if kind in enumerations else kind, holder, key
    if isinstance(value, dict):
        yield from places(value, kind, path)


def as_file(content):
    """The bytes of the file of a model, which is a dict as the schema has it."""
    with tempfile.TemporaryDirectory(prefix="tflite-") as folder:
        path = os.path.join(folder, "model.json")
        with open(path, "w", encoding="utf-8") as file:
            # JSON has no words for these numbers; flatc has.
            file.write(json.dumps(content).replace("NaN", "nan").replace("Infinity", "inf"))
        made = subprocess.run(["flatc", "--binary", "-o", folder, SCHEMA, path], check=False, capture_output=True)
        if made.returncode != 0:
            raise ValueError("flatc does not take the model: %s" % (made.stdout + made.stderr).decode().strip())
        with open(os.path.join(folder, "model.bin"), "rb") as file:
            return file.read()


def written(content):
    """What makes the file at the path it is called with; the content is that of this moment."""
    kept = json.loads(json.dumps(content))

    def write(path):
        with open(path, "wb") as file:
            file.write(as_file(kept))
    return write

"""TensorFlow Lite models that were damaged, that contradict themselves, or that ask for too much."""
import copy
import struct

import numpy as np

import tflite_models as lite
from case import ANY, FINE, REFUSED, run_case
from field_attacks import NUMBERS, REALS, TEXTS, choose
from onnx_models import floats
from tflite_schema import RANGES, as_file, places

WORDS = (0, 1, 2**16, 2**31 - 1, 2**31, 2**32 - 1)


def refused(name, model, *says):
    """The message holds each of the texts."""
    return run_case("tflite " + name, model, exits=REFUSED, says=says)


def adding():
    """x plus a constant, whose bytes are found in the file."""
    return lite.one("ADD", lite.MATRIX, {"c": np.float32([[1.25, 2.5, 3.75, 4.5]])}, table="AddOptions",
                    fused_activation_function="NONE")


def changed(model, path, value):
    """The model with one field changed: a path of keys from the subgraph."""
    holder = model.graph
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    return model


def plain_models():
    """Nothing is wrong with them, so that what the attacks change is the reason of a refusal."""
    for name, model in lite.plain():
        yield run_case("tflite plain " + name, model, exits=FINE)


def damaged_words():
    """The file cut at every word, and with every word changed: each is an offset, a count, or numbers."""
    whole = as_file(adding().content)
    for at in range(0, len(whole) - 3, 4):
        yield run_case("tflite cut at %d" % at, whole[:at], exits=REFUSED)
        for word in WORDS:
            content = whole[:at] + struct.pack("<I", word) + whole[at + 4:]
            yield run_case("tflite word at %d is %d" % (at, word), content)


def damaged_parts():
    whole = as_file(adding().content)
    yield refused("wrong identifier", whole[:4] + b"TFL2" + whole[8:], "not a MACE, TensorFlow, TensorFlow Lite")
    for offset in (0, 4, len(whole) - 2, len(whole), 2**31, 2**32 - 1):
        yield refused("root at %d" % offset, struct.pack("<I", offset) + whole[4:], "damaged", "expected", "found")
    begin = whole.index(np.float32([1.25, 2.5]).tobytes()) - 4
    for count in (17, 2**31 - 1, 2**31, 2**32 - 1):
        yield refused("count of %d bytes" % count, whole[:begin] + struct.pack("<I", count) + whole[begin + 4:],
                      "expected", "found")


def parts():
    """Parts of the file that are not there, and versions."""
    for field in ("subgraphs", "buffers", "operator_codes"):
        made = adding()
        made.content[field] = []
        yield refused("no " + field, made, "expected", "found")
    for field in ("tensors", "outputs"):
        yield refused("no " + field, changed(adding(), [field], []), "expected", "found")
    for version in (0, 2, 4, 2**32 - 1):
        made = adding()
        made.content["version"] = version
        yield refused("version %d" % version, made, "expected 3, found %d" % version)


def indices():
    """Places in lists that the lists do not have."""
    for place in (3, 2**31, 2**32 - 1):
        yield refused("buffer %d" % place, changed(adding(), ["tensors", 1, "buffer"], place), "'c'", "expected",
                      "found %d" % place)
        yield refused("operator code %d" % place, changed(adding(), ["operators", 0, "opcode_index"], place),
                      "operator 0", "expected", "found %d" % place)
        for field in ("subgraph_index", "inputs", "outputs"):
            made = dict(lite.plain())["signature"]
            signature = made.content["signature_defs"][0]
            if field == "subgraph_index":
                signature[field] = place
            else:
                signature[field][0]["tensor_index"] = place
            yield refused("signature's %s %d" % (field, place), made, "signature 0", "expected", "found %d" % place)
    for place in (-1, -2, 3, 2**31 - 1, -2**31):
        for field in ("inputs", "outputs"):
            yield refused("%s of the subgraph: %d" % (field, place), changed(adding(), [field, 0], place), "expected",
                          "found %d" % place)
            yield refused("%s of the operator: %d" % (field, place),
                          changed(adding(), ["operators", 0, field, 0], place), "operator 0", "expected", "found")


def extents():
    for dims in ([-1, 4], [3, -2**31], [2**31 - 1] * 5, [65536, 65536], [2**31 - 1, 2**31 - 1], [1] * 2000):
        text = "x".join(map(str, dims[:5]))
        yield refused("input of " + text, changed(adding(), ["tensors", 0, "shape"], dims),
                      "operator 0 (ADD)" if dims == [65536, 65536] else "'x'")
        yield refused("constant of " + text, changed(adding(), ["tensors", 1, "shape"], dims), "'c'")
        made = changed(adding(), ["tensors", 0, "shape_signature"], dims)
        yield run_case("tflite signature of " + text, made, exits=ANY if dims == [-1, 4] else REFUSED)


def operators():
    """Codes that are not there, and operators that call other subgraphs."""
    for code in (-2**31, -1, 32, 127, 209, 9999, 2**31 - 1):
        made = adding()
        made.content["operator_codes"] = [{"builtin_code": code, "deprecated_builtin_code": -128 if code < 0 else 0,
                                           "custom_code": "Evil\x1b[2J"}]
        yield refused("operator code is %d" % code, made, "operator 0", "unknown op")
    for name in ("IF", "WHILE", "CALL_ONCE", "CALL", "VAR_HANDLE", "UNIQUE", "WHERE", "HASHTABLE", "DELEGATE"):
        made = lite.one(name, lite.MATRIX)
        made.content["subgraphs"].append(copy.deepcopy(made.graph))
        yield refused(name.lower(), made, "operator 0 (%s) that makes 'y0'" % name, "unknown op")
    for table in ("Conv2DOptions", "PackOptions", "ReshapeOptions"):
        made = adding()
        made.graph["operators"][0].update(builtin_options_type=table, builtin_options={})
        yield refused("options are " + table, made, "operator 0 (ADD)", "options: expected", "found")
    for number in (-128, -1, 5, 99):
        made = adding()
        made.graph["operators"][0]["builtin_options"] = {"fused_activation_function": number}
        yield refused("activation %d" % number, made, "operator 0 (ADD)", "expected", "found %d" % number)


def wirings():
    """Cycles, and tensors that two operators make."""
    def pair(first, second, output):
        made = lite.Model()
        tensors = [made.input("x", (3, 4)), made.tensor("a", (3, 4)), made.tensor("b", (3, 4))]
        for inputs, result in (first, second):
            made.op("ADD", [tensors[i] for i in inputs], [tensors[result]])
        return made.output(tensors[output])

    cases = {"cycle": ([0, 2], 1, [1, 1], 2), "operator that reads itself": ([0, 1], 1, [1, 1], 2),
             "wrong order": ([2, 2], 1, [0, 0], 2), "tensor made twice": ([0, 0], 1, [0, 0], 1)}
    for name, (first, made_first, second, made_second) in cases.items():
        yield refused(name, pair((first, made_first), (second, made_second), 1), "operator", "expected", "found '")
    yield refused("tensor of nobody", changed(adding(), ["operators", 0, "outputs"], [0]), "expected", "found")
    for name, place in (("add", 1), ("conv_2d", 1), ("conv_2d", 2), ("unidirectional_sequence_lstm", 5)):
        made = adding() if name == "add" else dict(lite.plain())[name]
        made.graph["tensors"][place].update(is_variable=True, buffer=0)
        yield refused("variable %d of %s" % (place, name), made, "operator 0", "expected", "found a variable")
    yield refused("elements of nobody", changed(adding(), ["tensors", 1, "buffer"], 0), "'c'", "expected", "found")


def inputs_left_out():
    """Each input of each operator once; a bias, a peephole and a state may be left out."""
    for name, model in lite.plain():
        for i in range(len(model.graph["operators"][0]["inputs"])):
            made = copy.deepcopy(model)
            made.graph["operators"][0]["inputs"][i] = -1
            yield run_case("tflite %s without input %d" % (name, i), made)


def quantization():
    nan, inf = float("nan"), float("inf")
    for number in (0.0, -1.0, nan, inf, -inf):
        made = lite.one("DEQUANTIZE", {"x": ((3, 4), "INT8", {"scale": [number], "zero_point": [0]})})
        yield refused("scale %s of an input" % number, made, "'x'", "quantization: expected", "found")
        made = lite.one("QUANTIZE", lite.MATRIX, {}, [((3, 4), "INT8", {"scale": [number], "zero_point": [0]})])
        yield refused("scale %s of a result" % number, made, "'y0'", "quantization: expected", "found")
    for kind, zero_point in (("INT8", 128), ("INT8", -129), ("UINT8", -1), ("UINT8", 256), ("INT16", 2**15),
                             ("INT8", 2**63 - 1), ("INT8", -2**63)):
        made = lite.one("DEQUANTIZE", {"x": ((3, 4), kind, {"scale": [1.0], "zero_point": [zero_point]})})
        yield refused("zero point %d of %s" % (zero_point, kind), made, "'x'", "expected", "found %d" % zero_point)
    weights = np.arange(12, dtype="i1").reshape(3, 4)
    for name, by in (("two of three scales", {"scale": [1.0] * 2, "zero_point": [0] * 2}),
                     ("zero points of another number", {"scale": [1.0] * 3, "zero_point": [0] * 2}),
                     ("axis 2", {"scale": [1.0] * 3, "zero_point": [0] * 3, "quantized_dimension": 2}),
                     ("axis -1", {"scale": [1.0] * 4, "zero_point": [0] * 4, "quantized_dimension": -1}),
                     ("details", {"scale": [1.0], "zero_point": [0], "details_type": 1}),
                     ("scale nan of a constant", {"scale": [1.0, nan, 1.0], "zero_point": [0] * 3})):
        made = lite.one("FULLY_CONNECTED", lite.MATRIX, {"w": (weights, by)}, [(3, 3)])
        yield refused(name, made, "'w'", "quantization: expected", "found")
    made = dict(lite.plain())["quantized_conv_2d"]
    yield refused("scales of another axis", changed(made, ["tensors", 1, "quantization"], {
        "scale": [0.1, 0.2], "zero_point": [0, 0], "quantized_dimension": 3}), "operator 0 (CONV_2D)", "expected")


def element_types():
    for kind in ("STRING", "COMPLEX64", "RESOURCE", "VARIANT", "UINT64", "INT4", "INT2", "UINT4", 21, 127, -128):
        yield refused("input of type %s" % kind, changed(adding(), ["tensors", 0, "type"], kind), "'x'")
        yield refused("constant of type %s" % kind, changed(adding(), ["tensors", 1, "type"], kind), "'c'")
        yield refused("result of type %s" % kind, changed(adding(), ["tensors", 2, "type"], kind), "'y0'")
    # FLOAT32 is the schema's default.
    made = lite.one("ADD", lite.MATRIX, {"c": np.int8([1, 2, 3, 4])})
    del made.graph["tensors"][1]["type"]
    yield refused("constant without a type", made, "'c'", "expected 16 bytes for 4 elements, found 4")
    made = lite.one("ARG_MAX", lite.MATRIX, {"a": lite.ints(1)}, [(3,)], "ArgMaxOptions")
    del made.graph["tensors"][2]["type"]
    yield refused("result without a type", made, "operator 0 (ARG_MAX) that makes 'y0'", "result: expected int32",
                  "type FLOAT32")
    for kind in ("INT16", "UINT16"):
        made = lite.one("SQUARE", {"x": ((3, 4), kind)}, {}, [((3, 4), kind)])
        yield refused("%s without a scale" % kind, made, "operator 0 (SQUARE)", "expected a scale", "found none")


def elements():
    """Constants whose bytes are too few, too many, elsewhere."""
    for count in (0, 1, 15, 17, 32):
        made = adding()
        made.content["buffers"][1]["data"] = [1] * count
        yield refused("%d of 16 bytes" % count, made, "'c'", "expected", "found")
    for offset, size in ((2, 2**63), (2**63, 16), (2**64 - 8, 16), (400, 2**64 - 1), (10**6, 16), (8, 12)):
        made = adding()
        made.content["buffers"][1] = {"offset": offset, "size": size}
        yield refused("bytes %d at %d" % (size, offset), made, "'c'", "expected", "found")
    yield refused("bytes of another file", changed(adding(), ["tensors", 1, "external_buffer"], 1), "'c'", "expected")
    yield refused("sparse constant", changed(adding(), ["tensors", 1, "sparsity"], {"traversal_order": [0, 1]}),
                  "'c'", "expected")


def results():
    """Operands of a few bytes whose result is huge: more than a tensor may have, or more than the memory."""
    for side in (2**16, 2**20, 2**31 - 1):
        sizes, one = lite.ints(side, side), {"x": (1, 1)}
        text = " of %d" % side
        pads = lite.ints(0, side, 0, side).reshape(2, 2)
        for operator, model in (("TILE", lite.one("TILE", one, {"r": sizes})),
                                ("BROADCAST_TO", lite.one("BROADCAST_TO", one, {"s": sizes})),
                                ("FILL", lite.one("FILL", {}, {"s": sizes, "v": np.float32(1)})),
                                ("PAD", lite.one("PAD", one, {"p": pads})),
                                ("RESIZE_BILINEAR", lite.one("RESIZE_BILINEAR", {"x": (1, 1, 1, 1)}, {"s": sizes}))):
            yield refused(operator.lower() + text, model,
                          "operator 0 (%s)" % operator if side == 2**31 - 1 else "the limit is" if side == 2**16 else ":")
        yield refused("matrix_diag" + text, lite.one("MATRIX_DIAG", {"x": (side,)}))
        depth = {"d": np.array(side, "<i4"), "on": np.float32(1), "off": np.float32(0)}
        yield refused("one_hot" + text, lite.one("ONE_HOT", {"i": ((side,), "INT32")}, depth))
        steps = {"b": np.array(0, "<i4"), "e": np.array(side, "<i4"), "d": np.array(0, "<i4")}
        yield refused("range without a step" + text, lite.one("RANGE", {}, steps), "operator 0 (RANGE)")


def counts():
    for count in (2000, 20000):
        made = lite.Model()
        last = made.input("x", (1,))
        for i in range(count):
            made.op("EXP", [last], [made.tensor("t%d" % i, (1,))])
            last = len(made.graph["tensors"]) - 1
        made.content["operator_codes"] = made.content["operator_codes"][:1]
        for operation in made.graph["operators"]:
            operation["opcode_index"] = 0
        yield run_case("tflite chain of %d" % count, made.output(last), exits=FINE)
    made = lite.Model()
    many = [made.input("x", (1,)) for _ in range(3000)]
    made.op("ADD_N", many, [made.tensor("y", (1,))])
    yield run_case("tflite 3000 inputs of one name", made.output(3000), exits=FINE)
    made = lite.Model()
    many = [made.input("x%d" % i, (1,)) for i in range(5000)]
    made.op("ADD_N", many, [made.tensor("y", (1,))])
    yield refused("5000 inputs", made.output(5000), "expected at most 4096", "found 5000")


def values_for(kind, key, count):
    if kind == "string":
        return choose(TEXTS, key, count)
    if kind == "float":
        return choose(REALS, key, count)
    if kind in RANGES:
        low, high = RANGES[kind]
        return [number for number in choose(NUMBERS, key, count) if low <= number <= high]
    if kind == "list":
        return [[]]
    return []


def fields(count):
    """`count` values for each field of each plain model."""
    for name, model in lite.plain():
        for number, (path, kind, _, _) in enumerate(list(places(model.content))):
            for value in values_for(kind, name + path, count):
                made = copy.deepcopy(model)
                _, _, holder, key = list(places(made.content))[number]
                holder[key] = value
                text = ascii(value if not isinstance(value, str) else value[:20])
                yield run_case("field tflite %s%s=%s" % (name, path, text), made, megabytes=700, seconds=20)


def many_cases(count):
    """Thousands, which a test takes a part of; `count` values for each field of each plain model."""
    yield from damaged_words()
    yield from inputs_left_out()
    yield from fields(count)


def cases():
    for kind in (plain_models, damaged_parts, parts, indices, extents, operators, wirings, quantization, element_types,
                 elements, results, counts):
        yield from kind()

"""Models that are legal or nearly so, and ask for too much: memory, time, depth, indices out of range."""
import numpy as np

import mace_models as mace
import onnx_models as onnx
import onnx_structures as structures
import tensorflow_models as tf
from case import FINE, REFUSED, run_case
from onnx_models import floats, node

DEVICES = ("cpu", "gpu")
HUGE = ((2**16, 2**15), (2**20, 2**20), (2**31, 3), (2**40,), (2**62, 4), (3, 2**63 - 1))


def on_devices(name, model, **expected):
    for device in DEVICES:
        yield run_case(name, model, device, **expected)


def extents_of_inputs():
    """The file declares inputs that no memory holds."""
    for extents in HUGE:
        text = "x".join(map(str, extents))
        yield from on_devices("input onnx " + text, onnx.one("Relu", {"x": extents}), exits=REFUSED)
        yield run_case("input tensorflow " + text, tf.one("Relu", {"x": extents}), exits=REFUSED)
        narrow = tuple(min(extent, 2**31 - 1) for extent in extents)
        yield run_case("input mace " + text, mace.one("Activation", {"x": narrow}, activation="RELU"))


def results_of_small_operands():
    """Operands of a few bytes whose result is huge."""
    for exponent in (32, 36, 40, 62):
        side = 2**(exponent // 2)
        sizes = np.array([side, side])
        text = "2^%d" % exponent
        yield from on_devices("tile onnx " + text, onnx.one("Tile", {"x": (1, 1)}, {"r": sizes}), exits=REFUSED)
        yield run_case("expand onnx " + text, onnx.one("Expand", {"x": (1, 1)}, {"s": sizes}), exits=REFUSED)
        yield run_case("pad onnx " + text, onnx.one("Pad", {"x": (1, 1)}, {"p": np.array([0, 0, side, side])}),
                       exits=REFUSED)
        yield run_case("resize onnx " + text, onnx.one("Resize", {"x": (1, 1, 2, 2)}, {
            "roi": floats(0), "s": floats(0), "n": np.array([1, 1, side, side])}, mode="nearest"), exits=REFUSED)
        yield run_case("constantofshape onnx " + text, onnx.one("ConstantOfShape", {}, {"s": sizes}), exits=REFUSED)
        yield run_case("range onnx " + text, onnx.one("Range", {}, {
            "b": np.array(0), "e": np.array(2**exponent), "d": np.array(1)}), exits=REFUSED)
        yield run_case("eyelike onnx " + text, onnx.one("EyeLike", {"x": (side, side)}), exits=REFUSED)
        if exponent < 62:
            narrow = np.array([min(side, 2**31 - 1)] * 2)
            yield run_case("tile tensorflow " + text, tf.one("Tile", {"x": (1, 1)}, {"r": narrow}), exits=REFUSED)
            yield run_case("fill tensorflow " + text, tf.one("Fill", {}, {"s": narrow, "v": np.float32(2)}),
                           exits=REFUSED)
            yield run_case("pad tensorflow " + text, tf.one("Pad", {"x": (1, 1)}, {
                "p": np.array([[0, side], [0, side]])}), exits=REFUSED)
            yield run_case("tile mace " + text, mace.one("Tile", {"x": (1, 1)}, {"r": narrow}, data_format=mace.NONE),
                           exits=REFUSED)
            yield run_case("resize mace " + text, mace.one(
                "ResizeNearestNeighbor", {"x": (1, 2, 2, 1)}, size=[side, side]), exits=REFUSED)
    yield from on_devices("outer product", onnx.one("MatMul", {"x": (2**18, 1), "z": (1, 2**18)}), exits=REFUSED)
    yield from on_devices("broadcast", onnx.one("Add", {"x": (2**18, 1), "z": (1, 2**18)}), exits=REFUSED)
    yield run_case("onehot", onnx.one("OneHot", {"i": ((64,), "i8")}, {"d": np.array(2**33), "v": floats(2)}),
                   exits=REFUSED)


def chains(length):
    """Each step doubles what the step before it made: the first is fine, the last is not."""
    constants = {"two": np.array([2, 2])}
    nodes = [node("Tile", ["x" if i == 0 else "t%d" % i, "two"], ["t%d" % (i + 1)], "n%d" % i) for i in range(length)]
    return onnx.model(nodes, {"x": (4, 4)}, ["t%d" % length], constants)


def folds():
    """Constants that a fold would make large, or slow to make."""
    yield from on_devices("chain of tiles", chains(20), exits=REFUSED)
    grown = [node("ConstantOfShape", ["s"], ["a"]), node("Exp", ["a"], ["b"]), node("ReduceSum", ["b"], ["c"]),
             node("Add", ["x", "c"], ["y"])]
    for exponent in (24, 28, 31):
        yield run_case("fold of 2^%d elements" % exponent,
                       onnx.model(grown, {"x": (1,)}, ["y"], {"s": np.array([2**exponent])}), megabytes=2400,
                       seconds=60 if exponent > 24 else 5)
    product = [node("ConstantOfShape", ["s"], ["a"]), node("MatMul", ["a", "a"], ["b"]),
               node("ReduceSum", ["b"], ["c"]), node("Add", ["x", "c"], ["y"])]
    yield run_case("fold of a product", onnx.model(product, {"x": (1,)}, ["y"], {"s": np.array([256, 256])}))
    weights = floats(50000)
    adds = [node("Add", ["w" if i == 0 else "t%d" % i, "w"], ["t%d" % (i + 1)], "n%d" % i) for i in range(1000)]
    yield run_case("1000 folds of one weight", onnx.model(
        [*adds, node("Add", ["x", "t1000"], ["y"])], {"x": (1,)}, ["y"], {"w": weights}), exits=FINE)
    splat = tf.one("Add", {"x": (1,)}, {"c": np.float32(1)})
    tensor = splat.node[1].attr["value"].tensor
    tensor.ClearField("tensor_content")
    tensor.float_val.append(1.0)
    for exponent in (28, 34, 60):
        del tensor.tensor_shape.dim[:]
        tensor.tensor_shape.dim.add(size=2**exponent)
        copy = type(splat)()
        copy.CopyFrom(splat)
        yield run_case("one value for 2^%d elements" % exponent, copy, megabytes=2400 if exponent == 28 else 300)


def indices():
    """Indices that come with the data; the inputs are filled by the command, or known in the file."""
    for wrong in (-5, 4, 2**31, -2**63):
        for op in ("Gather", "GatherElements"):
            yield run_case("%s of %d" % (op, wrong), onnx.one(op, {"x": (3, 4)}, {"i": np.array([[wrong]])}),
                           exits=REFUSED)
        yield run_case("GatherND of %d" % wrong, onnx.one("GatherND", {"x": (3, 4)}, {"i": np.array([[wrong]])}),
                       exits=REFUSED)
        for op in ("ScatterND", "ScatterElements"):
            updates = floats(1, 4) if op == "ScatterND" else floats(1, 1)
            yield run_case("%s of %d" % (op, wrong), onnx.one(op, {"x": (3, 4)}, {
                "i": np.array([[wrong]]), "u": updates}), exits=REFUSED)
    yield run_case("TopK of more than there are", onnx.one("TopK", {"x": (3, 4)}, {"k": np.array([5])},
                                                           outputs=("y", "i")), exits=REFUSED)


def counts():
    """More of something than a model needs: nodes, outputs, inputs, axes, names."""
    for count in (2000, 20000):
        names = ["x"] + ["t%d" % i for i in range(count)]
        chain = [node("Exp", [names[i]], [names[i + 1]], "n%d" % i) for i in range(count)]
        yield run_case("chain of %d" % count, onnx.model(chain, {"x": (1,)}, [names[-1]]), exits=FINE)
        same = [node("Relu", [names[i]], [names[i + 1]], "a") for i in range(count)]
        yield run_case("%d nodes of one name" % count, onnx.model(same, {"x": (1,)}, [names[-1]]), exits=FINE)
        wide = [node("Exp", ["x"], [name], name) for name in names[1:]]
        yield run_case("%d outputs" % count, onnx.model(wide, {"x": (1,)}, names[1:1001]), exits=FINE)
        made = tf.Model()
        made.placeholder("x", (1,))
        for i in range(count):
            made.node("Neg", "t%d" % i, [names[i]])
        yield run_case("tensorflow chain of %d" % count, made.graph, exits=FINE)
    many = mace.Model()
    many.declare(True, "x", (1,))
    for i in range(5000):
        many.op("Activation", ["x" if i == 0 else "t%d" % (i - 1)], ["t%d" % i], mace.NONE, activation="TANH")
        many.net.op[i].name = "n%d" % i
    many.declare(False, "t4999", (1,))
    yield run_case("mace chain", many.as_files(), exits=FINE)
    yield run_case("rank 2000", onnx.one("Relu", {"x": (1,) * 2000}))
    yield run_case("5000 inputs", onnx.one("Sum", {"x%d" % i: (1,) for i in range(5000)}), exits=FINE)
    yield from on_devices("500 adds", onnx.model(
        [node("Add", ["t%d" % i if i else "x"] * 2, ["t%d" % (i + 1)], "n%d" % i) for i in range(500)],
        {"x": (1,)}, ["t500"]), exits=FINE)


def wirings():
    """Graphs that are none: cycles, names twice, ports that do not exist."""
    cycle = [node("Add", ["x", "b"], ["a"], "one"), node("Neg", ["a"], ["b"], "two")]
    yield run_case("cycle onnx", onnx.model(cycle, {"x": (1,)}, ["a"]), exits=REFUSED)
    yield run_case("node that reads itself", onnx.model([node("Add", ["x", "y"], ["y"])], {"x": (1,)}, ["y"]),
                   exits=REFUSED)
    twice = [node("Neg", ["x"], ["y"], "one"), node("Exp", ["x"], ["y"], "two")]
    yield run_case("output made twice", onnx.model(twice, {"x": (1,)}, ["y"]), exits=REFUSED)
    yield run_case("input of nobody", onnx.model([node("Neg", ["z"], ["y"])], {"x": (1,)}, ["y"]), exits=REFUSED)
    yield run_case("output of nobody", onnx.model([node("Neg", ["x"], ["y"])], {"x": (1,)}, ["z"]), exits=REFUSED)
    for name, source in (("cycle", "b"), ("port", "x:7"), ("negative port", "x:-1"), ("control alone", "^x"),
                         ("huge port", "x:99999999999999999999")):
        made = tf.Model()
        made.placeholder("x", (1,))
        made.node("Neg", "a", [source])
        made.node("Neg", "b", ["a"])
        yield run_case("tensorflow " + name, made.graph, exits=REFUSED)
    made = mace.Model()
    made.declare(True, "x", (1,))
    made.op("AddN", ["x", "b"], ["a"], mace.NONE)
    made.op("AddN", ["x", "a"], ["b"], mace.NONE)
    made.declare(False, "a", (1,))
    yield run_case("cycle mace", made.as_files(), exits=REFUSED)


def inner_graphs():
    """Loops and functions of a few bytes that stand for any number of nodes."""
    yield run_case("loop of 1000 steps", structures.many_steps(1000), exits=FINE)
    for count in (10**9, 2**63 - 1):
        yield run_case("loop of %d steps" % count, structures.many_steps(count), exits=REFUSED)
    yield run_case("loop without an end", structures.endless(), exits=REFUSED)
    yield run_case("functions that call twice", structures.calls(24, 2), exits=REFUSED)
    yield run_case("functions 500 deep", structures.calls(500, 1), exits=REFUSED)
    yield run_case("function that calls itself", structures.itself(), exits=REFUSED)
    yield run_case("large sparse tensor", structures.large_sparse(), exits=REFUSED)


def cases():
    for kind in (extents_of_inputs, results_of_small_operands, folds, indices, counts, wirings, inner_graphs):
        yield from kind()

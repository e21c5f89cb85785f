"""ONNX models with inner graphs, functions, sequences and sparse tensors: plain ones, and ones that attack."""
import numpy as np

from onnx_models import MATRIX, floats, model, node, onnx_pb2


def inner(nodes, inputs, outputs, constants=None):
    """The graph of an attribute."""
    return model(nodes, {name: () for name in inputs}, outputs, constants).graph


def with_graphs(made, **graphs):
    """The node with these graphs as attributes."""
    for name, graph in graphs.items():
        attribute = made.attribute.add(name=name, type=onnx_pb2.AttributeProto.GRAPH)
        attribute.g.CopyFrom(graph)
    return made


def function(made, name, nodes, inputs, outputs):
    """Adds a function of the domain "test" to the model."""
    added = made.functions.add(name=name, domain="test", input=inputs, output=outputs, attribute=["alpha"])
    added.node.extend(nodes)
    added.opset_import.add(domain="", version=13)


def call(name, inputs, outputs, **attributes):
    made = node(name, inputs, outputs, **attributes)
    made.domain = "test"
    return made


def branches():
    either = {"then_branch": inner([node("Neg", ["x"], ["t"])], [], ["t"]),
              "else_branch": inner([node("Add", ["x", "w"], ["e"])], [], ["e"], {"w": floats(1, 4)})}
    yield "if_known", model([with_graphs(node("If", ["c"], ["y"]), **either)], MATRIX, ["y"], {"c": np.array(True)})
    chosen = with_graphs(node("If", ["c"], ["y"]), **either)
    yield "if_computed", model([chosen], {**MATRIX, "c": ((1,), "b1")}, ["y"])


def loop_body():
    nodes = [node("Mul", ["v", "half"], ["w"]), node("Identity", ["go"], ["on"])]
    return inner(nodes, ["i", "go", "v"], ["on", "w", "w"], {"half": np.float32(0.5)})


def loops():
    yield "loop", model([with_graphs(node("Loop", ["m", "", "x"], ["last", "y"]), body=loop_body())], MATRIX,
                        ["last", "y"], {"m": np.array(3)})
    body = inner([node("Add", ["s", "e"], ["n"]), node("Neg", ["n"], ["o"])], ["s", "e"], ["n", "o"])
    scan = node("Scan", ["s", "x"], ["n", "y"], num_scan_inputs=1, scan_input_axes=[1], scan_output_directions=[1])
    yield "scan", model([with_graphs(scan, body=body)], {**MATRIX, "s": (3,)}, ["n", "y"])


def functions():
    made = model([call("twice", ["x"], ["y"], alpha=0.3)], MATRIX, ["y"])
    leaky = node("LeakyRelu", ["a"], ["b"])
    leaky.attribute.add(name="alpha", ref_attr_name="alpha", type=onnx_pb2.AttributeProto.FLOAT)
    function(made, "once", [leaky], ["a"], ["b"])
    again = call("once", ["a"], ["b"])
    again.attribute.add(name="alpha", ref_attr_name="alpha", type=onnx_pb2.AttributeProto.FLOAT)
    function(made, "twice", [again, node("Add", ["a", "b"], ["c"])], ["a"], ["c"])
    yield "function", made


def sequences():
    split = [node("SplitToSequence", ["x", "n"], ["s"], axis=1), node("SequenceInsert", ["s", "x", "p"], ["t"]),
             node("SequenceErase", ["t", "p"], ["u"]), node("SequenceAt", ["u", "p"], ["a"]),
             node("ConcatFromSequence", ["u"], ["y"], axis=1)]
    yield "sequences", model(split, MATRIX, ["a", "y"], {"n": np.array([1, 3]), "p": np.array(-1)})


def sparse():
    made = model([node("Add", ["x", "w"], ["y"])], MATRIX, ["y"])
    added = made.graph.sparse_initializer.add(dims=[3, 4])
    added.values.CopyFrom(onnx_pb2.TensorProto(name="w", dims=[2], data_type=1, float_data=[1, 2]))
    added.indices.CopyFrom(onnx_pb2.TensorProto(dims=[2, 2], data_type=7, int64_data=[0, 1, 2, 3]))
    yield "sparse", made


def plain():
    """(name, ModelProto) of models with which nothing is wrong."""
    for family in (branches, loops, functions, sequences, sparse):
        yield from family()


def many_steps(count):
    """A loop of so many steps."""
    return model([with_graphs(node("Loop", ["m", "", "x"], ["last", "y"]), body=loop_body())], MATRIX, ["last", "y"],
                 {"m": np.array(count)})


def endless():
    """A condition that always holds, and is computed anew at each step, so that only the steps show it."""
    nodes = [node("Add", ["n", "n"], ["t"]), node("Equal", ["t", "zero"], ["on"]), node("Neg", ["v"], ["w"])]
    body = inner(nodes, ["i", "go", "n", "v"], ["on", "t", "w"], {"zero": np.array(0)})
    return model([with_graphs(node("Loop", ["", "", "zero", "x"], ["n", "y"]), body=body)], MATRIX, ["y"],
                 {"zero": np.array(0)})


def calls(depth, width):
    """Each function calls the next one `width` times."""
    made = model([call("f0", ["x"], ["y"])], MATRIX, ["y"])
    for i in range(depth):
        last = i + 1 == depth
        names = ["v%d" % k for k in range(width + 1)]
        nodes = [node("Neg", [a], [b]) if last else call("f%d" % (i + 1), [a], [b]) for a, b in zip(names, names[1:])]
        function(made, "f%d" % i, nodes, names[:1], names[-1:])
    return made


def itself():
    made = model([call("f", ["x"], ["y"])], MATRIX, ["y"])
    function(made, "f", [call("f", ["a"], ["b"])], ["a"], ["b"])
    return made


def large_sparse():
    """12 bytes that stand for 2^36 elements."""
    made = model([node("ReduceMax", ["w"], ["y"])], {}, ["y"])
    added = made.graph.sparse_initializer.add(dims=[2**18, 2**18])
    added.values.CopyFrom(onnx_pb2.TensorProto(name="w", dims=[1], data_type=1, float_data=[1]))
    added.indices.CopyFrom(onnx_pb2.TensorProto(dims=[1], data_type=7, int64_data=[5]))
    return made

"""Names that meant something to a terminal, a path or a shell, and messages that nest."""
import onnx_models as onnx
from case import REFUSED, Case, model_files, run_case, run_command
from onnx_models import node

NAMES = {"a title": "\x1b]0;title\x07", "a clear": "\x1b[2J", "line ends": "a\nb\r\nc", "a path": "../../up",
         "a root": "/tmp/hostile", "a long one": "n" * 70000, "a format": "%s%n%s%n", "a mark": "a\u202eb",
         "nothing": "", "a dot": ".", "two dots": "..", "a NUL": "a\0b.npy", "a wide one": "\u4e2d" * 90,
         "C1 controls": "a\x9b2Jb", "spaces": "   ", "a hidden one": ".bashrc", "a backslash": "a\\b"}


def named(name):
    return onnx.model([node("Relu", ["x"], [name], name)], {"x": (1,)}, [name])


def with_bad_text(good, bad):
    """The bytes of a model in which a text of the same length is no UTF-8."""
    assert len(good) == len(bad)
    return named(good.decode()).SerializeToString().replace(good, bad)


def names():
    for kind, name in NAMES.items():
        yield run_case("output named " + kind, named(name))
        # What is wrong is said with the name of the node, of the operator and of the attribute.
        yield run_case("node named " + kind, onnx.model(
            [node("Concat", ["x"], ["y"], name, axis=7)], {"x": (1,)}, ["y"]), exits=REFUSED)
        yield run_case("operator named " + kind, onnx.model([node(name, ["x"], ["y"], "n")], {"x": (1,)}, ["y"]),
                       exits=REFUSED)
        shown = Case("inspect " + kind, model_files(named(name)), ["inspect", "{file}", "--device", "cpu"], seconds=10)
        yield shown
    yield run_case("output that is no UTF-8", with_bad_text(b"abcdef", b"\xff\xfe\x80\xc0\xafz"))
    yield Case("run that is told as JSON", model_files(named(NAMES["a title"])), run_command("cpu", "--json", "-"),
               is_json=True)


def field(number, content):
    """A field of bytes, as protobuf writes it."""
    size, head = len(content), bytes([number << 3 | 2])
    while size >= 128:
        head += bytes([size & 127 | 128])
        size >>= 7
    return head + bytes([size]) + content


def nested_message(depth):
    """Groups of a type that no schema of ours knows, one in the other, as field 7 (the graph)."""
    content = b""
    for _ in range(depth):
        content = field(7, content)
    return content


def nested_branches(depth):
    """A model whose last node is an If, in a branch of which there is an If, and so on."""
    graph_type = b"\xa0\x01\x05"  # Field 20 of AttributeProto: GRAPH.
    graph = b""
    for _ in range(depth):
        branch = field(1, b"then_branch") + field(6, graph) + graph_type
        graph = field(1, field(1, b"x") + field(4, b"If") + field(5, branch))
    plain = onnx.model([node("Relu", ["x"], ["y"])], {"x": (1,)}, ["y"]).SerializeToString()
    # A second graph of a message adds its nodes to the first.
    return plain + field(7, graph)


def nesting():
    for depth in (50, 1000, 20000):
        yield run_case("messages nested %d deep" % depth, nested_message(depth), exits=REFUSED)
    yield run_case("branches nested 5000 deep", nested_branches(5000), exits=REFUSED)


def cases():
    yield from names()
    yield from nesting()

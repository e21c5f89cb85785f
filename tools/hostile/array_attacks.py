"""Arrays (`.npy`) whose header, size or kind of file is not what it should be."""
import os
import struct

import onnx_models as onnx
from case import ANY, FINE, REFUSED, Case, link, run_command, sparse
from onnx_models import floats

RELU = onnx.one("Relu", {"x": (3, 4)}).SerializeToString()


def npy(header, data=b"", version=b"\x01\x00"):
    header = header if isinstance(header, bytes) else header.encode("latin1")
    size = struct.pack("<H" if version[0] == 1 else "<I", len(header))
    return b"\x93NUMPY" + version + size + header + data


def array_case(name, content, exits=REFUSED, **expected):
    return Case("array " + name, {"model.onnx": RELU, "x.npy": content},
                run_command("cpu", "--input", "x={folder}/x.npy"), exits=exits, **expected)


def header(shape, kind="<f4", order="False"):
    return "{'descr': '%s', 'fortran_order': %s, 'shape': %s, }\n" % (kind, order, shape)


def arrays():
    good = floats(3, 4).tobytes()
    yield array_case("good", npy(header("(3, 4)"), good), FINE)
    for shape in ("(9223372036854775807,)", "(4294967296, 4294967296)", "(-3, 4)", "(3, 4", "(3, '4')", "3", "()",
                  "(99999999999999999999999,)", "(3.0, 4.0)", "(%s)" % ("1, " * 5000), "(3, 4, 0)"):
        yield array_case("shape " + shape[:30], npy(header(shape), good))
    for kind in (">f4", "<f8", "<c8", "|O", "<U4", "|S4", "", "<f9999999999", "x" * 1000, "<i8"):
        yield array_case("type " + kind[:20], npy(header("(3, 4)", kind), good), ANY)
    for size in (2**31, 2**34, 2**40):
        count = size // 4
        for order in ("False", "True"):
            yield array_case("of %d bytes, Fortran order %s" % (size, order),
                             sparse(size + 128, npy(header("(%d,)" % count, order=order))))
        yield array_case("of a small shape in %d bytes" % size, sparse(size, npy(header("(1,)"))))
        yield array_case("of %d halves" % (size // 2), sparse(size + 128, npy(header("(%d,)" % (size // 2), "<f2"))))
    head = header("(3, 4)")
    yield array_case("longer than its shape", npy(head, good + b"more"), ANY)
    for name, content in (
            ("empty", b""), ("of text", b"not an array at all\n"), ("cut in its header", npy(head)[:40]),
            ("cut", npy(head, good[:-1])), ("of version 9", npy(head, good, b"\x09\x00")),
            ("with escapes", npy(header("(3, 4)", "\x1b[2J"), good)), ("of nested braces", npy("{" * 60000)),
            ("with a header of 4 GiB", b"\x93NUMPY\x02\x00" + b"\xff" * 4 + head.encode() + good)):
        yield array_case(name, content)
    yield array_case("that is a pipe", os.mkfifo)
    yield array_case("that is a folder", os.mkdir)
    yield array_case("that is endless", link("/dev/zero"))
    yield array_case("that is a link to itself", link("x.npy"))


def cases():
    yield from arrays()

"""The protocol's datatypes, and numpy's."""

from typing import Any, Sequence

import numpy

from mace.open_inference._errors import refuse, shown

_NUMPY_NAMES = {
    "BOOL": "bool",
    "UINT8": "uint8",
    "UINT16": "uint16",
    "UINT32": "uint32",
    "UINT64": "uint64",
    "INT8": "int8",
    "INT16": "int16",
    "INT32": "int32",
    "INT64": "int64",
    "FP16": "float16",
    "FP32": "float32",
    "FP64": "float64",
}
_DATATYPES = {name: datatype for datatype, name in _NUMPY_NAMES.items()}


def datatype_of(numpy_name: str) -> str:
    """ "FP32" for "float32", and so on. Raises ValueError for a dtype that the protocol lacks."""
    if numpy_name not in _DATATYPES:
        raise ValueError(
            "dtype: expected one of %s, found %s" % (", ".join(_DATATYPES), numpy_name)
        )
    return _DATATYPES[numpy_name]


def dtype_of(datatype: str) -> numpy.dtype:
    """numpy's dtype with the byte order of the protocol (least significant byte first)."""
    return numpy.dtype(_NUMPY_NAMES[datatype]).newbyteorder("<")


def array_of_json(data: Any, datatype: str, shape: Sequence[int], what: str) -> numpy.ndarray:
    """The array of a JSON list, which is flat or nested as the shape says, in row-major order.

    No number is rounded to an integer, cut, or turned into an infinity; other floats are rounded to
    the datatype. Raises ProtocolError, whose message begins with `what`.
    """
    if not isinstance(data, list):
        refuse("%s: data: expected a list, found %s" % (what, shown(data)))
    try:
        array = numpy.array(data)
    except (ValueError, OverflowError):
        refuse(
            "%s: data: expected a list of numbers, flat or nested as the shape %s says, "
            "found lists of unequal lengths" % (what, list(shape))
        )
    count = int(numpy.prod(shape, dtype=object))
    if array.size != count or (array.ndim > 1 and array.shape != tuple(shape)):
        refuse(
            "%s: data: expected %d elements, flat or nested as the shape %s says, "
            "found the shape %s" % (what, count, list(shape), list(array.shape))
        )
    if array.size == 0:
        return numpy.zeros(shape, dtype_of(datatype))
    return _converted(array, datatype, what).reshape(shape)


def _converted(array: numpy.ndarray, datatype: str, what: str) -> numpy.ndarray:
    dtype = dtype_of(datatype)
    allowed = {"b": "b", "i": "iu", "u": "iu", "f": "iuf"}[dtype.kind]
    if array.dtype.kind not in allowed:
        names = {"b": "true and false", "i": "whole numbers", "u": "whole numbers", "f": "numbers"}
        refuse(
            "%s: data: expected %s for the datatype %s, found other elements"
            % (what, names[dtype.kind], datatype)
        )
    if dtype.kind in "iu":
        limits = numpy.iinfo(dtype)
        if int(array.min()) < limits.min or int(array.max()) > limits.max:
            refuse(
                "%s: data: expected numbers from %d to %d for the datatype %s, found %d to %d"
                % (what, limits.min, limits.max, datatype, array.min(), array.max())
            )
    with numpy.errstate(over="ignore"):
        converted = array.astype(dtype)
    if dtype.kind == "f" and not numpy.isfinite(converted).all():
        refuse(
            "%s: data: expected finite numbers within the range of the datatype %s"
            % (what, datatype)
        )
    return converted


def array_of_bytes(
    data: memoryview, datatype: str, shape: Sequence[int], what: str
) -> numpy.ndarray:
    """The array of raw bytes in row-major order: a read-only view, or a copy where alignment asks
    for one. Raises ProtocolError where the number of bytes is not that of the shape."""
    dtype = dtype_of(datatype)
    wanted = int(numpy.prod(shape, dtype=object)) * dtype.itemsize
    if len(data) != wanted:
        refuse(
            "%s: binary_data_size: expected %d bytes for the shape %s of %s, found %d"
            % (what, wanted, list(shape), datatype, len(data))
        )
    if dtype.kind == "b":
        flags = numpy.frombuffer(data, numpy.uint8)
        if flags.size and flags.max() > 1:
            refuse(
                "%s: expected the bytes 0 and 1 for the datatype BOOL, found %d"
                % (what, flags.max())
            )
    array = numpy.frombuffer(data, dtype).reshape(shape)
    return array if array.flags.aligned else array.copy()

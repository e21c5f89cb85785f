"""Turns the arrays that users pass into numpy arrays that a run can read or write in place."""
from typing import Any

import numpy

from mace._records import TensorSpec

# Models of TensorFlow that declare these get int32 or int64, so that arrays of them are taken where
# every number fits.
_WIDENED = ("int16", "uint16", "uint32", "uint64")
# Integers that numpy does not have: the type of the arrays that hold them, and their range. Arrays of
# the package ml_dtypes are taken, too.
_BELOW_BYTE = {
    "int4": ("int8", -8, 7),
    "uint4": ("uint8", 0, 15),
    "int2": ("int8", -2, 1),
    "uint2": ("uint8", 0, 3),
}
# Values without an element type, for which numpy chooses one.
_UNTYPED = (list, tuple, int, float)
# By the kind of the wanted numpy type: the kinds that are converted to it. A bool never is.
_CONVERTED = {"f": "fiu", "i": "iu", "u": "iu", "b": ""}


def bytes_view(value: Any, what: str) -> memoryview:
    """The bytes of an object with the buffer protocol, without a copy."""
    try:
        view = memoryview(value)
    except TypeError:
        raise TypeError("%s: expected bytes, found %s" % (what, type(value).__name__)) from None
    if not view.c_contiguous:
        raise TypeError("%s: expected contiguous bytes, found memory with gaps" % what)
    return view


def as_array(value: Any, what: str) -> numpy.ndarray:
    """`value` as a numpy array, which shares the value's memory if the value allows it."""
    if isinstance(value, numpy.ndarray):
        return value
    by_dlpack = hasattr(value, "__dlpack__")
    if by_dlpack and not hasattr(value, "__array_interface__") and not hasattr(value, "__array__"):
        try:
            return numpy.from_dlpack(value)
        except (BufferError, RuntimeError, TypeError, ValueError) as error:
            raise TypeError("%s: its memory cannot be read by DLPack: %s" % (what, error)) from error
    return numpy.asarray(value)


def dense(array: numpy.ndarray, dtype: Any = None) -> numpy.ndarray:
    """The array row-major, without gaps and in this machine's byte order; copied only if needed."""
    wanted = numpy.dtype(dtype or array.dtype).newbyteorder("=")
    if array.dtype == wanted and array.flags.c_contiguous:
        return array
    # A double may be too large for float32. The caller finds the infinity; numpy need not warn.
    with numpy.errstate(over="ignore"):
        return numpy.asarray(array, dtype=wanted, order="C")


def held_dtype(dtype: str) -> numpy.dtype:
    """The numpy type of the arrays with the elements of a `TensorSpec.dtype`."""
    return numpy.dtype(_BELOW_BYTE[dtype][0] if dtype in _BELOW_BYTE else dtype)


def input_array(value: Any, spec: TensorSpec) -> numpy.ndarray:
    """The array for an input, converted by the rules of `CompiledModel.run`.

    Raises TypeError for an element type that the input does not take, and ValueError for a number
    that the input's type cannot hold.
    """
    what = "input '%s'" % spec.name
    array = as_array(value, what)
    if array.dtype.name == spec.dtype and spec.dtype in _BELOW_BYTE:
        return numpy.ascontiguousarray(array).reshape(array.shape)
    wanted = held_dtype(spec.dtype)
    # The engine takes float32 for every floating-point input, so nothing is rounded here.
    if wanted.kind == "f" and array.dtype.newbyteorder("=") == numpy.float32:
        wanted = numpy.dtype(numpy.float32)
    if spec.dtype in _BELOW_BYTE and array.size > 0:
        _, low, high = _BELOW_BYTE[spec.dtype]
        if array.dtype.kind in "iu" and (array.min() < low or array.max() > high):
            raise ValueError("%s: has values that %s cannot hold" % (what, spec.dtype))
    if numpy.can_cast(array.dtype, wanted, "safe"):
        return dense(array, wanted)
    is_untyped = isinstance(value, _UNTYPED) and not isinstance(value, numpy.generic)
    is_widened = array.dtype.name in _WIDENED and spec.dtype not in _WIDENED
    message = "%s: expected %s, found %s" % (what, spec.dtype, array.dtype)
    if array.dtype.kind not in _CONVERTED[wanted.kind]:
        raise TypeError(message)
    if not is_untyped and not is_widened:
        raise TypeError(message + ": convert it with astype(\"%s\"), which may change numbers" % spec.dtype)
    return _converted(array, wanted, what)


def _converted(array: numpy.ndarray, wanted: numpy.dtype, what: str) -> numpy.ndarray:
    """The array in a narrower type. Floats are rounded; ValueError if a number does not fit."""
    found = dense(array, wanted)
    if array.dtype.kind == "f":
        fits = numpy.count_nonzero(numpy.isinf(array)) == numpy.count_nonzero(numpy.isinf(found))
    else:
        fits = numpy.array_equal(array, found)
    if not fits:
        raise ValueError("%s: has values that %s cannot hold" % (what, wanted))
    return found


def output_array(value: Any, spec: TensorSpec) -> numpy.ndarray:
    """The caller's array for an output, into whose memory a run writes.

    Raises TypeError for another element type than the output's and for an object that shares no
    memory, and ValueError for read-only memory.
    """
    what = "output '%s'" % spec.name
    array = as_array(value, what)
    # Two arrays made from an object share memory only if they are views of the object's memory.
    if not isinstance(value, numpy.ndarray) and not numpy.may_share_memory(array, as_array(value, what)):
        if array.size > 0:
            raise TypeError("%s: expected an array whose memory can be written, found %s"
                            % (what, type(value).__name__))
    if array.dtype.name != spec.dtype:
        raise TypeError("%s: expected %s, found %s" % (what, spec.dtype, array.dtype))
    if not array.flags.writeable:
        raise ValueError("%s: expected an array that may be written, found a read-only one" % what)
    return array


def is_written_in_place(array: numpy.ndarray) -> bool:
    """Whether a run can write directly into the array, without a copy afterwards."""
    return array.flags.c_contiguous and array.flags.aligned and array.dtype.isnative

"""Plain models with one field changed: any number, text or part of any message, one at a time.

The fields are found by reflection, so that each is attacked in each format: extents, counts, offsets, axes,
paddings, element types, versions, names of tensors and operators.
"""
import hashlib

import mace_models
import onnx_models
import onnx_structures
import tensorflow_models
from case import run_case

NUMBERS = (0, 1, 2, 3, -1, -2, 255, 999, 65536, 2**31 - 1, -2**31, 2**32, 2**40, 2**62 + 1, 2**63 - 1, -2**63)
TEXTS = ("", "x", "y", "a" * 5000, "../up", "/tmp/hostile", "a\nb", "\x1b[2Jtitle", "%s%n", "y:1", "^x", "\u202ename")
REALS = (0.0, -1.0, 1e38, -1e-38, float("inf"), float("nan"))


def choose(values, key, count):
    """`count` of the values, the same for the same key."""
    start = int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big")
    step = 5  # Shares no factor with the numbers of values above, so that all are met.
    return [values[(start + i * step) % len(values)] for i in range(min(count, len(values)))]


def places(message, path=""):
    """(path, descriptor, holder, index) of every field that is set; index None where it is single."""
    for field, value in message.ListFields():
        here = path + "." + field.name
        if field.label != field.LABEL_REPEATED:
            yield here, field, message, None
            if field.type == field.TYPE_MESSAGE:
                yield from places(value, here)
        elif field.message_type is not None and field.message_type.GetOptions().map_entry:
            for key in sorted(value):
                yield from places(value[key], "%s[%s]" % (here, key))
        else:
            for i in range(min(len(value), 4)):
                yield "%s[%d]" % (here, i), field, message, i
                if field.type == field.TYPE_MESSAGE:
                    yield from places(value[i], "%s[%d]" % (here, i))


def values_for(field, key, count):
    if field.type in (field.TYPE_STRING, field.TYPE_BYTES):
        texts = choose(TEXTS, key, count)
        return [text.encode() for text in texts] if field.type == field.TYPE_BYTES else texts
    if field.type in (field.TYPE_FLOAT, field.TYPE_DOUBLE):
        return choose(REALS, key, count)
    if field.type == field.TYPE_BOOL:
        return [True, False]
    if field.type == field.TYPE_MESSAGE:
        return [None]
    return choose(NUMBERS, key, count)


def change(holder, field, index, value):
    """False where the message's own type does not take the value."""
    try:
        if value is None:  # A message: taken out.
            if index is None:
                holder.ClearField(field.name)
            else:
                del getattr(holder, field.name)[index]
        elif index is None:
            setattr(holder, field.name, value)
        else:
            getattr(holder, field.name)[index] = value
        return True
    except (ValueError, TypeError):
        return False


def changed_models(message, name, count):
    """Copies of the message, each with one change."""
    paths = [place[0] for place in places(message)]
    for number, path in enumerate(paths):
        _, field, _, _ = list(places(message))[number]
        for value in values_for(field, name + path, count):
            copy = type(message)()
            copy.CopyFrom(message)
            _, field, holder, index = list(places(copy))[number]
            if change(holder, field, index, value):
                yield "%s=%r" % (path, value if not isinstance(value, (str, bytes)) else value[:20]), copy


def cases(count):
    """`count` values for each field of each plain model."""
    modules = (("onnx", onnx_models), ("onnx", onnx_structures), ("tensorflow", tensorflow_models),
               ("mace", mace_models))
    for file_format, module in modules:
        for name, model in module.plain():
            message, data = model if isinstance(model, tuple) else (model, None)
            for text, copy in changed_models(message, name, count):
                yield run_case("field %s %s%s" % (file_format, name, ascii(text)),
                               copy if data is None else (copy, data), megabytes=700, seconds=20)

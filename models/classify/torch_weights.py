"""Reads the weights of a file that torch.save wrote before torch 1.6, without torch.

Such a file is a row of pickles: a number that marks the format, its version, facts of the machine,
the dict of tensors, the list of storages; the raw elements of each storage follow. Unpickling may
call any function in general. This reader allows the few names that a dict of tensors needs.
"""

import collections
import pickle

import numpy as np

MAGIC = 0x1950A86A20F9469CFC6C
VERSION = 1001
ELEMENTS = {"FloatStorage": "<f4", "LongStorage": "<i8"}


class Storage:
    """Elements that tensors are cut from; they are read after the pickles."""

    def __init__(self, element, size):
        self.element, self.size = element, size


class StridedTensor:
    """The part of a storage that a tensor shows."""

    def __init__(self, storage, offset, shape, strides, *_):
        self.storage, self.offset, self.shape, self.strides = storage, offset, shape, strides

    def to_array(self, elements):
        """A copy as an array; ValueError for what lies outside of the storage's elements."""
        last = self.offset + sum(
            (extent - 1) * step for extent, step in zip(self.shape, self.strides)
        )
        if 0 in self.shape:
            return np.zeros(self.shape, elements.dtype)
        if self.offset < 0 or min(self.strides, default=0) < 0 or last >= len(elements):
            raise ValueError("a tensor lies outside of its storage")
        strides = [step * elements.itemsize for step in self.strides]
        return np.lib.stride_tricks.as_strided(elements[self.offset :], self.shape, strides).copy()


class Unpickler(pickle.Unpickler):
    """Knows dicts, tensors and storages; any other name is an error."""

    def __init__(self, file):
        super().__init__(file)
        self.storages = {}

    def find_class(self, module, name):
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return StridedTensor
        if module == "torch" and name in ELEMENTS:
            return ELEMENTS[name]
        raise pickle.UnpicklingError("expected a dict of tensors, found %s.%s" % (module, name))

    def persistent_load(self, pid):
        _, element, key, _, size, _ = pid
        return self.storages.setdefault(key, Storage(element, size))


def read_elements(file, storage):
    """The elements of the next storage of the file."""
    count = int.from_bytes(file.read(8), "little")
    if count != storage.size:
        raise ValueError("expected a storage of %d elements, found %d" % (storage.size, count))
    elements = np.frombuffer(file.read(count * np.dtype(storage.element).itemsize), storage.element)
    if len(elements) != count:
        raise ValueError("the file ends within a storage")
    return elements


def read_weights(path):
    """The arrays of the file by name. ValueError says what was expected and found."""
    with open(path, "rb") as file:
        try:
            head = [Unpickler(file).load() for _ in range(2)]
            if head != [MAGIC, VERSION]:
                raise ValueError("expected a file of torch.save before 1.6, found other numbers")
            Unpickler(file).load()  # Facts of the machine that wrote it.
            reader = Unpickler(file)
            tensors = reader.load()
            elements = {
                key: read_elements(file, reader.storages[key]) for key in Unpickler(file).load()
            }
        except (pickle.UnpicklingError, EOFError, KeyError, TypeError) as error:
            raise ValueError("%s: expected weights of torch, found: %s" % (path, error)) from None
    arrays = {id(storage): elements[key] for key, storage in reader.storages.items()}
    return {name: tensor.to_array(arrays[id(tensor.storage)]) for name, tensor in tensors.items()}

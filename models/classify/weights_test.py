#!/usr/bin/python3
"""Tests the reader of torch's weights with files that the test writes, and the network's layers."""

import collections
import os
import pickle
import struct
import sys
import tempfile
import types
import unittest

import numpy as np

FOLDER = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.dirname(FOLDER), FOLDER]

import efficientnet_lite
import reference
import torch_weights


def pretend_torch():
    """Modules with the names that torch's pickles hold, so that pickle can write them."""
    torch, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")
    rebuild = lambda *arguments: arguments
    rebuild.__module__ = "torch._utils"
    rebuild.__qualname__ = rebuild.__name__ = "_rebuild_tensor_v2"
    utils._rebuild_tensor_v2 = rebuild
    torch.FloatStorage = type("FloatStorage", (), {"__module__": "torch"})
    sys.modules.update({"torch": torch, "torch._utils": utils})
    return torch, rebuild


TORCH, REBUILD = pretend_torch()
Stored = collections.namedtuple("Stored", "elements offset shape strides")


class Tensor:
    """A Stored under the key of its storage."""

    def __init__(self, key, stored):
        self.key, self.stored = key, stored


class StorageOf:
    """The storage of a Tensor, of which a pickle holds the key alone."""

    def __init__(self, tensor):
        self.tensor = tensor


class Pickler(pickle.Pickler):
    """Writes a Tensor as torch does."""

    def persistent_id(self, obj):
        if not isinstance(obj, StorageOf):
            return None
        return (
            "storage",
            TORCH.FloatStorage,
            obj.tensor.key,
            "cpu",
            len(obj.tensor.stored.elements),
            None,
        )

    def reducer_override(self, obj):
        if not isinstance(obj, Tensor):
            return NotImplemented
        stored = obj.stored
        return REBUILD, (
            StorageOf(obj),
            stored.offset,
            stored.shape,
            stored.strides,
            False,
            collections.OrderedDict(),
        )


def write(path, tensors, cut=0):
    """A file of the Stored tensors by name, without its last `cut` bytes."""
    keyed = {name: Tensor("key of " + name, stored) for name, stored in tensors.items()}
    with open(path, "w+b") as file:
        for head in (torch_weights.MAGIC, torch_weights.VERSION, {"little_endian": True}):
            pickle.dump(head, file, protocol=2)
        Pickler(file, protocol=2).dump(collections.OrderedDict(keyed))
        pickle.dump([tensor.key for tensor in keyed.values()], file, protocol=2)
        for tensor in keyed.values():
            elements = np.asarray(tensor.stored.elements, "<f4")
            file.write(struct.pack("<q", len(elements)) + elements.tobytes())
        file.truncate(file.tell() - cut)


class TorchWeightsTest(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.addCleanup(self.scratch.cleanup)
        self.path = os.path.join(self.scratch.name, "weights.pth")

    def test_offsets_and_strides(self):
        write(
            self.path,
            {
                "plain": Stored(range(6), 0, (2, 3), (3, 1)),
                "transposed": Stored(range(10), 2, (3, 2), (1, 3)),
                "scalar": Stored([7], 0, (), ()),
            },
        )
        weights = torch_weights.read_weights(self.path)
        np.testing.assert_array_equal(weights["plain"], [[0, 1, 2], [3, 4, 5]])
        np.testing.assert_array_equal(weights["transposed"], [[2, 5], [3, 6], [4, 7]])
        self.assertEqual(weights["scalar"], 7)

    def test_outside_of_the_storage(self):
        for offset, shape, strides in ((1, (2, 3), (3, 1)), (-1, (2,), (1,)), (5, (2,), (-1,))):
            write(self.path, {"x": Stored(range(6), offset, shape, strides)})
            with self.assertRaisesRegex(ValueError, "outside of its storage"):
                torch_weights.read_weights(self.path)

    def test_cut_file(self):
        write(self.path, {"x": Stored(range(6), 0, (6,), (1,))}, cut=4)
        with self.assertRaisesRegex(ValueError, "ends within a storage"):
            torch_weights.read_weights(self.path)

    def test_other_functions_are_not_called(self):
        with open(self.path, "wb") as file:
            for head in (torch_weights.MAGIC, torch_weights.VERSION, {}):
                pickle.dump(head, file, protocol=2)
            file.write(b"cos\nsystem\n(S'touch " + os.fsencode(self.path) + b".called'\ntR.")
        with self.assertRaisesRegex(ValueError, "found (os|posix).system"):
            torch_weights.read_weights(self.path)
        self.assertFalse(os.path.exists(self.path + ".called"))

    def test_no_such_format(self):
        for content in (b"", b"PK\x03\x04 a newer file", b"\x80\x02K\x01.\x80\x02K\x02."):
            with open(self.path, "wb") as file:
                file.write(content)
            with self.assertRaisesRegex(ValueError, "expected"):
                torch_weights.read_weights(self.path)


def seeded_weights():
    """Weights of EfficientNet-Lite0's names and shapes."""
    random, weights = np.random.default_rng(3), {}

    def conv(name, norm, outputs, inputs, window):
        scale = np.sqrt(2 / (inputs * window * window))
        weights[name + ".weight"] = random.normal(0, scale, (outputs, inputs, window, window))
        for part, low, high in (
            ("weight", 0.9, 1.1),
            ("bias", -0.1, 0.1),
            ("running_mean", -0.1, 0.1),
            ("running_var", 0.9, 1.1),
        ):
            weights["%s.%s" % (norm, part)] = random.uniform(low, high, outputs)

    conv("_conv_stem", "_bn0", 32, 3, 3)
    channels, number = 32, 0
    for outputs, (blocks, window, _) in zip(
        (16, 24, 40, 80, 112, 192, 320), efficientnet_lite.STAGES
    ):
        for _ in range(blocks):
            name, inner = "_blocks.%d." % number, channels * (6 if number else 1)
            if number:
                conv(name + "_expand_conv", name + "_bn0", inner, channels, 1)
            conv(name + "_depthwise_conv", name + "_bn1", inner, 1, window)
            conv(name + "_project_conv", name + "_bn2", outputs, inner, 1)
            channels, number = outputs, number + 1
    conv("_conv_head", "_bn1", 1280, 320, 1)
    weights["_fc.weight"], weights["_fc.bias"] = random.normal(
        0, 0.03, (1000, 1280)
    ), random.normal(0, 0.1, 1000)
    return weights


class NetworkTest(unittest.TestCase):
    def test_shapes(self):
        net = efficientnet_lite.efficientnet_lite0(seeded_weights())
        shapes = {node.name: node.shape for node in net.nodes}
        self.assertEqual(shapes["_blocks.15._project_conv"], (1, 7, 7, 320))
        self.assertEqual(net.output.shape, (1, 1000))
        # Blocks that keep shape and stride add their input: all but the first of each stage.
        self.assertEqual(sum(node.kind == "add" for node in net.nodes), 9)

    def test_probabilities(self):
        net = efficientnet_lite.efficientnet_lite0(seeded_weights())
        picture = np.random.default_rng(4).uniform(-1, 1, net.input.shape)
        probabilities = reference.run(net, picture)
        self.assertAlmostEqual(float(probabilities.sum()), 1, places=5)
        self.assertGreater(probabilities.max(), 0.001)

    def test_other_weights_are_refused(self):
        weights = seeded_weights()
        weights["_blocks.3._depthwise_conv.weight"] = np.zeros((144, 1, 3, 3))
        with self.assertRaisesRegex(ValueError, "_blocks.3: expected a window of 5, found 3"):
            efficientnet_lite.efficientnet_lite0(weights)


if __name__ == "__main__":
    unittest.main()

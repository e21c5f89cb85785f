"""Any number of rows through batches of a few sizes: no device, no Ray."""

import threading
import types
import unittest

import numpy

from mace._row_batches import RowBatches, batch_sizes, pieces


class Tripling:
    """A compiled model of Python: x of float32 [1, 2] -> y = 3 x; a row of NaN fails."""

    inputs = [types.SimpleNamespace(name="x", shape=(1, 2), dtype="float32")]

    def __init__(self):
        self.sizes = []
        self.lock = threading.Lock()

    def run(self, inputs):
        with self.lock:
            self.sizes.append(len(inputs["x"]))
        if numpy.isnan(inputs["x"]).any():
            raise ValueError("a row of NaN")
        return {"y": inputs["x"] * 3}


class RowBatchesTest(unittest.TestCase):
    def test_sizes(self):
        self.assertEqual(batch_sizes([4, 1, 4]), (1, 4))
        for bad in ([], [0], [1, -1]):
            with self.assertRaisesRegex(ValueError, "batch_sizes: expected"):
                batch_sizes(bad)
        self.assertEqual(pieces(11, (1, 4)), [(0, 4, 4), (4, 8, 4), (8, 11, 4)])
        self.assertEqual(pieces(1, (1, 4)), [(0, 1, 1)])

    def test_rows(self):
        model = Tripling()
        batches = RowBatches(model, (1, 4))
        batches.prepare()
        self.assertEqual(model.sizes, [1, 4])
        for rows in (1, 2, 3, 4, 5, 8, 9):
            del model.sizes[:]
            x = numpy.arange(rows * 2, dtype=numpy.float32).reshape(rows, 2)
            numpy.testing.assert_array_equal(batches.run({"x": x})["y"], x * 3)
            self.assertLessEqual(set(model.sizes), {1, 4})
        with self.assertRaisesRegex(ValueError, "expected one number of rows"):
            batches.run({"x": numpy.zeros((0, 2), numpy.float32)})

    def test_requests_together(self):
        model = Tripling()
        batches = RowBatches(model, (1, 8))
        requests = [{"x": numpy.full((rows, 2), rows, numpy.float32)} for rows in (1, 3, 2)]
        for request, result in zip(requests, batches.run_together(requests)):
            numpy.testing.assert_array_equal(result["y"], request["x"] * 3)
        self.assertEqual(model.sizes, [8])
        # A request that fails spoils no other.
        requests.insert(1, {"x": numpy.full((1, 2), numpy.nan, numpy.float32)})
        results = batches.run_together(requests)
        self.assertIsInstance(results[1], ValueError)
        for index in (0, 2, 3):
            numpy.testing.assert_array_equal(results[index]["y"], requests[index]["x"] * 3)

    def test_outputs_without_rows(self):
        model = Tripling()
        model.run = lambda inputs: {"y": inputs["x"].sum(axis=0)}
        with self.assertRaisesRegex(ValueError, "output 'y': expected 4 rows"):
            RowBatches(model, (4,)).prepare()


if __name__ == "__main__":
    unittest.main()

"""Batch inference over Ray Data, and the directory of cache files."""

import os
import signal
import time
import unittest

import numpy
import ray
import ray.data

import mace
import mace.ray
from cluster_case import DIGITS, ClusterCase, held_back
from mace._row_batches import RowBatches

BATCH = 16


def rows(count, blocks):
    """A dataset of `count` pictures with their numbers, which lies in the object store."""
    pictures = held_back("inputs")

    def add_pictures(batch):
        return {"id": batch["id"], "picture": pictures[batch["id"] % len(pictures)]}

    return ray.data.range(count, override_num_blocks=blocks).map_batches(add_pictures).materialize()


class SlowPredictor(mace.ray.BatchPredictor):
    """Takes long enough for a worker to be killed meanwhile."""

    def __call__(self, batch):
        time.sleep(0.05)
        return super().__call__(batch)


class BatchTest(ClusterCase):
    """Ray Data."""

    def expected(self, count):
        """The outputs of one process, with the same batch size."""
        with mace.Engine(DIGITS, cache=os.path.join(self.folder, "alone.bin")) as engine:
            return RowBatches(engine, (BATCH,)).run({"input": held_back("inputs")})["output"][
                numpy.arange(count) % 360
            ]

    def test_1_the_answers_of_one_process(self):
        count = 1000
        table = mace.ray.map_batches(
            rows(count, 16),
            DIGITS,
            workers=2,
            batch_size=BATCH,
            kept=["id"],
            columns={"input": "picture"},
            results={"output": "scores"},
        ).to_pandas()
        table = table.sort_values("id")
        self.assertEqual(table["id"].tolist(), list(range(count)))
        self.assertEqual(sorted(table.columns), ["id", "scores"])
        scores = numpy.stack(table["scores"].to_list())
        numpy.testing.assert_array_equal(scores, self.expected(count))
        numpy.testing.assert_allclose(scores[:360], held_back("expected"), atol=1e-5)
        self.assertEqual((scores[:360].argmax(axis=1) == held_back("labels")).sum(), 357)
        starts = mace.ray.worker_starts()
        self.assertEqual([start.source for start in starts], ["compiled", "fetched"])
        self.assertEqual(len({start.node_id for start in starts}), 2)
        self.expect_one_cold(starts)

    def test_2_a_killed_worker_loses_no_row(self):
        before, count = len(mace.ray.worker_starts()), 1600
        reference = ray.put(mace.ray.EngineSpec.read(DIGITS, batch_sizes=(BATCH,)))
        dataset = rows(count, 50).map_batches(
            SlowPredictor,
            batch_size=BATCH,
            batch_format="numpy",
            num_cpus=1,
            compute=ray.data.ActorPoolStrategy(size=2),
            fn_constructor_kwargs={
                "spec": {"reference": reference},
                "columns": {"input": "picture"},
                "kept": ["id"],
            },
        )
        found, killed = {}, None
        for batch in dataset.iter_batches(batch_size=BATCH, prefetch_batches=0):
            found.update(zip(batch["id"].tolist(), batch["output"]))
            if killed is None and len(self.starts_after(before)) == 2 and len(found) >= 100:
                killed = self.starts_after(before)[0]
                os.kill(killed.process, signal.SIGKILL)
                killed_at = len(found)
        self.assertIsNotNone(killed, "no worker was killed")
        self.assertLess(killed_at, count // 2)
        self.assertEqual(sorted(found), list(range(count)))
        numpy.testing.assert_array_equal(
            numpy.stack([found[row] for row in range(count)]), self.expected(count)
        )
        starts = self.starts_after(before)
        self.assertEqual(
            [(start.source, start.compiled) for start in starts], [("host", 0)] * 3, starts
        )
        self.assertEqual(starts[2].node_id, killed.node_id)
        print(
            "killed after %d of %d rows; the worker that replaced it started in %.2f s"
            % (killed_at, count, starts[2].seconds)
        )

    def test_3_refusals(self):
        dataset = rows(4, 1)
        with self.assertRaises(OSError):
            mace.ray.map_batches(dataset, DIGITS + ".none")
        with self.assertRaisesRegex(ValueError, "batch_sizes: expected"):
            mace.ray.map_batches(dataset, DIGITS, batch_size=0)
        with self.assertRaisesRegex(ValueError, "cache is decided by mace.ray"):
            mace.ray.map_batches(dataset, DIGITS, options={"cache": "file.bin"})
        with self.assertRaisesRegex(Exception, "expected the column 'input', found"):
            mace.ray.map_batches(dataset, DIGITS, batch_size=BATCH).materialize()


class LeaseTest(ClusterCase):
    """The directory of cache files, where a worker dies while it compiles."""

    def test_the_next_worker_compiles(self):
        directory = (
            ray.remote(mace.ray.CacheDirectory).options(num_cpus=0).remote(lease_seconds=1.0)
        )

        def obtain(worker):
            return directory.obtain.remote("key", worker)

        self.assertEqual(ray.get(obtain("first")), ("lease", 1.0))
        second = obtain("second")
        self.assertEqual(ray.wait([second], timeout=0.5)[0], [], "two workers have the lease")
        self.assertEqual(ray.get(second, timeout=5), ("lease", 1.0))  # The first renewed nothing.
        third = obtain("third")
        for _ in range(6):
            ray.get(directory.renew.remote("key", "second"))
            self.assertEqual(ray.wait([third], timeout=0.4)[0], [], "a renewed lease has ended")
        ray.get(directory.release.remote("key", "second"))
        self.assertEqual(ray.get(third, timeout=0.5), ("lease", 1.0))
        self.assertTrue(ray.get(directory.lacks.remote("key")))
        ray.get(directory.publish.remote("key", "third", b"bytes"))
        kind, reference = ray.get(obtain("fourth"))
        self.assertEqual((kind, ray.get(reference)), ("content", b"bytes"))
        self.assertFalse(ray.get(directory.lacks.remote("key")))


if __name__ == "__main__":
    unittest.main()

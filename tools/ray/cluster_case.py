"""What the tests of mace.ray share: a cluster for a class of tests, and the digits.

The engine's own counts say what was compiled: `WorkerStart.compiled`.
"""

import os
import shutil
import tempfile
import time
import unittest

import numpy

import mace.ray
from local_cluster import LocalCluster

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DIGITS = os.path.join(ROOT, "models", "digits", "digits.pb")
HELD_BACK = os.path.join(ROOT, "models", "digits", "heldback")


def held_back(name):
    """A file of the digits that were not trained with: 360 rows."""
    return numpy.load(os.path.join(HELD_BACK, name + ".npy"))


def wait_until(condition, seconds, what):
    """Waits for a condition; an error that says what was waited for after `seconds`."""
    ends = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > ends:
            raise AssertionError("%s: not within %d s" % (what, seconds))
        time.sleep(0.1)


class ClusterCase(unittest.TestCase):
    """A cluster for all tests of a class."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(dir=os.environ.get("MACE_RAY_TEST_FOLDER"))
        cls.cluster = LocalCluster(cls.folder)
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)
        cls.enterClassContext(cls.cluster)

    def starts_after(self, count):
        """The starts of workers, but for the first `count`."""
        return mace.ray.worker_starts()[count:]

    def expect_one_cold(self, starts):
        """The first compiled, each later one compiled nothing."""
        self.assertEqual([start.source for start in starts][0], "compiled", starts)
        self.assertGreater(starts[0].compiled, 0)
        self.assertEqual([start.compiled for start in starts[1:]], [0] * (len(starts) - 1), starts)
        for start in starts:
            print(
                "%s: %s, compiled %d, %.2f s, cache %d bytes"
                % (
                    start.node_id[:6],
                    start.source,
                    start.compiled,
                    start.seconds,
                    start.cache_bytes,
                )
            )

#!/usr/bin/python3
"""Tests of benchmarks/builds with stand-ins for two builds of `mace`, whose starts and runs take what they are told."""
import json
import os
import subprocess
import sys
import tempfile
import unittest

FOLDER = os.path.dirname(os.path.abspath(__file__))

# A model file holds the milliseconds that a build's run says it took, by the name of the build. A stand-in's first
# start with a cache file says that it compiled a program.
STAND_IN = """#!%s
import json, os, sys, time
begin = time.monotonic() * 1e3
words = sys.argv[1:]
with open(words[1]) as file:
    took = json.load(file)[os.path.basename(sys.argv[0])]
if took is None:
    print("no such op", file=sys.stderr)
    sys.exit(3)
cache = words[words.index("--cache") + 1]
is_warm = os.path.exists(cache)
open(cache, "w").close()
end = time.monotonic() * 1e3 + (0 if is_warm else 1000)
print(json.dumps({
    "start_parts": [{"name": "process", "begin_ms": begin, "end_ms": begin},
                    {"name": "first run", "begin_ms": begin, "end_ms": end}],
    "init_ms": 1, "cache": {"written_ms": None, "built_from_source": 0 if is_warm else 1, "loaded_bytes": 0},
    "device": "a device", "driver": "1", "peak_rss_bytes": 1,
    "latency_ms": {"min": took, "p50": 2 * took}}))
""" % sys.executable


class BuildsTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(dir=os.environ.get("TEST_TMPDIR"))
        self.addCleanup(self.folder.cleanup)
        for name in ("old", "new"):
            self.write(name, STAND_IN)
            os.chmod(self.path(name), 0o755)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def run_builds(self, *words):
        return subprocess.run([sys.executable, os.path.join(FOLDER, "builds"), self.path("old"), self.path("new"), *words,
                               "--json", self.path("out.json")],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)

    def report(self):
        with open(self.path("out.json"), encoding="utf-8") as file:
            return json.load(file)

    def test_ratios_of_latencies_and_starts(self):
        self.write("a.onnx", json.dumps({"old": 4, "new": 3}))
        self.write("b.onnx", json.dumps({"old": 1, "new": 3}))
        done = self.run_builds(self.path("a.onnx"), self.path("b.onnx"), "--warm", "3", "--cold", "2", "--latency", "2")
        self.assertEqual(done.returncode, 0, done.stderr)
        report = self.report()
        self.assertEqual(report["models"]["a"]["least"]["ratio"], 0.75)
        self.assertEqual(report["models"]["a"]["least"]["interval"], [0.75, 0.75])
        self.assertEqual(report["models"]["a"]["median"]["old_ms"], 8)
        self.assertEqual(report["models"]["a"]["warm"]["rounds"], 3)
        self.assertGreater(report["models"]["b"]["cold"]["new_ms"], 1000)
        self.assertLess(report["models"]["b"]["warm"]["new_ms"], 1000)
        self.assertAlmostEqual(report["geometric_means"]["least"], 1.5)

    def test_a_network_that_fails_is_named_and_the_rest_goes_on(self):
        self.write("manifest.json", json.dumps([
            {"name": "refused", "model": ["a.onnx"], "sets": [{"inputs": {}}]},
            {"name": "good", "model": ["b.onnx"], "args": ["--inputs", "x"], "sets": [{"inputs": {"x": {"file": "x.npy"}}}]},
            {"name": "other", "model": ["c.onnx"], "sets": [{"inputs": {}}]}]))
        self.write("a.onnx", json.dumps({"old": 1, "new": None}))
        self.write("b.onnx", json.dumps({"old": 1, "new": 1}))
        done = self.run_builds(self.folder.name, "--only", "^(refused|good)$", "--latency", "1")
        self.assertEqual(done.returncode, 1)
        self.assertIn("refused is left out", done.stderr)
        self.assertIn("no such op", done.stderr)
        self.assertEqual(list(self.report()["models"]), ["good"])

    def test_something_must_be_measured(self):
        self.write("a.onnx", json.dumps({"old": 1, "new": 1}))
        done = self.run_builds(self.path("a.onnx"))
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("expected at least one of", done.stderr)


if __name__ == "__main__":
    unittest.main()

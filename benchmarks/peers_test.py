#!/usr/bin/python3
"""Tests of benchmarks/peers without an engine: a stand-in for `mace`, and a worker that infers nothing."""
import json
import math
import os
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

import numpy as np

import peer_report
from peer_processes import FOLDER, Failed, Worker
from peer_worker import relative_error

# `mace run` and `profile`: gives the input back, times WRONG.
STAND_IN = """#!/usr/bin/python3
import json, os, shutil, sys
words = sys.argv[1:]
value = lambda name: words[words.index(name) + 1]
if value("--precision") == "tf32":
    sys.exit("mace: --precision: not this one")
latency = {"min": 2.0, "p50": 3.0, "n": int(value("--iterations"))}
report = {"device": "a device", "driver": "1.0", "memory": "auto", "latency_ms": latency, "first_output_ms": 50.0,
          "launches_per_run": 7, "peak_device_bytes": 1000000, "peak_rss_bytes": 90000000, "ops": {"cpu": 0},
          "cache": {"status": "cold", "built_from_source": 1}, "outputs": [{"file": None}], "replay_ms": latency}
if "--output-dir" in words:
    import numpy as np
    os.makedirs(value("--output-dir"), exist_ok=True)
    report["outputs"][0]["file"] = os.path.join(value("--output-dir"), "output.npy")
    np.save(report["outputs"][0]["file"], np.load(value("--input").split("=", 1)[1]) * WRONG)
print(json.dumps(report))
"""


def entry(engine, milliseconds, ours=False, **more):
    return {"engine": engine, "ours": ours, "precision": "fp32", "version": "1", "right": True, "max_error": 1e-7,
            "host_ms": {"min": milliseconds, "median": 2 * milliseconds}, "device_ms": None, "peak_rss_bytes": 5e7,
            "asked_device": "gpu", "device": "a device", "driver": "1.0", "cold_first_output_ms": 900.0,
            "cold_status": "cold", "warm_first_output_ms": 50.0, "launches_per_run": 7, "ops_on_cpu": 0,
            "peak_device_bytes": 1000000, **more}


def report_of(models):
    return {"date": "2001-02-03", "commit": "0123456789abcdef", "changed_since_commit": False, "processor": "some",
            "threads": 2, "rounds": 1, "seconds": 0.1, "tuning": "none", "load_before": 0.0, "models": models,
            "failures": {}, "bare_peak_rss_bytes": {"python and numpy": 3.7e7, "a bare OpenCL context": None}}


class RelativeError(unittest.TestCase):
    def test_is_a_share_of_the_range(self):
        self.assertAlmostEqual(relative_error([0, 5.5, 10], [0, 5, 10]), 0.05)

    def test_shapes_may_differ_where_counts_agree(self):
        self.assertEqual(relative_error(np.ones((1, 4)), np.ones(4)), 0)
        self.assertEqual(relative_error(np.ones(3), np.ones(4)), math.inf)

    def test_what_is_no_number_is_wrong(self):
        self.assertEqual(relative_error([math.nan, 1], [0, 1]), math.inf)


class Tables(unittest.TestCase):
    def setUp(self):
        self.models = {"first": [entry("fast", 2.0), entry("slow", 4.0), entry("mace", 4.0, ours=True)],
                       "second": [entry("slow", 8.0), entry("mace", 4.0, ours=True)]}

    def test_ratios_are_to_the_best_peer_of_each_model(self):
        models = peer_report.chosen(report_of(self.models), "fp32", "host_ms")
        found = peer_report.ratios(models, "mace on gpu", "host_ms")
        self.assertEqual(found, {"first": 2.0, "second": 0.5})
        self.assertAlmostEqual(peer_report.geometric_mean(found.values()), 1.0)

    def test_name_the_best_and_what_is_missing(self):
        text = peer_report.tables(report_of(self.models))
        self.assertIn("| first | **2.000** (4.000) | 4.000 (8.000) | 4.000 (8.000) | 2.00 |", text)
        self.assertIn("| second | – | 8.000 (16.000) | **4.000** (8.000) | 0.50 |", text)
        self.assertIn("**1.00**, worst 2.00", text)
        self.assertNotIn("device only", text)

    def test_say_what_is_wrong(self):
        self.models["first"][2]["right"] = False
        self.assertIn("4.000 (8.000) WRONG", peer_report.tables(report_of(self.models)))
        self.assertIn("WRONG", peer_report.draw(report_of(self.models)))

    def test_picture_is_whole_and_loads_nothing(self):
        self.models["first"][0]["engine"] = "a < b & c"
        self.models["first"][1]["device_ms"] = {"min": 1.0, "median": 1.0}
        text = peer_report.draw(report_of(self.models))
        root = xml.etree.ElementTree.fromstring(text)
        self.assertTrue(root.tag.endswith("svg"))
        self.assertNotIn("href", text)


class Workers(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.stem = os.path.join(self.folder.name, "model")
        np.save(self.stem + ".input.npy", np.arange(4.0))
        np.save(self.stem + ".output.npy", np.arange(4.0))
        self.worker = Worker([sys.executable, os.path.join(FOLDER, "peer_engines.py"), "numpy", "1"], "numpy")

    def tearDown(self):
        self.worker.close()
        self.folder.cleanup()

    def test_measures_what_it_loaded(self):
        contender, = self.worker.load(self.stem)
        self.assertEqual(contender.entry["engine"], "numpy")
        self.assertEqual(contender.entry["max_error"], 0)
        found = contender.measure(0.01, False)
        self.assertGreaterEqual(found["host"]["n"], 5)
        self.assertLessEqual(found["host"]["min"], found["host"]["median"])
        self.assertIsNone(found["device"])
        self.assertGreater(found["peak_rss_bytes"], 1e6)

    def test_an_error_is_told_and_the_worker_lives_on(self):
        with self.assertRaisesRegex(Failed, "none.input.npy"):
            self.worker.load(os.path.join(self.folder.name, "none"))
        self.assertEqual(len(self.worker.load(self.stem)), 1)

    def test_one_that_died_is_told(self):
        self.worker.load(self.stem)
        self.worker.process.kill()
        self.worker.process.wait()
        with self.assertRaises(Failed):
            self.worker.load(self.stem)


class WholeRuns(unittest.TestCase):
    def run_peers(self, factor, *more):
        with tempfile.TemporaryDirectory() as folder:
            mace = os.path.join(folder, "mace")
            with open(mace, "w", encoding="utf-8") as file:
                file.write(STAND_IN.replace("WRONG", str(factor)))
            os.chmod(mace, 0o755)
            for suffix in (".input.npy", ".output.npy"):
                np.save(os.path.join(folder, "model" + suffix), np.arange(4.0))
            with open(os.path.join(folder, "model.onnx"), "w", encoding="utf-8"):
                pass
            done = subprocess.run([sys.executable, os.path.join(FOLDER, "peers"), "--mace", mace, "--name", "test",
                                   "--results", folder, "--seconds", "0.01", *more, folder], stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True, check=False)
            path = os.path.join(folder, "peers-test.json")
            if not os.path.exists(path):
                return done, None
            with open(path, encoding="utf-8") as file:
                return done, json.load(file)

    def test_right_answers_are_code_zero(self):
        done, report = self.run_peers(1)
        self.assertEqual(done.returncode, 0, done.stderr)
        found, = report["models"]["model"]
        self.assertEqual(found["host_ms"], {"min": 2.0, "median": 3.0})
        self.assertEqual((found["max_error"], found["right"], found["launches_per_run"]), (0, True, 7))
        self.assertIn("| model | **2.000** (3.000) |", done.stdout)

    def test_wrong_answers_are_code_one(self):
        done, report = self.run_peers(1.01)
        self.assertEqual(done.returncode, 1)
        self.assertFalse(report["models"]["model"][0]["right"])
        self.assertIn("WRONG", done.stdout)

    def test_what_does_not_run_is_told(self):
        done, report = self.run_peers(1, "--precision", "fp32,tf32")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(report["failures"]["model"][0]["error"], "mace: --precision: not this one")
        done, report = self.run_peers(1, "--precision", "tf32")
        self.assertEqual(done.returncode, 1)

    def test_bad_use(self):
        self.assertEqual(self.run_peers(1, "--precision", "fp8")[0].returncode, 2)
        self.assertIn("no such file", self.run_peers(1, "--models", "other")[0].stderr)


if __name__ == "__main__":
    unittest.main()

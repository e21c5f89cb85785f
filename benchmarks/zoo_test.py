#!/usr/bin/python3
"""Tests of benchmarks/zoo without an engine: stand-ins for `mace`, ONNX Runtime and OpenVINO that follow a plan.

A model file of these tests is JSON: for each engine what it does (right, wrong, refuse, crash, hang) and its
milliseconds. A network gives 2 x.
"""
import json
import math
import os
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

import numpy as np

import zoo_cases
import zoo_check
import zoo_engines
import zoo_losses
import zoo_report
from peer_processes import FOLDER

PLAN = """
import json, os, signal, sys, time

class Plan:
    def __init__(self, path, engine):
        with open(path) as file:
            self.does, self.ms = json.load(file).get(engine, ["right", 1])
        if self.does == "refuse":
            raise RuntimeError("cannot | read this")
        if self.does == "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        if self.does == "hang":
            time.sleep(1000)

    def answer(self, x):
        time.sleep(self.ms / 1e3)
        return 2 * x * (1.1 if self.does == "wrong" else 1)
"""
ONNXRUNTIME = """
from plan import Plan
__version__ = "1.0"

class SessionOptions:
    pass

class Port:
    name = "y"

class InferenceSession:
    def __init__(self, path, options, providers):
        assert options.intra_op_num_threads == 2
        self.plan = Plan(path, "onnxruntime")

    def get_outputs(self):
        return [Port]

    def run(self, names, inputs):
        return [self.plan.answer(inputs["x"])]
"""
OPENVINO = """
import os
from plan import Plan
__version__ = "2.0-more"

class Shape:
    is_dynamic = False

class Port:
    partial_shape = Shape()

    def __init__(self, name):
        self.name = name

    def get_names(self):
        return {self.name + ":0"}

class Core:
    def read_model(self, path):
        self.plan = Plan(path, "openvino")
        self.inputs, self.outputs = [Port("x")], [Port("y")]
        return self

    def compile_model(self, model, device, options):
        if "CACHE_DIR" in options:
            os.makedirs(options["CACHE_DIR"], exist_ok=True)
        return self

    def create_infer_request(self):
        return self

    def infer(self, places):
        return {0: self.plan.answer(places[0])}
"""
MACE = """#!/usr/bin/python3
import json, os, sys
sys.path.insert(0, os.path.dirname(__file__))
from plan import Plan
verb, model, words = sys.argv[1], sys.argv[2], sys.argv[3:]
value = lambda name: words[words.index(name) + 1]
try:
    plan = Plan(model, "mace")
except RuntimeError as error:
    print(error, file=sys.stderr)
    sys.exit(3)
if verb == "inspect":
    report = {"inputs": [{"name": "x", "shape": [-1, 4], "dtype": "float32"}]}
else:
    assert not os.listdir(os.environ["POCL_CACHE_DIR"])
    latency = {"min": plan.ms, "p50": 2 * plan.ms, "n": int(value("--iterations"))}
    warm = os.path.exists(value("--cache"))
    open(value("--cache"), "w").close()
    report = {"device": "a device", "driver": "1.0", "memory": "auto", "latency_ms": latency, "first_output_ms": 50.0,
              "init_ms": 20.0 if warm else 200.0, "launches_per_run": 1, "peak_rss_bytes": 1, "ops": {"cpu": 3},
              "start_parts": [{"name": "first run", "begin_ms": 1.0, "end_ms": 2.0}],
              "cache": {"status": "warm" if warm else "cold", "built_from_source": 0,
                        "written_ms": None if warm else 10.0}, "ops_ms": plan.ms / 2,
              "types": [{"type": "Conv2D", "ms": plan.ms / 4, "share": 0.5, "ops": 2, "launches": 2}], "outputs": []}
if "--output-dir" in words:
    import numpy as np
    os.makedirs(value("--output-dir"), exist_ok=True)
    path = os.path.join(value("--output-dir"), "y.npy")
    np.save(path, plan.answer(np.load(value("--input").split("=", 1)[1])))
    report["outputs"] = [{"name": "y", "file": path}]
print(json.dumps(report))
"""
FAKES = {"plan.py": PLAN, "onnxruntime.py": ONNXRUNTIME, "openvino.py": OPENVINO, "mace": MACE}


def entry(engine, ms, ours=False, **more):
    return {"engine": engine, "ours": ours, "precision": "fp32", "version": "1", "right": True, "wrong": None,
            "host_ms": {"min": ms, "median": 2 * ms}, "cold_start_ms": 30.0, "warm_start_ms": None, "ops_on_cpu": 0, **more}


def row(network, ratio, **more):
    entries = [entry("onnxruntime", 1.0), entry("mace", ratio or 1.0, ours=True, warm_start_ms=20.0)]
    return {"network": network, "precision": "fp32", "entries": entries, "failures": [], "ratio": ratio,
            "median_ratio": ratio, "loss_ms": ratio and ratio - 1, "reason": None if ratio else "a reason",
            "profile": None, "checked_against": "the expected outputs", **more}


def report_of(rows):
    return {"date": "2001-02-03", "commit": "0123456789abcdef", "changed_since_commit": False, "processor": "some",
            "device": "a device", "driver": "1.0", "threads": 2, "rounds": 2, "seconds": 1.2, "tuning": "none",
            "load_before": 0.0, "rows": rows}


class Checks(unittest.TestCase):
    def test_differences(self):
        inf, nan = math.inf, math.nan
        for found, expected, error in (([1.5], [1.0], 0.5), ([1.0, 2.0], [1.0], inf), ([nan], [1.0], inf),
                                       ([nan, inf], [nan, inf], 0.0), ([-inf], [inf], inf), ([1.0], [nan], inf)):
            self.assertEqual(zoo_check.difference(np.array(found), np.array(expected)), error)
        self.assertEqual(zoo_check.difference(np.array(["a"]), np.array(["a"])), inf)
        self.assertEqual(zoo_check.difference(np.zeros((0, 4)), np.zeros((0, 4))), 0.0)

    def test_tolerances(self):
        values = np.array([-10.0, 5.0, math.nan])
        self.assertEqual(zoo_check.allowed(values, 0.25, "fp32"), 0.25)
        self.assertEqual(zoo_check.allowed(values, 0.1, "fp16"), 0.2)
        self.assertEqual(zoo_check.allowed(values, 0.5, "fp16"), 0.5)
        self.assertAlmostEqual(zoo_check.allowed(values, None, "fp32"), 0.01)

    def test_cosines(self):
        case = {"max_abs_err": None, "min_cosine": 0.99}
        self.assertIsNone(zoo_check.why_wrong(np.array([2.0, 0.1]), np.array([1.0, 0.0]), case, "fp32")[0])
        self.assertEqual(zoo_check.why_wrong(np.array([1.0, 1.0]), np.array([1.0, 0.0]), case, "fp32")[0],
                         "cosine 0.7071, expected at least 0.99")
        self.assertRegex(zoo_check.why_wrong(np.array(["a"]), np.array(["a"]), case, "fp32")[0], "no number")
        self.assertEqual(zoo_cases.limits({"max_abs_err": "quantized: cosine >= 0.99."})["min_cosine"], 0.99)

    def test_names_of_outputs(self):
        self.assertEqual(zoo_check.pairs([("y", "1"), ("z", "2")], {"z:0": "3", "y": "4"}),
                         [("z:0", "2", "3"), ("y", "1", "4")])
        self.assertEqual(zoo_check.pairs([("other", "1")], {"y": "2"}), [("y", "1", "2")])
        self.assertEqual(zoo_check.pairs([("z", "1"), ("a", "2")], {"y": "3", "z": "4"}),
                         [("y", None, "3"), ("z", "1", "4")])


class Errors(unittest.TestCase):
    def test_places_in_sources_are_left_out(self):
        text = "Exception from src/cpp/core.cpp:84:\nCheck 'false' failed at src/report.hpp:151:\nNo rule for\n\nTrees\n"
        self.assertEqual(zoo_engines.without_places(text), "No rule for Trees")
        self.assertEqual(zoo_engines.without_places("one.cpp:1"), "one.cpp:1")


class Cases(unittest.TestCase):
    def test_drawn_numbers_are_those_of_the_command(self):
        # The first outputs of the Mersenne Twister with seed 1 are 1791095845 and 4282876139.
        found = zoo_cases.draw([2], "float32", 1)
        self.assertEqual(found.tolist(), [(1791095845 >> 8) / 2**23 - 1, (4282876139 >> 8) / 2**23 - 1])
        self.assertEqual(zoo_cases.draw([2], "int64", 1).tolist(), [0, 0])

    def test_open_extents(self):
        self.assertEqual(zoo_cases.concrete("x", [-1, 3]), [1, 3])
        with self.assertRaisesRegex(zoo_cases.NoCase, r"input x: .*found \[-1, -1\]"):
            zoo_cases.concrete("x", [-1, -1])

    def test_model_files(self):
        with tempfile.TemporaryDirectory() as folder:
            os.makedirs(os.path.join(folder, "saved"))
            for name in ("b.pb", "b.data", "a.tflite", "c.pb", "saved/saved_model.pb", "note.txt"):
                with open(os.path.join(folder, name), "w", encoding="utf-8"):
                    pass
            found = [(case["name"], case["format"], bool(case["data"])) for case in zoo_cases.cases_of(folder)]
        self.assertEqual(found, [("a", "tflite", False), ("b", "mace", True), ("c", "tf", False), ("saved", "tf", False)])


class Reports(unittest.TestCase):
    def setUp(self):
        profile = {"latency_ms": 4.0, "ops_ms": 3.0, "types": [{"type": "Conv2D", "ms": 2.0, "ops": 1},
                                                               {"type": "MatMul", "ms": 1.0, "ops": 1}]}
        self.rows = [row("small", 1.5, profile=profile), row("refused | so", None), row("fast", 0.5), row("slow", 3.0)]

    def test_losses(self):
        found = {one["type"]: one for one in zoo_losses.losses(self.rows)}
        self.assertEqual(set(found), {"Conv2D", "MatMul", zoo_losses.OUTSIDE, zoo_losses.NOT_PROFILED})
        self.assertAlmostEqual(found["Conv2D"]["ms"], 0.25)
        self.assertAlmostEqual(found["Conv2D"]["share"], 0.1)
        self.assertAlmostEqual(found["Conv2D"]["log_share"], 0.5 * math.log(1.5) / math.log(4.5))
        self.assertEqual(found[zoo_losses.NOT_PROFILED]["networks"], ["slow"])
        self.assertAlmostEqual(sum(one["share"] for one in found.values()), 1)

    def test_ops_that_take_longer_than_the_run(self):
        found = zoo_losses.shares({"latency_ms": 1.0, "ops_ms": 4.0, "types": [{"type": "Conv2D", "ms": 4.0}]})
        self.assertEqual(found, {"Conv2D": 1.0})

    def test_tables(self):
        text = zoo_report.tables(report_of(self.rows))
        self.assertIn("Geometric mean **1.310** of 3 networks; 2 above 1.3, 1 above 1.6, 1 above 2.5; worst 3.00 (slow); "
                      "1 without a ratio.", text)
        names = [line.split(" | ")[0] for line in text.splitlines() if line.startswith("| ") and "÷" not in line]
        self.assertEqual(names[:4], ["| slow", "| small", "| fast", "| refused | so".split(" | ")[0]])
        self.assertIn("| 3.000 (6.000) | 3.00 | 3.00 | 30 / 30 | 20 / 30 | 0 |", text)
        self.assertIn("| Conv2D | 0.250 | 10.0 % |", text)

    def test_a_page_has_the_summary_without_each_network(self):
        parts = zoo_report.sections(report_of(self.rows))
        self.assertEqual(parts[0], "### fp32, 4 networks")
        self.assertIn("| Conv2D |", parts[-1])
        self.assertNotIn("refused", "".join(parts))

    def test_picture(self):
        text = zoo_report.draw(report_of(self.rows + [row("a < b", 100.0)]))
        self.assertTrue(xml.etree.ElementTree.fromstring(text).tag.endswith("svg"))
        self.assertLess(text.index(">a &lt; b<"), text.index(">slow<"))
        self.assertLess(text.index(">slow<"), text.index(">fast<"))
        self.assertNotIn("refused", text)
        zoo_report.draw(report_of([row("refused", None)]))

    def test_wrong_peers_do_not_count(self):
        wrong = {**self.rows[0], "entries": [entry("onnxruntime", 1.0, right=False, wrong="output y: error"),
                                             entry("mace", 2.0, ours=True)]}
        self.assertIn("1.000 (2.000) WRONG", zoo_report.tables(report_of([wrong])))
        self.assertIn("ONNX Runtime: output y: error", zoo_report.tables(report_of([wrong])))


class WholeRuns(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.folder = self.temporary.name
        self.path = os.path.join(self.folder, "fakes")
        os.makedirs(self.path)
        for name, text in FAKES.items():
            with open(os.path.join(self.path, name), "w", encoding="utf-8") as file:
                file.write(text)
        os.chmod(os.path.join(self.path, "mace"), 0o755)
        np.save(os.path.join(self.folder, "x.npy"), np.arange(4, dtype=np.float32))
        np.save(os.path.join(self.folder, "y.npy"), 2 * np.arange(4, dtype=np.float32))

    def tearDown(self):
        self.temporary.cleanup()

    def write(self, networks, manifest=True):
        models = os.path.join(self.folder, "models")
        os.makedirs(models)
        for name, plan in networks.items():
            with open(os.path.join(models, name + ".onnx"), "w", encoding="utf-8") as file:
                json.dump(plan, file)
        entries = [{"name": name, "format": "onnx", "model": [name + ".onnx"], "max_abs_err": 1e-3, "args": [],
                    "sets": [{"inputs": {"x": {"file": "../x.npy"}}, "outputs": {"y": {"file": "../y.npy"}}}]}
                   for name in networks]
        if manifest:
            with open(os.path.join(models, "manifest.json"), "w", encoding="utf-8") as file:
                json.dump(entries, file)
        return models

    def run_zoo(self, models, *more):
        out = os.path.join(self.folder, "out")
        done = subprocess.run(
            [sys.executable, os.path.join(FOLDER, "zoo"), models, "--mace", os.path.join(self.path, "mace"), "--seconds",
             "0.02", "--json", out + ".json", "--markdown", out + ".md", "--picture", out + ".svg", *more],
            env=dict(os.environ, PYTHONPATH=self.path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            check=False)
        if not os.path.exists(out + ".json"):
            return done, None
        with open(out + ".json", encoding="utf-8") as file:
            report = json.load(file)
        with open(out + ".md", encoding="utf-8") as file:
            report["markdown"] = file.read()
        return done, report

    def test_a_failure_is_a_row(self):
        models = self.write({"good": {"mace": ["right", 30], "openvino": ["right", 4]},
                             "refused": {"mace": ["refuse", 1]}, "ended": {"mace": ["crash", 1]},
                             "wrong": {"mace": ["wrong", 1], "openvino": ["wrong", 1]},
                             "last": {"mace": ["right", 0.1], "onnxruntime": ["crash", 1], "openvino": ["refuse", 1]}})
        done, report = self.run_zoo(models)
        self.assertEqual(done.returncode, 1, done.stderr)
        rows = {one["network"]: one for one in report["rows"]}
        self.assertEqual(list(rows), ["good", "refused", "ended", "wrong", "last"])
        good = rows["good"]
        self.assertEqual((good["reason"], good["best_peer"], good["failures"]), (None, "onnxruntime", []))
        self.assertGreater(good["ratio"], 1)
        self.assertEqual(good["profile"]["types"], [{"type": "Conv2D", "ms": 7.5, "ops": 2}])
        ours = next(one for one in good["entries"] if one["ours"])
        self.assertEqual((ours["cold_start_ms"], ours["warm_start_ms"], ours["right"]), (211.0, 21.0, True))
        self.assertEqual(rows["refused"]["reason"], "cannot | read this")
        self.assertIn("signal 11", rows["ended"]["reason"])
        self.assertRegex(rows["wrong"]["reason"], "mace: output y: error 0.6, allowed 0.001")
        self.assertEqual(rows["last"]["reason"], "no peer ran with right outputs")
        errors = {one["engine"]: one["error"] for one in rows["last"]["failures"]}
        self.assertIn("signal 11", errors["onnxruntime"])
        self.assertEqual(errors["openvino"], "RuntimeError: cannot | read this")
        self.assertIn("cannot \\| read this", report["markdown"])
        self.assertIn("| Conv2D |", report["markdown"])

    def test_a_process_that_hangs_is_ended(self):
        # Everything hangs, because a process that is just slow on a busy machine may not fail this test.
        plan = {engine: ["hang", 1] for engine in ("mace", "onnxruntime", "openvino")}
        done, report = self.run_zoo(self.write({"first": plan, "second": plan}), "--timeout", "0.5")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual([one["reason"] for one in report["rows"]], ["no answer in 0.5 s"] * 2)
        self.assertEqual([[one["engine"] for one in one_row["failures"]] for one_row in report["rows"]],
                         [["onnxruntime", "openvino", "mace gpu fp32"]] * 2)

    def test_a_folder_of_models(self):
        models = self.write({"alike": {}, "unlike": {"openvino": ["wrong", 1]}, "left out": {}}, manifest=False)
        done, report = self.run_zoo(models, "--only", "like", "--rounds", "1")
        self.assertEqual(done.returncode, 0, done.stderr)
        alike, unlike = report["rows"]
        self.assertEqual((alike["checked_against"], alike["reason"]), ("onnxruntime", None))
        self.assertEqual([one["right"] for one in alike["entries"]], [True, True, True])
        self.assertEqual([one["right"] for one in unlike["entries"]], [True, False, True])
        self.assertEqual(unlike["best_peer"], "onnxruntime")

    def test_bad_use(self):
        models = self.write({"one": {}})
        for more in (["--engines", "other"], ["--precision", "fp8"], ["--only", "("], ["--only", "nothing"],
                     ["--seconds", "0"]):
            done, report = self.run_zoo(models, *more)
            self.assertEqual((done.returncode, report), (2, None), more)
        with open(os.path.join(models, "manifest.json"), "w", encoding="utf-8") as file:
            file.write("{}x")
        self.assertIn("manifest.json: expected a list", self.run_zoo(models)[0].stderr)


if __name__ == "__main__":
    unittest.main()

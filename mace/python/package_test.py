"""The package itself: signatures, documentation, types, devices, and the log."""
import ast
import inspect
import os
import subprocess
import sys
import tempfile
import threading
import unittest

import mace
import mace.cache
from mace import _mace
from mace._recently_used import RecentlyUsed

DIGITS = "models/digits/"


class SurfaceTest(unittest.TestCase):
    def test_help_shows_options_and_defaults(self):
        for function in (mace.Engine, mace.Engine.from_bytes):
            parameters = inspect.signature(function).parameters
            self.assertEqual(parameters["device"].default, "gpu")
            self.assertEqual(parameters["cache"].default, None)
            self.assertEqual(parameters["cache_size_limit"].default, 256 << 20)
            self.assertEqual(parameters["input_shapes"].default, None)
            self.assertFalse(any(p.kind == p.VAR_KEYWORD for p in parameters.values()))
        both = set(inspect.signature(mace.Model.load).parameters) | set(inspect.signature(mace.CompiledModel).parameters)
        self.assertEqual(set(inspect.signature(mace.Engine).parameters) | {"path"}, both)

    def test_defaults_are_those_of_cpp(self):
        core = _mace.CompileOptions()
        given = inspect.signature(mace.CompiledModel).parameters
        for name, value in (("device", core.device), ("memory", core.storage.name), ("precision", core.precision.name),
                            ("tuning", core.tuning.name), ("environment", core.environment.name),
                            ("allow_fallback", core.allow_cpu_fallback), ("split_batch", core.split_batch),
                            ("separate_launches", core.separate_launches), ("kept_plans", core.limits.kept_plans),
                            ("kept_plan_bytes", core.limits.kept_plan_bytes),
                            ("host_memory_limit", core.limits.host_bytes),
                            ("device_memory_limit", core.limits.device_bytes),
                            ("cache_size_limit", core.cache.size_limit), ("cache_read_only", core.cache.read_only),
                            ("cache_public_key", core.cache.public_key),
                            ("cache_min_generation", core.cache.min_generation),
                            ("cache_allow_shared", core.cache.allow_shared),
                            ("cache_save_after_first_run", core.cache.save_after_first_run)):
            self.assertEqual(given[name].default, value, name)

    def test_all_is_documented(self):
        for name in mace.__all__:
            thing = getattr(mace, name)
            if name == "__version__":
                self.assertRegex(thing, r"^\d+\.\d+\.\d+$")
                continue
            self.assertTrue(inspect.getdoc(thing), name)
            for member, value in vars(thing).items() if inspect.isclass(thing) else ():
                if not member.startswith("_") and (callable(value) or isinstance(value, property)):
                    self.assertTrue(inspect.getdoc(value), name + "." + member)

    def test_stub_names_what_the_extension_has(self):
        folder = os.path.dirname(mace.__file__)
        self.assertTrue(os.path.exists(os.path.join(folder, "py.typed")))
        with open(os.path.join(folder, "_mace.pyi"), encoding="utf-8") as file:
            stub = ast.parse(file.read())

        def names(body):
            found = set()
            for node in body:
                if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
                    found.add(node.name)
                elif isinstance(node, ast.AnnAssign):
                    found.add(node.target.id)
                elif isinstance(node, ast.Assign):
                    found.add(node.targets[0].id)
            return found

        def public(thing):
            return {name for name in vars(thing) if not name.startswith("_")}

        self.assertEqual(names(stub.body), public(_mace))
        for node in stub.body:
            if isinstance(node, ast.ClassDef) and node.name != "Error":
                found = public(getattr(_mace, node.name)) - {"name", "value"}
                self.assertEqual(names(node.body) - {"name", "value"}, found, node.name)

    def test_records_say_what_cpp_says(self):
        for name in ("TensorSpec", "Device", "SaveReport", "CpuNode", "CacheStatistics", "TuningStatistics",
                     "Statistics", "RunStatistics"):
            fields = set(getattr(mace, name).__dataclass_fields__)
            self.assertEqual(fields, {field for field in vars(getattr(_mace, name)) if not field.startswith("_")})

    def test_devices(self):
        devices = mace.list_devices()
        self.assertTrue(devices)
        for device in devices:
            self.assertIn(device.type, ("gpu", "cpu", "accelerator"))
            self.assertTrue(device.name)
            self.assertGreater(device.memory_bytes, 0)
            self.assertEqual(device["driver"], device.driver)
            self.assertEqual(device.images, device.max_image_width > 0)
        self.assertEqual(sum(device.is_default for device in devices), 1)
        with self.assertRaisesRegex(ValueError, "environment: expected one of"):
            mace.list_devices(environment="always")

    def test_an_exit_with_everything_at_work(self):
        program = ("import mace, numpy, threading\n"
                   "mace.set_log_level('debug')\n"
                   "mace.set_log_sink(lambda level, line: None)\n"
                   "engine = mace.Engine('%sdigits.pb')\n"
                   "image = numpy.zeros((1, 8, 8, 1), numpy.float32)\n"
                   "requests = [engine.new_request() for _ in range(3)]\n"
                   "for request in requests:\n"
                   "    request.set_input(0, image)\n"
                   "    request.start()\n"
                   "futures = [engine.run_async({'input': image}) for _ in range(20)]\n"
                   "answered = threading.Event()\n"
                   "def work():\n"
                   "    while True:\n"
                   "        engine.run({'input': image})\n"
                   "        answered.set()\n"
                   "for _ in range(3):\n"
                   "    threading.Thread(target=work, daemon=True).start()\n"
                   "answered.wait()\n"
                   "print('end')\n" % DIGITS)
        ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
        self.assertEqual((ended.returncode, ended.stdout, ended.stderr), (0, "end\n", ""))


class LogTest(unittest.TestCase):
    def tearDown(self):
        mace.set_log_sink(None)
        mace.set_log_level("warning")

    def warn(self):
        """A warning of the engine: a cache file that is none."""
        with tempfile.NamedTemporaryFile(dir=os.environ.get("TEST_TMPDIR")) as file:
            file.write(b"no cache file")
            file.flush()
            mace.Engine(DIGITS + "digits.pb", cache=file.name, cache_read_only=True).close()

    def test_a_sink(self):
        lines = []
        mace.set_log_sink(lambda level, line: lines.append((level, line, threading.get_ident())))
        self.warn()
        self.assertIn("warning", [level for level, _, _ in lines])
        self.assertTrue(all(line.startswith("mace: ") and "\n" not in line for _, line, _ in lines), lines)
        del lines[:]
        mace.set_log_level("error")
        self.warn()
        self.assertEqual(lines, [])

    def test_a_sink_that_raises(self):
        caught = []
        hook, sys.unraisablehook = sys.unraisablehook, lambda raised: caught.append(str(raised.exc_value))
        try:
            def sink(level, line):
                raise LookupError("no such log")
            mace.set_log_sink(sink)
            self.warn()
        finally:
            sys.unraisablehook = hook
        self.assertIn("no such log", caught)

    def test_refusals(self):
        with self.assertRaisesRegex(TypeError, "sink: expected a function or None, found int"):
            mace.set_log_sink(3)
        with self.assertRaisesRegex(ValueError, "level: expected one of error, warning, info, debug, found 'loud'"):
            mace.set_log_level("loud")


class RecentlyUsedTest(unittest.TestCase):
    def test_the_one_longest_unused_goes(self):
        entries = RecentlyUsed(2)
        entries.put("a", 1)
        entries.put("b", 2)
        self.assertEqual(entries.get("a"), 1)
        entries.put("c", 3)
        self.assertEqual((entries.get("a"), entries.get("b"), entries.get("c"), len(entries)), (1, None, 3, 2))


if __name__ == "__main__":
    unittest.main()

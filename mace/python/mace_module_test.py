"""mace.Engine, mace.compare and mace.cache on the digits model."""
import gc
import os
import sys
import tempfile
import threading
import unittest

import numpy

import mace
import mace.cache

DIGITS = "models/digits/"


def images(count):
    return numpy.load(DIGITS + "heldback/inputs.npy")[:count]


def expected(count):
    return numpy.load(DIGITS + "heldback/expected.npy")[:count]


class EngineTest(unittest.TestCase):
    def test_answers_as_the_model_that_was_trained(self):
        for model in ("digits.pb", "digits_frozen.pb"):
            for device in ("cpu", "gpu"):
                engine = mace.Engine(DIGITS + model, device=device)
                for image, answer in zip(images(3), expected(3)):
                    outputs = engine.run({"input": image[None]})
                    numpy.testing.assert_allclose(outputs["output"][0], answer, atol=1e-4)

    def test_specs_and_stats(self):
        engine = mace.Engine(DIGITS + "digits.pb", device="cpu")
        self.assertEqual(engine.inputs[0]["name"], "input")
        self.assertEqual(engine.inputs[0]["shape"], (1,) + images(1).shape[1:])
        self.assertEqual(engine.inputs[0]["dtype"], "float32")
        self.assertEqual(engine.outputs[0]["name"], "output")
        self.assertEqual(engine.stats["device"], "cpu reference")
        self.assertEqual(engine.stats["cache"]["status"], "off")
        self.assertEqual(engine.stats, engine.statistics)
        with self.assertRaises(KeyError):
            engine.stats["speed"]
        self.assertEqual(engine.note, "")

    def test_another_batch_makes_another_plan(self):
        engine = mace.Engine(DIGITS + "digits.pb", device="cpu")
        outputs = engine.run({"input": images(5)})["output"]
        numpy.testing.assert_allclose(outputs.reshape(5, -1), expected(5).reshape(5, -1), atol=1e-4)

    def test_outputs_outlive_engine_and_next_run(self):
        engine = mace.Engine(DIGITS + "digits.pb", device="cpu")
        first = engine.run({"input": images(2)[:1]})["output"]
        copy = first.copy()
        engine.run({"input": images(2)[1:]})
        del engine
        gc.collect()
        numpy.testing.assert_array_equal(first, copy)

    def test_from_bytes(self):
        with open(DIGITS + "digits.pb", "rb") as model, open(DIGITS + "digits.data", "rb") as data:
            engine = mace.Engine.from_bytes(model.read(), data.read(), device="cpu")
        numpy.testing.assert_allclose(
            engine.run({"input": images(1)})["output"][0], expected(1)[0], atol=1e-4)

    def test_threads_share_an_engine(self):
        engine = mace.Engine(DIGITS + "digits.pb", device="cpu")
        results = [None] * 4

        def work(i):
            for _ in range(5):
                results[i] = engine.run({"input": images(4)[i:i + 1]})["output"][0]

        threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        numpy.testing.assert_allclose(numpy.array(results), expected(4), atol=1e-4)

    def test_a_closed_engine_refuses(self):
        with mace.Engine(DIGITS + "digits.pb", device="cpu") as engine:
            first = engine.run({"input": images(1)})["output"]
        engine.close()  # A second time: nothing.
        for ask in (lambda: engine.run({"input": images(1)}), lambda: engine.stats, lambda: engine.note,
                    engine.finish_cache):
            with self.assertRaises(mace.Error) as caught:
                ask()
            self.assertEqual(caught.exception.code, "failed_precondition")
        self.assertEqual(engine.inputs[0]["name"], "input")
        numpy.testing.assert_allclose(first[0], expected(1)[0], atol=1e-4)

    def test_close_waits_for_a_run_without_the_lock(self):
        engine = mace.Engine(DIGITS + "digits.pb", device="cpu")
        outcomes = []

        def work():
            for _ in range(50):
                try:
                    engine.run({"input": images(1)})
                except mace.Error as caught:
                    outcomes.append(caught.code)

        thread = threading.Thread(target=work)
        thread.start()
        engine.close()
        thread.join()
        self.assertTrue(set(outcomes) <= {"failed_precondition"}, outcomes)

    def test_inputs_are_let_go_after_a_run(self):
        for device in ("cpu", "gpu"):
            engine = mace.Engine(DIGITS + "digits.pb", device=device)
            image = numpy.ascontiguousarray(images(1))
            before = sys.getrefcount(image)
            engine.run({"input": image})
            self.assertEqual(sys.getrefcount(image), before)

    def test_stats_are_read_while_another_thread_plans(self):
        engine = mace.Engine(DIGITS + "digits.pb", device="cpu")
        thread = threading.Thread(target=lambda: [engine.run({"input": images(n)}) for n in range(1, 6)])
        thread.start()
        while thread.is_alive():
            self.assertEqual(engine.stats["device"], "cpu reference")
            self.assertEqual(engine.note, "")
        thread.join()

    def test_a_forked_child_is_refused_and_the_parent_works_on(self):
        engine = mace.Engine(DIGITS + "digits.pb")
        wanted = engine.run({"input": images(1)})["output"]
        child = os.fork()
        if child == 0:
            codes = set()
            for ask in (lambda: engine.run({"input": images(1)}), lambda: mace.Engine(DIGITS + "digits.pb"),
                        mace.list_devices):
                try:
                    ask()
                except mace.Error as caught:
                    codes.add(caught.code)
            os._exit(0 if codes == {"failed_precondition"} else 1)
        self.assertEqual(os.waitpid(child, 0)[1], 0)
        numpy.testing.assert_array_equal(engine.run({"input": images(1)})["output"], wanted)

    def test_failures(self):
        with self.assertRaises(mace.Error) as caught:
            mace.Engine("no-such-model.pb")
        self.assertEqual(caught.exception.code, "not_found")
        self.assertIn("no-such-model.pb", str(caught.exception))
        with self.assertRaisesRegex(TypeError, "unexpected keyword argument 'speed'"):
            mace.Engine(DIGITS + "digits.pb", speed="high")
        with self.assertRaisesRegex(ValueError, "memory: expected one of auto, image, buffer, found 'paper'"):
            mace.Engine(DIGITS + "digits.pb", memory="paper")
        with self.assertRaisesRegex(ValueError, "kept_plans: expected 0 to .*, found -1"):
            mace.Engine(DIGITS + "digits.pb", kept_plans=-1)
        with self.assertRaisesRegex(TypeError, "kept_plans: expected a whole number, found '4'"):
            mace.Engine(DIGITS + "digits.pb", kept_plans="4")
        with self.assertRaisesRegex(TypeError, "outputs: expected a list of names, found 'output'"):
            mace.Engine(DIGITS + "digits.pb", outputs="output")
        with self.assertRaisesRegex(TypeError, "input_shapes: expected shapes by name"):
            mace.Engine(DIGITS + "digits.pb", input_shapes=[1, 8, 8, 1])
        with self.assertRaisesRegex(TypeError, "path: expected a path, found int"):
            mace.Engine(3)
        engine = mace.Engine(DIGITS + "digits.pb", device="cpu")
        with self.assertRaisesRegex(KeyError, "input 'input' is missing"):
            engine.run({})
        with self.assertRaisesRegex(KeyError, "no input 'other'"):
            engine.run({"input": images(1), "other": images(1)})
        with self.assertRaises(mace.Error) as caught:
            engine.run({"input": numpy.zeros((1, 2), numpy.float32)})
        self.assertEqual(caught.exception.code, "invalid_argument")


class CompareTest(unittest.TestCase):
    def test_engines_and_arrays(self):
        gpu = mace.Engine(DIGITS + "digits.pb")
        cpu = mace.Engine(DIGITS + "digits.pb", device="cpu")
        inputs = {"input": images(1)}
        difference = mace.compare(gpu, cpu, inputs)["output"]
        self.assertTrue(difference["passed"], difference)
        self.assertGreater(difference["cosine"], 0.9999)
        wrong = {"output": numpy.zeros_like(cpu.run(inputs)["output"])}
        self.assertFalse(mace.compare(cpu, wrong, inputs)["output"].passed)
        other_shape = {"output": numpy.zeros((2, 5), numpy.float64)}
        self.assertFalse(mace.compare(cpu, other_shape, inputs)["output"].same_shape)
        with self.assertRaisesRegex(TypeError, "output 'output': expected float32, found complex128"):
            mace.compare(cpu, {"output": numpy.zeros((1, 10), complex)}, inputs)
        with self.assertRaisesRegex(KeyError, "the reference has no output 'output'"):
            mace.compare(cpu, {"else": wrong["output"]}, inputs)

    def test_no_output_is_skipped(self):
        both = mace.Engine(DIGITS + "digits_frozen.pb", device="cpu", outputs=["output", "conv_2/Relu"])
        inputs = {"input": images(1)}
        found = both.run(inputs)
        self.assertEqual(set(mace.compare(both, found, inputs)), set(found))
        name = sorted(found)[0]
        with self.assertRaisesRegex(KeyError, "the reference has no output"):
            mace.compare(both, {name: found[name]}, inputs)


class CacheTest(unittest.TestCase):
    def test_build_info_and_a_warm_start(self):
        with tempfile.TemporaryDirectory(dir=os.environ.get("TEST_TMPDIR")) as folder:
            path = os.path.join(folder, "programs.bin")
            stats = mace.cache.build([DIGITS + "digits.pb"], path)
            self.assertEqual(stats[0]["cache"]["built_from_source"], 1)
            mace.cache.verify(path)
            info = mace.cache.info(path)
            self.assertEqual(len(info["programs"]), 1)
            self.assertEqual(info["version"], "1.0")
            with mace.Engine(DIGITS + "digits.pb", cache=path, cache_read_only=True) as warm:
                self.assertEqual(warm.stats["cache"]["built_from_source"], 0)
                self.assertEqual(warm.statistics.cache.status, "warm")
            both = os.path.join(folder, "both.bin")
            mace.cache.merge([path], both)
            self.assertEqual(mace.cache.prune(both, size_limit=1), 3)  # A program, the peaks of its plan, and the device.
            with self.assertRaises(mace.Error) as caught:
                mace.cache.info(DIGITS + "digits.pb")
            self.assertEqual(caught.exception.code, "corruption")

    def test_close_waits_for_the_file(self):
        with tempfile.TemporaryDirectory(dir=os.environ.get("TEST_TMPDIR")) as folder:
            path = os.path.join(folder, "programs.bin")
            with mace.Engine(DIGITS + "digits.pb", cache=path) as engine:
                engine.run({"input": images(1)})
            mace.cache.verify(path)
            self.assertEqual(len(mace.cache.info(path)["programs"]), 1)

    def test_a_file_that_is_written_when_it_is_asked_for(self):
        with tempfile.TemporaryDirectory(dir=os.environ.get("TEST_TMPDIR")) as folder:
            path = os.path.join(folder, "programs.bin")
            with mace.Engine(DIGITS + "digits.pb", cache=path, cache_save_after_first_run=False) as engine:
                engine.run({"input": images(1)})
                self.assertFalse(os.path.exists(path))
                engine.finish_cache()
                mace.cache.verify(path)


if __name__ == "__main__":
    unittest.main()

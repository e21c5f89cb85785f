"""The Python module on the digits model."""
import gc
import os
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

    def test_ports_and_stats(self):
        engine = mace.Engine(DIGITS + "digits.pb", device="cpu")
        self.assertEqual(engine.inputs[0]["name"], "input")
        self.assertEqual(engine.inputs[0]["shape"], (1,) + images(1).shape[1:])
        self.assertEqual(engine.inputs[0]["dtype"], "float32")
        self.assertEqual(engine.outputs[0]["name"], "output")
        self.assertEqual(engine.stats["device"], "cpu reference")
        self.assertEqual(engine.note, "")

    def test_arrays_of_all_kinds(self):
        engine = mace.Engine(DIGITS + "digits.pb", device="cpu")
        image = images(1)
        wanted = engine.run({"input": image})["output"]
        for given in (image.astype(numpy.float64), numpy.asfortranarray(image), image.tolist(),
                      numpy.repeat(image, 2, axis=2)[:, :, ::2]):
            numpy.testing.assert_array_equal(engine.run({"input": given})["output"], wanted)
        with self.assertRaisesRegex(ValueError, "input 'input': has values that float32 cannot hold"):
            engine.run({"input": image.astype(numpy.float64) * 1e300})
        with self.assertRaisesRegex(TypeError, "input 'input': expected float32, found complex"):
            engine.run({"input": image.astype(numpy.complex64)})

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

    def test_failures(self):
        with self.assertRaises(mace.Error) as caught:
            mace.Engine("no-such-model.pb")
        self.assertEqual(caught.exception.code, "not_found")
        self.assertIn("no-such-model.pb", str(caught.exception))
        with self.assertRaisesRegex(TypeError, "unexpected keyword argument 'speed'"):
            mace.Engine(DIGITS + "digits.pb", speed="high")
        with self.assertRaisesRegex(ValueError, "memory: expected one of auto, image, buffer"):
            mace.Engine(DIGITS + "digits.pb", memory="paper")
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
        self.assertFalse(mace.compare(cpu, wrong, inputs)["output"]["passed"])
        with self.assertRaisesRegex(KeyError, "none of the engine's outputs"):
            mace.compare(cpu, {"else": wrong["output"]}, inputs)


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
            warm = mace.Engine(DIGITS + "digits.pb", cache=path)
            self.assertEqual(warm.stats["cache"]["built_from_source"], 0)
            both = os.path.join(folder, "both.bin")
            mace.cache.merge([path], both)
            self.assertEqual(mace.cache.prune(both, size_limit=1), 2)  # A program, and the peaks of its plan.
            with self.assertRaises(mace.Error) as caught:
                mace.cache.info(DIGITS + "digits.pb")
            self.assertEqual(caught.exception.code, "corruption")

    def test_devices(self):
        self.assertTrue(all(device["name"] for device in mace.devices()))


if __name__ == "__main__":
    unittest.main()

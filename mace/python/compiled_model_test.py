"""mace.Model, CompiledModel and Request on the digits model, from one thread and from many."""
import asyncio
import concurrent.futures
import gc
import os
import tempfile
import threading
import unittest
import weakref

import numpy

import mace

DIGITS = "models/digits/"


def images(count):
    return numpy.load(DIGITS + "heldback/inputs.npy")[:count]


def expected(count):
    return numpy.load(DIGITS + "heldback/expected.npy")[:count]


def read(name):
    with open(DIGITS + name, "rb") as file:
        return file.read()


class ModelTest(unittest.TestCase):
    def test_specs_before_anything_runs(self):
        model = mace.Model.load(DIGITS + "digits.pb")
        self.assertEqual(model.format, "mace")
        self.assertEqual(model.inputs, [mace.TensorSpec("input", "float32", (1, 8, 8, 1), "NHWC")])
        self.assertEqual([(spec.name, spec["shape"]) for spec in model.outputs], [("output", (1, 10))])
        self.assertEqual(dict(model.inputs[0])["dtype"], "float32")
        self.assertEqual(model.inputs[0].dim_names, ("", "", "", ""))
        self.assertEqual(mace.Model.load(DIGITS + "digits_frozen.pb").format, "tensorflow")

    def test_options_of_loading(self):
        model = mace.Model.load(DIGITS + "digits.pb", data=DIGITS + "digits.data", input_shapes={"input": (3, 8, 8, 1)})
        self.assertEqual(model.inputs[0].shape, (3, 8, 8, 1))
        cut = mace.Model.load(DIGITS + "digits_frozen.pb", outputs=["conv_2/Relu"])
        self.assertEqual([spec.name for spec in cut.outputs], ["conv_2/Relu"])
        for call, code in ((lambda: mace.Model.load("no-such-model.pb"), "not_found"),
                           (lambda: mace.Model.load(DIGITS + "digits.pb", data="no-such-data"), "not_found"),
                           (lambda: mace.Model.load(DIGITS + "digits.pb", input_shapes={"x": [1]}), "not_found"),
                           (lambda: mace.Model.load(DIGITS + "digits.pb", signature="x"), "invalid_argument"),
                           (lambda: mace.Model.from_bytes(b"no model"), "corruption"),
                           (lambda: mace.Model.load(DIGITS + "digits.pb", host_memory_limit=1), "resource_exhausted")):
            with self.assertRaises(mace.Error) as caught:
                call()
            self.assertEqual(caught.exception.code, code, caught.exception)
        with self.assertRaisesRegex(TypeError, "Model.load or Model.from_bytes makes a model"):
            mace.Model()

    def test_save(self):
        model = mace.Model.load(DIGITS + "digits.onnx")
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "saved.pb")
            report = model.save(path)
            self.assertEqual(report.data_path, os.path.join(folder, "saved.data"))
            self.assertEqual(report.data_bytes, os.path.getsize(report.data_path))
            halves = model.save(path, data=os.path.join(folder, "weights"), half_weights=True)
            self.assertLess(halves.data_bytes, report.data_bytes)
            saved = mace.Model.load(path, data=halves.data_path)
            self.assertEqual((saved.format, model.format), ("mace", "onnx"))
            with self.assertRaises(mace.Error) as caught:
                model.save(os.path.join(folder, "x.data"))
            self.assertEqual(caught.exception.code, "invalid_argument")

    def test_bytes_of_all_kinds(self):
        for kind in (bytes, bytearray, memoryview):
            data = kind(read("digits.data"))
            model = mace.Model.from_bytes(kind(read("digits.pb")), data)
            if kind is bytearray:
                # What can be written is copied: the caller may use the memory again.
                data[:] = bytes(len(data))
            del data  # What cannot be written is kept by the model.
            gc.collect()
            found = mace.CompiledModel(model, device="cpu").run({"input": images(1)})["output"]
            numpy.testing.assert_allclose(found[0], expected(1)[0], atol=1e-4)

    def test_no_bytes(self):
        with self.assertRaisesRegex(TypeError, "model: expected bytes, found str"):
            mace.Model.from_bytes("digits.pb")
        with self.assertRaisesRegex(TypeError, "data: expected contiguous bytes, found memory with gaps"):
            mace.Model.from_bytes(read("digits.pb"), memoryview(read("digits.data"))[::-1])

    def test_one_model_for_several(self):
        model = mace.Model.load(DIGITS + "digits.pb")
        for device in ("cpu", "gpu"):
            with mace.CompiledModel(model, device=device) as compiled:
                numpy.testing.assert_allclose(
                    compiled.run({"input": images(1)})["output"][0], expected(1)[0], atol=1e-4)
        with self.assertRaisesRegex(TypeError, "model: expected a mace.Model, .* found str"):
            mace.CompiledModel(DIGITS + "digits.pb")


class RequestTest(unittest.TestCase):
    def setUp(self):
        self.compiled = mace.Engine(DIGITS + "digits.pb")

    def tearDown(self):
        self.compiled.close()

    def test_inputs_stay_set(self):
        request = self.compiled.new_request()
        self.assertEqual(self.compiled.requests, [request])
        request.set_input("input", images(1))
        request.run()
        first = request.get("output")
        request.set_input(0, images(2)[1:])
        request.run(timeout=60)
        numpy.testing.assert_allclose(request.get(0)[0], expected(2)[1], atol=1e-4)
        numpy.testing.assert_allclose(first[0], expected(1)[0], atol=1e-4)
        self.assertGreater(request.statistics.latency_ms, 0)
        self.assertFalse(request.statistics.made_plan)

    def test_an_output_of_the_callers(self):
        request = self.compiled.new_request()
        out = numpy.zeros((1, 10), numpy.float32)
        request.set_output("output", out)
        for image, answer in zip(images(2), expected(2)):
            request.set_input("input", image[None])
            request.run()
            self.assertIs(request.get("output"), out)
            numpy.testing.assert_allclose(out[0], answer, atol=1e-4)
        request.set_output("output", None)
        request.run()
        self.assertIsNot(request.get("output"), out)
        request.set_output(0, numpy.zeros((2, 10), numpy.float32))
        request.run()
        with self.assertRaisesRegex(ValueError, "expected an array of shape"):
            request.get("output")

    def test_states_that_cannot_be_bound(self):
        request = self.compiled.new_request()
        with self.assertRaisesRegex(mace.Error, "expected float32 .* for input 'input', found") as caught:
            request.bind_state("output", "input")
        self.assertEqual(caught.exception.code, "invalid_argument")
        with self.assertRaisesRegex(KeyError, "no output 'none'"):
            request.bind_state("none", 0)
        request.clear_states()

    def test_on_a_thread_of_its_own(self):
        request = self.compiled.new_request()
        request.set_input("input", images(1))
        request.start()
        request.wait()
        numpy.testing.assert_allclose(request.get("output")[0], expected(1)[0], atol=1e-4)
        request.start()
        request.cancel()
        try:
            request.wait(timeout=60)
        except mace.Error as caught:
            self.assertEqual(caught.code, "cancelled")
        request.run()
        numpy.testing.assert_allclose(request.get("output")[0], expected(1)[0], atol=1e-4)

    def test_refusals(self):
        request = self.compiled.new_request()
        for call, code in ((request.run, "failed_precondition"), (lambda: request.get(0), "failed_precondition"),
                           (lambda: request.set_input(0, numpy.zeros(3, numpy.float32)), "invalid_argument")):
            with self.assertRaises(mace.Error) as caught:
                call()
            self.assertEqual(caught.exception.code, code)
        request.set_input(0, images(1))
        with self.assertRaises(mace.Error) as caught:
            request.run(timeout=0)
        self.assertEqual(caught.exception.code, "deadline_exceeded")
        for call in (lambda: request.set_input("x", 1), lambda: request.get(7), lambda: request.set_output("x", None)):
            with self.assertRaises(KeyError):
                call()

    def test_a_request_that_nobody_holds_goes(self):
        request = self.compiled.new_request()
        request.set_input(0, images(1))
        request.start()
        kept = weakref.ref(request)
        del request
        gc.collect()
        self.assertIsNone(kept())
        self.assertEqual(self.compiled.requests, [])


class CompiledModelTest(unittest.TestCase):
    def test_prepare(self):
        with mace.Engine(DIGITS + "digits.pb") as compiled:
            self.assertEqual(compiled.statistics.plans, 1)
            compiled.prepare({"input": (4, 8, 8, 1)})
            self.assertEqual(compiled.statistics.plans, 2)
            request = compiled.new_request()
            request.set_input("input", images(4))
            request.run()
            self.assertFalse(request.statistics.made_plan)
            for shapes, code in (({"x": [1]}, "not_found"), ({"input": [1, 8, 8, 2]}, "invalid_argument")):
                with self.assertRaises(mace.Error) as caught:
                    compiled.prepare(shapes)
                self.assertEqual(caught.exception.code, code, caught.exception)
            with self.assertRaisesRegex(TypeError, "shapes: expected shapes by name"):
                compiled.prepare([4, 8, 8, 1])

    def test_limits(self):
        model = mace.Model.load(DIGITS + "digits.pb")
        with mace.CompiledModel(model, kept_plans=2) as compiled:
            for count in range(1, 5):
                compiled.run({"input": images(count)})
            self.assertEqual(compiled.statistics.plans, 2)
            self.assertEqual(compiled.statistics.runs, 4)
        with self.assertRaises(mace.Error) as caught:
            mace.CompiledModel(model, device_memory_limit=1)
        self.assertEqual(caught.exception.code, "resource_exhausted")
        with self.assertRaisesRegex(ValueError, "concurrent_async_runs: expected one at least"):
            mace.CompiledModel(model, concurrent_async_runs=0)

    def test_a_deadline(self):
        with mace.Engine(DIGITS + "digits.pb") as compiled:
            with self.assertRaises(mace.Error) as caught:
                compiled.run({"input": images(1)}, timeout=0)
            self.assertEqual(caught.exception.code, "deadline_exceeded")
            compiled.run({"input": images(1)}, timeout=60)
            compiled.run({"input": images(1)}, timeout=float("inf"))

    def test_progress_of_tuning(self):
        seen = []
        model = mace.Model.load(DIGITS + "digits.pb")
        with mace.CompiledModel(model, tuning="fast",
                                tuning_progress=lambda *progress: seen.append(progress)) as compiled:
            self.assertEqual(compiled.statistics.tuning.level, "fast")
        self.assertTrue(seen)
        self.assertTrue(all(0 <= measured <= total and ms >= 0 for measured, total, ms in seen), seen)

    def test_eight_threads_on_one_model(self):
        with mace.Engine(DIGITS + "digits.pb") as compiled:
            failures = []

            def work(number):
                for turn in range(20):
                    which = (number + turn) % 8
                    try:
                        found = compiled.run({"input": images(8)[which:which + 1]})["output"]
                        numpy.testing.assert_allclose(found[0], expected(8)[which], atol=1e-4)
                    except BaseException as error:
                        failures.append(error)

            threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(failures, [])
            self.assertEqual(compiled.statistics.runs, 160)

    def test_close_while_others_run(self):
        for device in ("cpu", "gpu"):
            compiled = mace.Engine(DIGITS + "digits.pb", device=device)
            answers, errors = [], []
            answered = threading.Event()

            def work():
                while True:
                    try:
                        answers.append(compiled.run({"input": images(1)})["output"][0])
                        answered.set()
                    except mace.Error as error:
                        errors.append(error.code)
                        return

            threads = [threading.Thread(target=work) for _ in range(4)]
            for thread in threads:
                thread.start()
            started = compiled.new_request()
            started.set_input(0, images(1))
            started.start()
            self.assertTrue(answered.wait(60))
            compiled.close()
            for thread in threads:
                thread.join()
            self.assertEqual(errors, ["failed_precondition"] * 4)
            numpy.testing.assert_allclose(answers, [expected(1)[0]] * len(answers), atol=1e-4)
            for call in (started.run, started.wait, lambda: started.get(0), compiled.new_request, compiled.save_cache,
                         lambda: compiled.prepare({}), lambda: compiled.run_async({"input": images(1)})):
                with self.assertRaises(mace.Error) as caught:
                    call()
                self.assertEqual(caught.exception.code, "failed_precondition")
            started.cancel()  # Nothing is left to cancel.

    def test_close_while_others_wait(self):
        compiled = mace.Engine(DIGITS + "digits.pb")
        request = compiled.new_request()
        request.set_input(0, images(7))  # Its run waits for a plan.
        request.start()
        outcomes = []

        def work():
            try:
                request.wait()
                outcomes.append("done")
            except mace.Error as error:
                outcomes.append(error.code)

        thread = threading.Thread(target=work)
        thread.start()
        compiled.close()
        thread.join(60)
        self.assertIn(outcomes, (["done"], ["failed_precondition"]))

    def test_a_forked_child_is_not_held_up_by_a_thread_of_its_parent(self):
        with mace.Engine(DIGITS + "digits.pb") as compiled:
            ends = threading.Event()

            def work():
                while not ends.is_set():
                    compiled.run({"input": images(1)})

            thread = threading.Thread(target=work)
            thread.start()
            child = os.fork()
            if child == 0:
                try:
                    compiled.run({"input": images(1)})
                except mace.Error as caught:
                    os._exit(0 if caught.code == "failed_precondition" else 1)
                os._exit(2)
            self.assertEqual(os.waitpid(child, 0)[1], 0)
            ends.set()
            thread.join()


class RunAsyncTest(unittest.TestCase):
    def setUp(self):
        self.compiled = mace.Engine(DIGITS + "digits.pb")

    def tearDown(self):
        self.compiled.close()

    def test_many_at_once(self):
        futures = [self.compiled.run_async({"input": images(8)[i % 8:i % 8 + 1]}) for i in range(32)]
        done, _ = concurrent.futures.wait(futures, timeout=60)
        self.assertEqual(len(done), 32)
        for i, future in enumerate(futures):
            numpy.testing.assert_allclose(future.result()["output"][0], expected(8)[i % 8], atol=1e-4)

    def test_outputs_and_errors(self):
        out = numpy.zeros((1, 10), numpy.float32)
        self.assertIs(self.compiled.run_async({"input": images(1)}, outputs=["output"],
                                              out={"output": out}).result()["output"], out)
        future = self.compiled.run_async({"input": numpy.zeros((1, 8, 8, 2), numpy.float32)})
        self.assertEqual(future.exception(timeout=60).code, "invalid_argument")
        with self.assertRaises(KeyError):
            self.compiled.run_async({})

    def test_a_coroutine(self):
        async def ask():
            return await asyncio.wrap_future(self.compiled.run_async({"input": images(1)}))

        numpy.testing.assert_allclose(asyncio.run(ask())["output"][0], expected(1)[0], atol=1e-4)

    def test_cancel(self):
        compiled = mace.Engine(DIGITS + "digits.pb", concurrent_async_runs=1)
        # The first one waits for a plan, and the others for the first one.
        futures = [compiled.run_async({"input": images(count)}) for count in [7] + 99 * [1]]
        cancelled = [future for future in futures if future.cancel()]
        self.assertIn(futures[-1], cancelled)
        done, _ = concurrent.futures.wait(futures, timeout=60)
        self.assertEqual(len(done), 100)
        for future in futures:
            self.assertEqual(future.cancelled(), future in cancelled)
            if future.cancelled():
                with self.assertRaises(concurrent.futures.CancelledError):
                    future.result()
        self.assertLess(compiled.statistics.runs, 100)
        finished = compiled.run_async({"input": images(1)})
        numpy.testing.assert_allclose(finished.result()["output"][0], expected(1)[0], atol=1e-4)
        self.assertFalse(finished.cancel())
        compiled.close()

    def test_close_ends_what_has_not_begun(self):
        compiled = mace.Engine(DIGITS + "digits.pb", concurrent_async_runs=1)
        # The first one waits for a plan, and the others for the first one.
        futures = [compiled.run_async({"input": images(count)}) for count in [7] + 49 * [1]]
        compiled.close()
        for future in futures:
            error = future.exception(timeout=60)
            self.assertTrue(error is None or error.code == "failed_precondition", error)
        self.assertIsNotNone(futures[-1].exception())

    def test_close_from_a_callback(self):
        ended = threading.Event()
        future = self.compiled.run_async({"input": images(1)})
        future.add_done_callback(lambda _: (self.compiled.close(), ended.set()))
        self.assertTrue(ended.wait(60))


if __name__ == "__main__":
    unittest.main()

"""Arrays that go in and out of a model: what is shared, copied, converted and refused."""
import array
import gc
import sys
import unittest

import numpy

import mace
from mace._arrays import input_array

DIGITS = "models/digits/"


def images(count):
    return numpy.ascontiguousarray(numpy.load(DIGITS + "heldback/inputs.npy")[:count])


def address(value):
    return value.__array_interface__["data"][0]


class ByInterface:
    """Memory that another library offers by the array interface."""

    def __init__(self, values):
        self._values = values

    @property
    def __array_interface__(self):
        return self._values.__array_interface__


class ByDlpack:
    """Memory that another library offers by DLPack alone."""

    def __init__(self, values):
        self._values = values

    def __dlpack__(self, **options):
        return self._values.__dlpack__(**options)

    def __dlpack_device__(self):
        return self._values.__dlpack_device__()


class OnAnotherDevice(ByDlpack):
    def __dlpack__(self, **options):
        raise BufferError("the memory is a GPU's")


def spec(dtype):
    return mace.TensorSpec("x", dtype, (-1,), "NONE")


class InputTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.compiled = mace.CompiledModel(mace.Model.load(DIGITS + "digits.pb"), device="cpu")
        cls.wanted = cls.compiled.run({"input": images(1)})["output"]

    def test_memory_of_others(self):
        image = images(1)
        for given in (ByInterface(image), ByDlpack(image), memoryview(image), image.tolist(),
                      numpy.asfortranarray(image), numpy.repeat(image, 2, axis=2)[:, :, ::2],
                      image.astype(">f4")):
            numpy.testing.assert_array_equal(self.compiled.run({"input": given})["output"], self.wanted)

    def test_what_is_read_in_place(self):
        values = numpy.arange(4, dtype=numpy.float32)
        shared = array.array("f", [1, 2, 3])
        for given, memory in ((values, values), (ByInterface(values), values), (ByDlpack(values), values),
                              (memoryview(values), values), (shared, numpy.asarray(shared))):
            self.assertEqual(address(input_array(given, spec("float32"))), address(memory))
        # float64 and float16 inputs take float32 arrays, which the engine computes in.
        self.assertEqual(address(input_array(values, spec("float64"))), address(values))
        self.assertEqual(address(input_array(values, spec("float16"))), address(values))

    def test_what_is_widened(self):
        for found, wanted in (("float16", "float32"), ("uint8", "float32"), ("int8", "int32"),
                              ("int32", "int64"), ("bool", "uint8"), ("uint16", "int32")):
            converted = input_array(numpy.array([0, 1], found), spec(wanted))
            self.assertEqual(converted.dtype, wanted)
            self.assertEqual(converted.tolist(), [0, 1])

    def test_no_narrowing_on_its_own(self):
        for found, wanted in (("float64", "float32"), ("int64", "int32"), ("int64", "float32"),
                              ("float64", "float16"), ("int32", "uint8"), ("int32", "int8")):
            with self.assertRaisesRegex(TypeError, "input 'x': expected %s, found %s: convert it with astype"
                                        % (wanted, found)):
                input_array(numpy.array([1], found), spec(wanted))
            with self.assertRaisesRegex(TypeError, "found " + found):
                input_array(numpy.dtype(found).type(1), spec(wanted))
        for found, wanted in (("complex64", "float32"), ("float32", "int32"), ("int32", "bool"), ("str", "float32")):
            with self.assertRaisesRegex(TypeError, "input 'x': expected %s, found" % wanted):
                input_array(numpy.array([1], found), spec(wanted))
        with self.assertRaisesRegex(TypeError, "input 'x': expected int32, found object"):
            input_array(None, spec("int32"))

    def test_numbers_without_a_type(self):
        self.assertEqual(input_array([1.5, 2], spec("float32")).tolist(), [1.5, 2])
        self.assertEqual(input_array([1, 255], spec("uint8")).tolist(), [1, 255])
        self.assertEqual(input_array(3, spec("int32")).shape, ())
        for value, wanted in ((1e300, "float32"), ([2**31], "int32"), ([-1], "uint8"), ([2**24 + 1], "float32")):
            with self.assertRaisesRegex(ValueError, "input 'x': has values that %s cannot hold" % wanted):
                input_array(value, spec(wanted))
        # Types that no tensor has are what a model with int32 may declare.
        self.assertEqual(input_array(numpy.array([7], numpy.uint32), spec("int32")).tolist(), [7])
        with self.assertRaisesRegex(ValueError, "cannot hold"):
            input_array(numpy.array([2**31], numpy.uint32), spec("int32"))
        self.assertEqual(input_array(numpy.float32(1), spec("float32")).shape, ())

    def test_integers_below_a_byte(self):
        self.assertEqual(input_array(numpy.array([-8, 7], numpy.int8), spec("int4")).dtype, numpy.int8)
        self.assertEqual(input_array([0, 3], spec("uint2")).tolist(), [0, 3])
        for value, wanted in (([8], "int4"), ([-9], "int4"), ([16], "uint4"), ([-1], "uint4"), ([2], "int2")):
            with self.assertRaisesRegex(ValueError, "input 'x': has values that %s cannot hold" % wanted):
                input_array(numpy.array(value, numpy.int8), spec(wanted))
        with self.assertRaisesRegex(TypeError, "input 'x': expected int4, found float32"):
            input_array(numpy.array([1], numpy.float32), spec("int4"))

    def test_memory_that_cannot_be_read(self):
        with self.assertRaisesRegex(TypeError, "input 'input': .* by DLPack: the memory is a GPU's"):
            self.compiled.run({"input": OnAnotherDevice(images(1))})

    def test_a_conversion_that_raises_leaves_numpy_as_it_was(self):
        # Signaling NaNs, of which numpy is asked to complain when it converts them.
        bad = numpy.full(2, 0x7ff0000000000001, numpy.uint64).view(numpy.float64).tolist()
        with numpy.errstate(invalid="raise", over="raise"):
            with self.assertRaises(FloatingPointError):
                input_array(bad, spec("float32"))
            self.assertEqual(numpy.geterr()["over"], "raise")
            with self.assertRaisesRegex(ValueError, "cannot hold"):
                input_array([1e300], spec("float32"))
            self.assertEqual(numpy.geterr()["over"], "raise")

    def test_inputs_are_let_go_after_a_run(self):
        for device in ("cpu", "gpu"):
            compiled = mace.Engine(DIGITS + "digits.pb", device=device)
            image = images(1)
            before = sys.getrefcount(image)
            compiled.run({"input": image})
            self.assertEqual(sys.getrefcount(image), before)
            compiled.run_async({"input": image}).result()
            compiled.close()  # The thread of the run has let go of it, too.
            self.assertEqual(sys.getrefcount(image), before)

    def test_names(self):
        with self.assertRaisesRegex(KeyError, "input 'input' is missing"):
            self.compiled.run({})
        with self.assertRaisesRegex(KeyError, "the model has no input 'other': it has 'input'"):
            self.compiled.run({"input": images(1), "other": images(1)})
        with self.assertRaisesRegex(TypeError, "inputs: expected arrays by name, found list"):
            self.compiled.run([images(1)])


class OutputTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.compiled = mace.Engine(DIGITS + "digits_frozen.pb", outputs=["output", "conv_2/Relu"])
        cls.inputs = {"input": images(1)}
        cls.wanted = cls.compiled.run(cls.inputs)

    def test_only_what_is_asked_for(self):
        found = self.compiled.run(self.inputs, outputs=["output"])
        self.assertEqual(list(found), ["output"])
        numpy.testing.assert_array_equal(found["output"], self.wanted["output"])
        # What comes after it is not computed, by a plan of its own.
        self.compiled.prepare({}, outputs=["conv_2/Relu"])
        found = self.compiled.run(self.inputs, outputs=["conv_2/Relu"])
        self.assertEqual(list(found), ["conv_2/Relu"])
        numpy.testing.assert_allclose(found["conv_2/Relu"], self.wanted["conv_2/Relu"], atol=1e-4)
        with self.assertRaisesRegex(KeyError, "the model has no output 'scores'"):
            self.compiled.run(self.inputs, outputs=["scores"])
        with self.assertRaisesRegex(TypeError, "outputs: expected a list of names"):
            self.compiled.run(self.inputs, outputs="output")

    def test_what_a_request_selects(self):
        request = self.compiled.new_request()
        request.set_input("input", self.inputs["input"])
        request.select_outputs([1])
        request.run()
        numpy.testing.assert_allclose(request.get("conv_2/Relu"), self.wanted["conv_2/Relu"], atol=1e-4)
        with self.assertRaises(mace.Error) as caught:
            request.get("output")
        self.assertEqual(caught.exception.code, "failed_precondition")
        with self.assertRaisesRegex(KeyError, "the model has no output 'scores'"):
            request.select_outputs(["scores"])
        request.select_outputs()
        request.run()
        numpy.testing.assert_array_equal(request.get("output"), self.wanted["output"])

    def test_into_the_memory_of_the_caller(self):
        for device in ("cpu", "gpu"):
            compiled = mace.Engine(DIGITS + "digits.pb", device=device)
            out = numpy.full((1, 10), -1, numpy.float32)
            seen = out.view()
            found = compiled.run(self.inputs, out={"output": out})
            self.assertIs(found["output"], out)
            numpy.testing.assert_allclose(seen, self.wanted["output"], atol=1e-4)
            del found, out
            gc.collect()
            self.assertEqual(seen.shape, (1, 10))

    def test_memory_of_others(self):
        for wrap in (ByInterface, memoryview):
            memory = numpy.zeros((1, 10), numpy.float32)
            self.compiled.run(self.inputs, out={"output": wrap(memory)})
            numpy.testing.assert_array_equal(memory, self.wanted["output"])

    def test_memory_with_gaps_takes_a_copy(self):
        wide = numpy.zeros((1, 20), numpy.float32)
        swapped = numpy.zeros((1, 10), ">f4")
        self.compiled.run(self.inputs, out={"output": wide[:, ::2]})
        self.compiled.run(self.inputs, out={"output": swapped})
        numpy.testing.assert_array_equal(wide[:, ::2], self.wanted["output"])
        numpy.testing.assert_array_equal(wide[:, 1::2], 0)
        numpy.testing.assert_array_equal(swapped, self.wanted["output"])

    def test_refusals(self):
        good = numpy.zeros((1, 10), numpy.float32)
        fixed = good.copy()
        fixed.flags.writeable = False
        for out, error, text in (
                (good.astype(numpy.float64), TypeError, "output 'output': expected float32, found float64"),
                (fixed, ValueError, "found a read-only one"),
                (good.tolist(), TypeError, "expected an array whose memory can be written, found list"),
                (numpy.zeros((2, 10), numpy.float32), ValueError,
                 r"expected an array of shape \(1, 10\), found one of shape \(2, 10\)")):
            with self.assertRaisesRegex(error, text):
                self.compiled.run(self.inputs, out={"output": out})
        with self.assertRaisesRegex(ValueError, "output 'output' is not among `outputs`"):
            self.compiled.run(self.inputs, outputs=["conv_2/Relu"], out={"output": good})
        with self.assertRaisesRegex(KeyError, "the model has no output 'other'"):
            self.compiled.run(self.inputs, out={"other": good})

    def test_memory_that_is_another_array_too(self):
        shape = self.wanted["conv_2/Relu"].shape
        memory = numpy.zeros(self.wanted["conv_2/Relu"].size + 10, numpy.float32)
        overlapping = {"output": memory[:10].reshape(1, 10), "conv_2/Relu": memory[5:-5].reshape(shape)}
        with self.assertRaisesRegex(ValueError, "out: the array for output .* shares memory with another array"):
            self.compiled.run(self.inputs, out=overlapping)
        image = images(1)
        with self.assertRaisesRegex(ValueError, "shares memory with another array"):
            self.compiled.run({"input": image}, out={"output": image.reshape(-1)[:10].reshape(1, 10)})

    def test_results_belong_to_the_caller(self):
        first = self.compiled.run(self.inputs)["output"]
        copy = first.copy()
        first[0, 0] = -1  # It may be written, which no later run sees.
        numpy.testing.assert_array_equal(self.compiled.run(self.inputs)["output"], copy)
        self.assertEqual(first[0, 0], -1)
        taken = numpy.from_dlpack(first)
        self.assertEqual(address(taken), address(first))


if __name__ == "__main__":
    unittest.main()

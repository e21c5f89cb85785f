#!/usr/bin/env python3
"""Uses an installed package; tools/wheel_test.sh runs this file in a folder with digits.onnx and digit_0.npy.

usage: wheel_test.py [no-device]    no-device: the machine has no OpenCL device, and the CPU reference runs
"""
import json
import os
import resource
import subprocess
import sys

import numpy

import mace

MAX_MILLISECONDS = 100


def answers(device):
    # The sample has its channel last, and the model has it before height and width.
    image = numpy.load("digit_0.npy").transpose(0, 3, 1, 2)
    engine = mace.Engine("digits.onnx", device=device)
    return engine.run({engine.inputs[0].name: image})


def check_without_device():
    answers("cpu")
    try:
        answers("gpu")
    except mace.Error as error:
        assert error.code == "device_error" and "no OpenCL device" in str(error), error
    else:
        sys.exit("expected mace.Error, for there is no device")


def check_answers():
    with open("warm.json", encoding="utf-8") as file:
        status = json.load(file)["cache"]["status"]
    assert status == "warm", "expected a warm second start, found %s" % status
    on_cpu, on_device = answers("cpu"), answers("gpu")
    for name, reference in on_cpu.items():
        numpy.testing.assert_allclose(on_device[name], reference, rtol=1e-4, atol=1e-5)
    assert os.path.exists(os.path.join(os.path.dirname(mace.__file__), "libmace_cl_cache_layer.so"))


def milliseconds(code):
    """The least processor time of a few processes that run the code, which other work hardly changes."""
    found = []
    for _ in range(7):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", code], check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found.append(1e3 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime))
    return min(found)


def check_import_time():
    nothing, of_numpy, of_mace = milliseconds("pass"), milliseconds("import numpy"), milliseconds("import mace")
    print("import mace: %.0f ms, and %.0f ms of numpy before it" % (of_mace - of_numpy, of_numpy - nothing))
    assert of_mace - of_numpy <= MAX_MILLISECONDS, "expected at most %d ms" % MAX_MILLISECONDS


if __name__ == "__main__":
    if sys.argv[1:] == ["no-device"]:
        check_without_device()
    else:
        check_answers()
        check_import_time()

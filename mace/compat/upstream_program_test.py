#!/usr/bin/python3
"""Runs a program that is written for Xiaomi's MACE (upstream_program.cc) and compares its outputs.

usage: upstream_program_test.py [--device CPU|GPU] PROGRAM
       upstream_program_test.py [--device CPU|GPU] --prefix DIR
         compiles the program, too: with g++ and with clang++, against an installation

--device says where the reference cases run (default: on both).

The models are those of models/digits, and, where MACE_SHARED_DIR names the folder of reference
cases, all cases of MACE's format there. Needs numpy.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile

import numpy

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
WARNINGS = ["-Wall", "-Wextra", "-pedantic", "-Werror"]
CACHE_FILE = "mace-cl-compiled-program.bin"
# The least cosine of an output with the expected one, for 8-bit models: runtimes round differently.
QUANTIZED_COSINE = 0.99


class Failure(Exception):
    """What a test found: one line."""


def expect(condition, text):
    if not condition:
        raise Failure(text)


def shape_text(shape):
    return ",".join(str(extent) for extent in shape) or "1"


class Case:
    """A model, its inputs and its expected outputs, by name.

    `error` is the largest absolute error that passes; None: outputs are compared by their cosine.
    """

    def __init__(self, model, inputs, expected, error):
        self.model, self.inputs, self.expected, self.error = model, inputs, expected, error

    def command(self, program, device, storage, folder):
        words = [program, device, self.model + ".pb", self.model + ".data", storage]
        for direction, tensors in (("in", self.inputs), ("out", self.expected)):
            for number, (name, tensor) in enumerate(tensors.items()):
                path = os.path.join(folder, "%s%d" % (direction, number))
                tensor.astype(numpy.float32).tofile(path)
                words.append(":".join([direction, name, shape_text(tensor.shape), path]))
        return words

    def run(self, program, device, storage, environment=None):
        """The largest error as a share of what passes, and the lines that the program printed."""
        with tempfile.TemporaryDirectory() as folder:
            command = self.command(program, device, storage, folder)
            for number in range(len(self.expected)):
                os.remove(os.path.join(folder, "out%d" % number))
            done = subprocess.run(command, env=dict(os.environ, **(environment or {})), check=False,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            expect(done.returncode == 0, "%s on %s: %s" % (self.model, device, done.stderr.strip()))
            found = [numpy.fromfile(os.path.join(folder, "out%d" % number), numpy.float32)
                     for number in range(len(self.expected))]
        pairs = zip(found, self.expected.values())
        return max(self.difference(*pair) for pair in pairs), done.stdout.splitlines()

    def difference(self, found, expected):
        """The error of an output as a share of the largest one that passes."""
        expect(found.size == expected.size, "%s: %d elements of an output, expected %d"
               % (self.model, found.size, expected.size))
        found, expected = found.ravel().astype(float), expected.ravel().astype(float)
        if self.error is None:
            cosine = found @ expected / (numpy.linalg.norm(found) * numpy.linalg.norm(expected))
            expect(cosine >= QUANTIZED_COSINE, "%s: the cosine is %g, expected at least %g"
                   % (self.model, cosine, QUANTIZED_COSINE))
            return (1 - cosine) / (1 - QUANTIZED_COSINE)
        # A NaN in the reference matches a NaN.
        errors = numpy.abs(found - expected)[~(numpy.isnan(found) & numpy.isnan(expected))]
        expect(not numpy.isnan(errors).any(), "%s: an output is not a number" % self.model)
        largest = float(errors.max(initial=0))
        expect(largest <= self.error, "%s: the largest error is %g, expected at most %g"
               % (self.model, largest, self.error))
        return largest / self.error


def digits(root):
    """The first 16 pictures of the digits that no training saw."""
    folder = os.path.join(root, "models/digits")
    pictures = numpy.load(os.path.join(folder, "heldback/inputs.npy"))
    expected = numpy.load(os.path.join(folder, "heldback/expected.npy"))
    return [Case(os.path.join(folder, "digits"), {"input": pictures[i:i + 1]},
                 {"output": expected[i:i + 1]}, 1e-5) for i in range(16)]


def shared_cases(folder):
    with open(os.path.join(folder, "models/manifest.json"), encoding="utf-8") as file:
        manifest = json.load(file)
    for case in manifest if isinstance(manifest, list) else manifest["cases"]:
        if case["format"] != "mace":
            continue
        error = case["max_abs_err"]
        for tensors in case["sets"]:
            loaded = [{name: numpy.load(os.path.join(folder, "models", tensor["file"]))
                       for name, tensor in tensors[kind].items()} for kind in ("inputs", "outputs")]
            model = os.path.join(folder, "models", case["model"][0][:-len(".pb")])
            yield Case(model, *loaded, None if isinstance(error, str) else error)


def test_digits(program, root):
    for case in digits(root):
        case.run(program, "CPU", "-")
    with tempfile.TemporaryDirectory() as storage:
        # A file of Xiaomi's MACE stays as it is.
        foreign = os.path.join(storage, "mace_cl_compiled_program.bin")
        with open(foreign, "wb") as file:
            file.write(b"not ours")
        case = digits(root)[0]
        _, lines = case.run(program, "GPU", storage)
        expect(lines[0] == "output output 1 10", "the shape of the output: " + lines[0])
        expect(lines[1].startswith("run ") and lines[1].endswith(" us"), "the times: " + lines[1])
        cache = os.path.join(storage, CACHE_FILE)
        expect(os.path.getsize(cache) > 0, "the storage path has no cache file")
        # The second start compiles nothing; the engine fails if it has to.
        warm = {"MACE_REQUIRE_CACHE": "1"}
        for other in digits(root):
            other.run(program, "GPU", storage, warm)
        case.run(program, "GPU", "file:" + cache, warm)
        with open(foreign, "rb") as file:
            expect(file.read() == b"not ours", "another program's file was changed")
    print("digits: 16 pictures on the CPU and on the device, cold and warm")


def test_errors(program, root):
    case = digits(root)[0]

    def fails(words, code, *texts):
        done = subprocess.run(words, check=False, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True)
        line = done.stderr.strip().split("\n")[-1]
        expect(done.returncode == 1 and line.startswith("error %d: " % code),
               "expected error %d, found: %s" % (code, line))
        for text in texts:
            expect(text in line, "expected '%s' in: %s" % (text, line))

    with tempfile.TemporaryDirectory() as folder:
        good = case.command(program, "CPU", "-", folder)
        fails(good[:1] + ["HEXAGON"] + good[2:], 3, "Unsupported")
        fails(good[:1] + ["APU"] + good[2:], 3, "Unsupported")
        fails(good[:2] + ["/dev/null"] + good[3:], 1)
        fails(good[:3] + ["/dev/null"] + good[4:], 1)

        def changed(old, new):
            return [word.replace(old, new) for word in good]

        fails(changed("in:input:", "in:picture:"), 1, "'picture'", "'input'")
        fails(changed("out:output:", "out:scores:"), 1, "'scores'", "'output'")
        fails(changed(":1,8,8,1:", ":1,64:"), 1, "input")
        fails(changed(":1,10:", ":1,9:"), 1, "[1, 10]", "[1, 9]")
    print("errors: 8 wrong uses, each one line")


def test_shared_cases(program, folder, device):
    runs, worst = 0, 0.0
    with tempfile.TemporaryDirectory() as storage:
        for case in shared_cases(folder):
            error, _ = case.run(program, device, storage)
            runs, worst = runs + 1, max(worst, error)
    expect(runs > 0, "%s has no case of MACE's format" % folder)
    print("reference cases on %s: %d runs, the largest error is %.2f of its bound"
          % (device, runs, worst))


def test(program, devices):
    root = ROOT if os.path.isdir(os.path.join(ROOT, "models/digits")) else os.getcwd()
    test_digits(program, root)
    test_errors(program, root)
    shared = os.environ.get("MACE_SHARED_DIR")
    if shared and os.path.isdir(shared):
        for device in devices:
            test_shared_cases(program, shared, device)
    else:
        print("reference cases: skipped, MACE_SHARED_DIR names no folder")


def compile_program(compiler, prefix, program):
    include = os.path.join(prefix, "include")
    paths = ["-I" + include, "-I" + os.path.join(include, "mace/compat/include"),
             "-L" + os.path.join(prefix, "lib"), "-lmace",
             "-Wl,-rpath," + os.path.join(prefix, "lib")]
    source = os.path.join(HERE, "upstream_program.cc")
    subprocess.run([compiler, "-std=c++17", *WARNINGS, source, *paths, "-o", program], check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--device", choices=["CPU", "GPU"],
                        help="where the reference cases run (default: on both)")
    parser.add_argument("program", nargs="?", help="upstream_program, compiled")
    parser.add_argument("--prefix", help="an installation to compile against")
    arguments = parser.parse_args()
    if (arguments.program is None) == (arguments.prefix is None):
        parser.error("expected either PROGRAM or --prefix DIR")
    needed = arguments.program or os.path.join(arguments.prefix, "include/mace/compat/mace.h")
    if not os.path.isfile(needed):
        parser.error("there is no file " + needed)
    devices = [arguments.device] if arguments.device else ["CPU", "GPU"]
    try:
        if arguments.program:
            test(os.path.abspath(arguments.program), devices)
            return 0
        with tempfile.TemporaryDirectory() as folder:
            for compiler in filter(shutil.which, ("g++", "clang++")):
                print("== " + compiler)
                program = os.path.join(folder, compiler)
                compile_program(compiler, os.path.abspath(arguments.prefix), program)
                test(program, devices)
    except Failure as failure:
        print("FAILED: %s" % failure, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

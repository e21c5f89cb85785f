#!/usr/bin/env python3
"""Runs the tests of kernels, engine and models on each OpenCL driver of this machine.

bazel test //tools:oclgrind_test    every kernel once under Oclgrind
bazel test //tools:driver_matrix    all suites on all drivers (tools/driver_matrix says how)

Prints a table, a line a driver and suite; a driver that is not there is "absent", never passed.
Exits with 1 where a test failed, Oclgrind reported something or a kernel was never launched.
Works in the folder of the tests' run files, where Bazel starts it.
"""
import argparse
import collections
import concurrent.futures
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

CACHE_LAYER = "mace/opencl_layer/libmace_cl_cache_layer.so"
COUNTING_LAYER = "mace/testing/counting_layer/libmace_cl_counting_layer.so"

# Not for an interpreter: 94 million multiplications a variant, or many launches. Smaller shapes launch the same code.
TOO_SLOW_FOR_OCLGRIND = "*LargeMatrices*:TensorTileShapesTest.*:LocalTilesTest.SplitK*"

# What each suite runs.
PROGRAMS = {
    "ops": ["mace/ops/*_test", "mace/testing/*_test"],
    "engine": ["mace/cl/*_test", "mace/execute/*_test", "mace/tune/*_test",
               "mace/diagnose/*_test", "mace/engine/*_test", "mace/opencl_layer/*_test"],
    "cases": ["tools/cases_*_test"],
    "kernels": ["mace/ops/*_test", "mace/testing/other_kernels_gpu_test"],
}
# Programs that launch nothing but kernels of others again.
NOT_FOR_KERNELS = ("conv_local_tiles_gpu_test", "gpu_work_split_test", "conv_separable_tiles_gpu_test")
# Oclgrind runs ops alone of the models' parts: a whole network takes it hours.
SUITES = {
    "PoCL": ["ops", "engine", "cases"],
    "Intel": ["ops", "engine", "cases"],
    "Oclgrind": ["kernels", "ops"],
}

# Variants of kernels that do not exist, by base name, and why. All others are launched on images and
# buffers, in float and in half.
BUFFERS_ALONE = {
    "argmax": "writes integers",
    "attention_tensor": "plain pointers",
    "cast_from_int": "reads integers",
    "cast_to_int": "writes integers",
    "conv2d_int8": "reads bytes",
    "conv2d_tensor": "copies from plain pointers to local memory",
    "conv2d_tiled": "register tiles of float16 vectors, for CPUs",
    "conv2d_winograd_input": "vectors of up to 16 channels",
    "conv2d_winograd_output": "vectors of up to 16 channels",
    "conv2d_winograd_product": "plain pointers",
    "cumsum": "plain pointers",
    "cumsum_integers": "reads integers",
    "depthwise_int8": "reads bytes",
    "elementwise_flat": "plain pointers",
    "elementwise_strided": "plain pointers",
    "gather_bits": "plain pointers",
    "gather_elements": "reads integers",
    "gather_row_major": "plain pointers",
    "integer_elements": "plain pointers",
    "local_response_norm_vectors": "vectors of 16 channels, for CPUs",
    "matmul": "plain pointers",
    "matmul_bits_expand": "plain pointers",
    "matmul_bits_slices": "plain pointers",
    "matmul_bits_vectors": "plain pointers",
    "matmul_finish": "plain pointers",
    "matmul_local": "plain pointers",
    "normalize_indices": "reads integers",
    "one_hot": "plain pointers",
    "recurrent": "plain pointers",
    "reduce_integers": "reads integers",
    "reduce_strided": "plain pointers",
    "require": "plain pointers",
    "scatter": "plain pointers",
    "scatter_blocks": "plain pointers",
    "softmax_rows": "plain pointers",
    "strided_copy_row_major": "plain pointers",
    "strided_copy_rows": "plain pointers, for CPUs",
    "strided_copy_turned": "plain pointers, for CPUs",
    "top_k": "writes integers",
}
IMAGES_ALONE = {
    "conv2d_1x1": "reads texels",
    "conv2d_3x3": "reads texels",
}

Driver = collections.namedtuple("Driver", "name library environment")
Result = collections.namedtuple("Result", "passed failed skipped notes")


def find_drivers(scratch):
    """All drivers the matrix knows; `library` is None where one is absent."""
    def driver(name, library, environment):
        if not library:
            return Driver(name, None, {})
        vendors = os.path.join(scratch, name)
        os.makedirs(vendors)
        with open(os.path.join(vendors, "driver.icd"), "w") as file:
            file.write(library + "\n")
        return Driver(name, library, dict(environment, OCL_ICD_VENDORS=vendors))

    def first(*patterns):
        return next((path for pattern in patterns for path in sorted(glob.glob(pattern))), None)

    pocl = first("/usr/lib/*/libpocl.so.*", "/usr/lib/libpocl.so.*", "/usr/local/lib/libpocl.so.*")
    # The folder given to tools/install_intel_opencl.
    intel_folder = os.environ.get("MACE_INTEL_OPENCL", "/nonexistent")
    intel = first(intel_folder + "/lib/libintelocl.so")
    intel_path = intel_folder + "/lib:" + os.environ.get("LD_LIBRARY_PATH", "")
    oclgrind = first("/usr/lib/oclgrind/liboclgrind-rt-icd.so",
                     "/usr/local/lib/oclgrind/liboclgrind-rt-icd.so")
    return [
        driver("PoCL", pocl, {}),
        driver("Intel", intel, {"LD_LIBRARY_PATH": intel_path.rstrip(":")}),
        driver("Oclgrind", oclgrind, {"OCLGRIND_CHECK_API": "1", "OCLGRIND_DATA_RACES": "1",
                                      "OCLGRIND_MAX_ERRORS": "1000000",
                                      "MACE_TEST_KERNELS": "own"}),
    ]


def commands_of(suite):
    """The command lines of a suite."""
    programs = sorted(p for pattern in PROGRAMS[suite] for p in glob.glob(pattern)
                      if os.access(p, os.X_OK) and not os.path.isdir(p))
    if suite == "kernels":
        programs = [p for p in programs if not p.endswith(NOT_FOR_KERNELS)]
    if suite != "cases":
        return [[os.path.abspath(p)] for p in programs]
    modes = [re.fullmatch(r".*/cases_(\w+)_(fp\d+)_test", p).groups() for p in programs]
    return [[os.path.abspath(p), *mode] for p, mode in zip(programs, modes) if mode[0] != "cpu"]


def environment_for(driver, scratch):
    """That of a test: no trace of the runner's own, one driver, and a folder to itself."""
    kept = {name: value for name, value in os.environ.items()
            if not re.match(r"XML_OUTPUT_FILE|GTEST_|TEST_(SHARD|TOTAL|PREMATURE)|OCL|OPENCL", name)}
    kept.update(driver.environment, TEST_TMPDIR=scratch, MACE_ALL_CASES="1")
    if os.path.exists(CACHE_LAYER):
        # Which a test finds among its own run files, and these are the runner's.
        kept["MACE_CL_CACHE_LAYER"] = os.path.realpath(CACHE_LAYER)
    kept.setdefault("POCL_CACHE_DIR", os.path.join(os.path.dirname(scratch), "pocl_cache"))
    os.makedirs(kept["POCL_CACHE_DIR"], exist_ok=True)
    return kept


def run_program(command, environment, seconds):
    """Runs one GoogleTest program."""
    report = os.path.join(environment["TEST_TMPDIR"], "report.json")
    words = command + ["--gtest_output=json:" + report]
    if "OCLGRIND_CHECK_API" in environment:
        words.append("--gtest_filter=-" + TOO_SLOW_FOR_OCLGRIND)
    name = " ".join(os.path.relpath(word) if os.sep in word else word for word in command)
    try:
        ended = subprocess.run(words, env=environment, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, timeout=seconds, check=False)
        status, said = ended.returncode, ended.stdout.decode(errors="replace")
    except subprocess.TimeoutExpired:
        return Result(0, 1, 0, ["%s: still running after %d s" % (name, seconds)])
    try:
        with open(report) as file:
            suites = json.load(file)["testsuites"]
    except (OSError, ValueError):
        return Result(0, 1, 0, ["%s: ended with %d, without a report: %s" % (name, status, said[-800:])])
    tests = [test for suite in suites for test in suite["testsuite"]]
    failed = [test for test in tests if "failures" in test]
    skipped = [test for test in tests if test.get("result") in ("SKIPPED", "SUPPRESSED")]
    notes = ["%s: %s.%s: %s" % (name, test["classname"], test["name"],
                                test["failures"][0]["failure"][:600]) for test in failed]
    if status != 0 and not failed:
        notes.append("%s: ended with %d: %s" % (name, status, said[-400:]))
    return Result(len(tests) - len(failed) - len(skipped), max(len(failed), len(notes)),
                  len(skipped), notes)


def oclgrind_reports(log):
    """What Oclgrind's log reports, a line each.

    Its check for uninitialised memory (21.10) is wrong about texels of images, and about sums with
    three parts of a float16, be they constants just written: what it says of such kernels means
    nothing. OpTester fills what must not be read with NaN besides.
    """
    try:
        with open(log, errors="replace") as file:
            blocks = file.read().split("\n\n")
    except OSError:
        return []
    reports = collections.Counter()
    for block in blocks:
        lines = [line.strip() for line in block.strip().splitlines()]
        if not lines:
            continue
        kernel = next((line for line in lines if line.startswith("Kernel: ")), "")
        about_memory = re.search("ninitialized value", lines[0])
        if about_memory and re.search("_image_|: (deconv2d|fully_connected|lstm_cell)_", kernel):
            continue
        place = next((line for line in lines if line.startswith("At line ")), "")
        reports[" ".join([re.sub(r"0x[0-9a-f]+", "ADDRESS", lines[0]), kernel, place])] += 1
    return ["Oclgrind: %s (%d times)" % item for item in reports.most_common(20)]


def kernels_in_sources():
    """Base names of the kernels in the .cl files."""
    names = set()
    for root, _, files in os.walk("mace/ops", followlinks=True):
        for path in (os.path.join(root, name) for name in files if name.endswith(".cl")):
            with open(path) as file:
                for line in file:
                    if re.match(r"#if(def\b|.*\bdefined\()", line):
                        names.update(re.findall(r"\bUSE_([a-z][a-z0-9_]*)", line))
    return names


def expected_variants():
    """(base name, storage, precision) of all kernels there are."""
    expected = set()
    for base in kernels_in_sources():
        storages = {"image", "buffer"}
        storages -= {"image"} if base in BUFFERS_ALONE else set()
        storages -= {"buffer"} if base in IMAGES_ALONE else set()
        expected |= {(base, s, p) for s in storages for p in ("f32", "f16")}
    return expected


def check_launched(files):
    """A line for each kernel that was never launched, or is not known to exist."""
    launched = set()
    for path in files:
        if not os.path.exists(path):
            continue
        with open(path) as file:
            for line in file:
                name = re.fullmatch(r"(\w+)_(image|buffer)_(f32|f16)_[0-9a-f]{12} \d+", line.strip())
                launched |= {name.groups()} if name else set()
    expected = expected_variants()
    notes = ["kernel %s on %s, %s: never launched" % k for k in sorted(expected - launched)]
    notes += ["kernel %s on %s, %s: launched, but tools/driver_matrix.py says that there is none" % k
              for k in sorted(launched - expected)]
    print("kernels launched: %d of %d in %d .cl kernels"
          % (len(expected & launched), len(expected), len(kernels_in_sources())))
    return notes


def run_one(driver, suite, command, scratch, seconds):
    """One program; with what Oclgrind said of it."""
    folder = tempfile.mkdtemp(dir=scratch)
    environment = environment_for(driver, folder)
    log, kernels = os.path.join(folder, "oclgrind.log"), os.path.join(folder, "kernels")
    environment["OCLGRIND_LOG"] = log
    if suite == "kernels":
        # Uninitialised memory is followed through plain code alone: optimised code has "freeze".
        environment.update(MACE_TEST_KERNELS="once", OPENCL_LAYERS=os.path.abspath(COUNTING_LAYER),
                           MACE_COUNT_KERNELS=kernels, OCLGRIND_UNINITIALIZED="1",
                           OCLGRIND_BUILD_OPTIONS="-cl-opt-disable")
    start = time.monotonic()
    result = run_program(command, environment, seconds)
    reports = oclgrind_reports(log) if driver.name == "Oclgrind" else []
    if time.monotonic() - start > 5:
        print("  %s %s: %.0f s" % (driver.name, os.path.basename(command[0]),
                                   time.monotonic() - start), flush=True)
    return result._replace(failed=result.failed + len(reports), notes=result.notes + reports), kernels


def run_suite(driver, suite, arguments, scratch):
    """All programs of a suite on a driver."""
    commands = commands_of(suite)
    if not commands:
        return Result(0, 1, 0, ["%s: no test programs here" % suite])
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        runs = list(pool.map(lambda c: run_one(driver, suite, c, scratch, arguments.seconds), commands))
    results = [result for result, _ in runs]
    if suite == "kernels":
        missing = check_launched([kernels for _, kernels in runs])
        results.append(Result(0, len(missing), 0, missing))
    return Result(*(sum(result[i] for result in results) for i in range(3)),
                  [note for result in results for note in result.notes])


def write_rows(path, rows):
    """Writes what ran; who keeps a row adds the driver's version and a note."""
    kept = [{"date": time.strftime("%Y-%m-%d"), "driver": row[0], "version": "", "suite": row[1], "passed": int(row[2]),
             "failed": int(row[3]), "skipped": int(row[4]), "seconds": int(row[5]), "note": ""}
            for row in rows if row[2] != "absent"]
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"rows": kept}, file, indent=2)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--drivers", default="PoCL,Intel,Oclgrind")
    parser.add_argument("--suites", default="ops,engine,cases,kernels")
    parser.add_argument("--jobs", type=int, default=1, help="programs at a time")
    parser.add_argument("--seconds", type=int, default=1800, help="limit of a program")
    parser.add_argument("--need", action="store_true", help="an absent driver is a failure")
    parser.add_argument("--json", metavar="FILE", help="also writes the rows, as tools/driver_results.json has them")
    arguments = parser.parse_args()
    scratch = tempfile.mkdtemp(dir=os.environ.get("TEST_TMPDIR"))
    rows, notes, failed = [], [], False
    for driver in find_drivers(scratch):
        if driver.name not in arguments.drivers.split(","):
            continue
        if driver.library is None:
            rows.append((driver.name, "-", "absent", "", "", ""))
            failed = failed or arguments.need
            continue
        for suite in SUITES[driver.name]:
            if suite not in arguments.suites.split(","):
                continue
            start = time.monotonic()
            result = run_suite(driver, suite, arguments, scratch)
            rows.append((driver.name, suite, *map(str, result[:3]),
                         "%.0f" % (time.monotonic() - start)))
            notes += ["%s, %s: %s" % (driver.name, suite, note) for note in result.notes]
            failed = failed or result.failed > 0 or result.passed == 0
    shutil.rmtree(scratch, ignore_errors=True)
    if arguments.json:
        write_rows(arguments.json, rows)
    print("\n".join(notes))
    for row in [("driver", "suite", "passed", "failed", "skipped", "seconds")] + rows:
        print("| %-8s | %-7s | %6s | %6s | %7s | %7s |" % row)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

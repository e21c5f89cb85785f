#!/usr/bin/python3
"""Shows the command at work on a folder of small pictures.

Run by Debian's own Python, to which its numpy package belongs.

usage: demo.py MACE FOLDER    (FOLDER: digits.pb, digits.data, labels.json, samples/*.npy)
"""
import glob
import json
import os
import subprocess
import sys
import tempfile

import numpy

INPUT = "input"  # The model's input tensor.
SHADES = " .:-=+*#%@"


def title(text):
    print("\n== " + text, flush=True)


def command(arguments, scratch):
    """Runs the command with an empty driver cache, so that only our own cache can make it warm."""
    environment = dict(os.environ, CUDA_CACHE_DISABLE="1")
    with tempfile.TemporaryDirectory(dir=scratch) as driver_cache:
        environment["POCL_CACHE_DIR"] = driver_cache
        done = subprocess.run(arguments, env=environment, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit("%sdemo: '%s' ended with %d" % (done.stderr, " ".join(arguments), done.returncode))
    return done.stdout


def run(mace, model, sample, scratch, *more):
    """One `mace run` with the cache file; its report and its first output."""
    report = json.loads(command(
        [mace, "run", model, "--input", "%s=%s" % (INPUT, sample), "--output-dir", scratch,
         "--cache", os.path.join(scratch, "cache.bin"), "--json", "-", *more], scratch))
    return report, numpy.load(os.path.join(scratch, os.path.basename(report["outputs"][0]["file"])))


def picture(sample):
    """The rows of a picture, one shade for each pixel, twice as wide to look square."""
    image = numpy.load(sample)
    image = image.reshape(image.shape[-3], image.shape[-2])
    scaled = (image - image.min()) / max(float(image.max() - image.min()), 1e-9)
    return ["".join(SHADES[int(pixel * (len(SHADES) - 1))] * 2 for pixel in row) for row in scaled]


def show_answers(mace, model, samples, labels, scratch):
    """Prints each picture beside its answer; gives the reports of the runs."""
    reports, right = [], 0
    for sample in samples:
        report, scores = run(mace, model, sample, scratch)
        answer = int(scores.argmax())
        label = labels[os.path.basename(sample)]
        right += answer == label
        rows = picture(sample)
        rows[len(rows) // 2] += "   answer %d, score %.3f, label %d" % (
            answer, float(scores.max()), label)
        print("\n".join(rows) + "\n", flush=True)
        reports.append(report)
    print("%d of %d right" % (right, len(samples)))
    return reports


def show_starts(cold, warm, steady, cache):
    print("%-28s %10s %10s" % ("", "cold", "warm"))
    for key, text in (("init_ms", "engine made (ms)"), ("first_output_ms", "first output (ms)")):
        print("%-28s %10.1f %10.1f" % (text, cold[key], warm[key]))
    for key, text in (("built_from_source", "programs from source"), ("hits", "programs from the cache")):
        print("%-28s %10d %10d" % (text, cold["cache"][key], warm["cache"][key]))
    latency = steady["latency_ms"]
    print("cache file: %d bytes" % os.path.getsize(cache))
    print("latency (ms), %d runs: min %.3f, median %.3f, p99 %.3f" % (
        latency["n"], latency["min"], latency["p50"], latency["p99"]))
    print("device: %s (%s)" % (steady["device"], steady["driver"]))


def main():
    mace, folder = sys.argv[1], sys.argv[2]
    model = os.path.join(folder, "digits.pb")
    samples = sorted(glob.glob(os.path.join(folder, "samples", "*.npy")))
    if not samples:
        sys.exit("demo: no samples in %s" % folder)
    with open(os.path.join(folder, "labels.json"), encoding="utf-8") as file:
        labels = json.load(file)

    with tempfile.TemporaryDirectory() as scratch:
        title("mace run: %d pictures the model never saw, each in a process of its own" % len(samples))
        reports = show_answers(mace, model, samples, labels, scratch)

        title("mace compare: the GPU path against the reference on the CPU")
        print(command([mace, "compare", model, "--input", "%s=%s" % (INPUT, samples[0])], scratch))

        title("the first start compiled and wrote the cache; the second only read it")
        steady, _ = run(mace, model, samples[0], scratch, "--iterations", "200", "--warmup", "10")
        show_starts(reports[0], reports[1], steady, os.path.join(scratch, "cache.bin"))


if __name__ == "__main__":
    main()

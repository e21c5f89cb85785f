"""The protocol of the measured processes: requests on stdin, replies on a copy of stdout.

Each request and each reply is a line of JSON:
    {"load": WHAT}                           ->  {"contenders": [{"name", "precision", ...}, ...]}
    {"measure": INDEX, "seconds": SECONDS}   ->  {"host_ms": [...], "device_ms": [...], "peak_rss_bytes"}
or {"error": TEXT}. For benchmarks/peers, WHAT is a STEM that names STEM.onnx, STEM.input.npy and STEM.output.npy
(checked_by_files). For benchmarks/zoo it is a case of zoo_cases.py.
"""
import json
import os
import resource
import sys
import time

import numpy as np

WARM_UP, LEAST = 3, 5


class Contender:
    """An engine with a model loaded. `run` includes copies from and to the host; `replay`, if any, does not."""

    def __init__(self, name, precision, run, replay=None):
        self.name, self.precision, self.run, self.replay = name, precision, run, replay
        self.facts = {}


def milliseconds():
    return time.monotonic() * 1e3


def sample(call, seconds):
    """Calls for about so many seconds, and gives the milliseconds of each call."""
    for _ in range(WARM_UP):
        call()
    samples = []
    end = milliseconds() + seconds * 1e3
    while len(samples) < LEAST or milliseconds() < end:
        begin = milliseconds()
        call()
        samples.append(milliseconds() - begin)
    return samples


def relative_error(found, expected):
    """The largest difference as a share of the expected range; infinite if anything is NaN."""
    found, expected = np.asarray(found, np.float64), np.asarray(expected, np.float64)
    if found.size != expected.size or not np.isfinite(found).all():
        return float("inf")
    return float(np.abs(found.reshape(expected.shape) - expected).max() / max(np.ptp(expected), 1e-30))


def peak_rss():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def first_run(contender):
    """Runs a contender for the first time, notes how long that took, and gives what it gave."""
    begin = milliseconds()
    outputs = contender.run()
    contender.facts["first_run_ms"] = milliseconds() - begin
    return outputs


def checked_by_files(load):
    """Makes a load for `serve` of load(STEM, input): the first output of each contender is compared with the file."""
    def checked(stem):
        contenders = load(stem, np.load(stem + ".input.npy"))
        expected = np.load(stem + ".output.npy")
        for contender in contenders:
            outputs = first_run(contender)
            output = outputs[0] if isinstance(outputs, list) else outputs
            contender.facts["max_error"] = relative_error(output, expected)
        return contenders

    return checked


def answer(request, load, loaded):
    if "load" in request:
        loaded.clear()
        loaded.extend(load(request["load"]))
        return {"contenders": [{"name": contender.name, "precision": contender.precision, **contender.facts}
                               for contender in loaded]}
    contender = loaded[request["measure"]]
    reply = {"host_ms": sample(contender.run, request["seconds"]), "device_ms": []}
    if contender.replay is not None:
        reply["device_ms"] = sample(contender.replay, request["seconds"])
    reply["peak_rss_bytes"] = peak_rss()
    return reply


def serve(load):
    """Answers requests until stdin ends. load(WHAT) must give the contenders."""
    # Libraries print facts about the processor to stdout, so replies need a copy of it.
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    loaded = []
    for line in sys.stdin:
        try:
            reply = answer(json.loads(line), load, loaded)
        except Exception as error:  # pylint: disable=broad-except  # An exception is the engine's result.
            reply = {"error": "%s: %s" % (type(error).__name__, str(error).strip()[:300])}
        replies.write(json.dumps(reply) + "\n")
        replies.flush()

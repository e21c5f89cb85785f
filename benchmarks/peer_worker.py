"""The protocol of the measured processes: requests on stdin, replies on a copy of stdout.

Each request and each reply is a line of JSON:
    {"load": STEM}                           ->  {"contenders": [{"name", "precision", "max_error", ...}, ...]}
    {"measure": INDEX, "seconds": SECONDS}   ->  {"host_ms": [...], "device_ms": [...], "peak_rss_bytes"}
or {"error": TEXT}. STEM names STEM.onnx, STEM.input.npy and STEM.output.npy.
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


def describe(contender, expected):
    facts = {"name": contender.name, "precision": contender.precision}
    begin = milliseconds()
    output = contender.run()
    facts.update(first_run_ms=milliseconds() - begin, max_error=relative_error(output, expected))
    facts.update(contender.facts)
    return facts


def answer(request, load, loaded):
    if "load" in request:
        loaded.clear()
        loaded.extend(load(request["load"], np.load(request["load"] + ".input.npy")))
        expected = np.load(request["load"] + ".output.npy")
        return {"contenders": [describe(contender, expected) for contender in loaded]}
    contender = loaded[request["measure"]]
    reply = {"host_ms": sample(contender.run, request["seconds"]), "device_ms": []}
    if contender.replay is not None:
        reply["device_ms"] = sample(contender.replay, request["seconds"])
    reply["peak_rss_bytes"] = peak_rss()
    return reply


def serve(load):
    """Answers requests until stdin ends. load(STEM, input) must give the contenders."""
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

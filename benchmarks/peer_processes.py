"""The measured processes: the workers of the peers, and `mace run`.

Both kinds load a model (`load`) and are then measured by turns, for a part of a second at a time (`measure`), so that
other work of the machine affects all of them. A worker is stopped while others are measured, because the threads of
some engines spin while they wait for work.
"""
import json
import os
import select
import signal
import subprocess
import tempfile

import numpy as np

from peer_worker import relative_error

FOLDER = os.path.dirname(os.path.abspath(__file__))
LOAD_LIMIT_S = 600


class Failed(Exception):
    """The failure of an engine: one line that says why."""


def last_line(text, otherwise):
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip()[:300] if lines else otherwise


def why_ended(code, text):
    """Why a process ended: the signal that ended it, or the last line of its stderr."""
    if code is not None and code < 0:
        return "ended by signal %d (%s)" % (-code, signal.strsignal(-code))
    return last_line(text, "exit code %s and no message" % code)


def median(values):
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def summary(samples):
    """The spread of the samples; None without samples."""
    return {"min": min(samples), "median": median(samples), "n": len(samples)} if samples else None


class Worker:
    """A process that runs peer_worker.serve, with one contender or more."""

    def __init__(self, command, label, limit_s=LOAD_LIMIT_S):
        """`limit_s`: the most seconds until an answer; a process that takes longer is ended."""
        self.label, self.limit_s = label, limit_s
        self.precision = None  # That of all contenders, if they have the same.
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors)
        self.buffer = b""

    def _why(self):
        if self.errors.closed:
            return "ended before"
        try:
            code = self.process.wait(timeout=10)  # Its pipes may be closed a moment before it has ended.
        except subprocess.TimeoutExpired:
            code = None
        self.errors.seek(0)
        return why_ended(code, self.errors.read().decode(errors="replace"))

    def _read_line(self):
        while b"\n" not in self.buffer:
            ready, _, _ = select.select([self.process.stdout], [], [], self.limit_s)
            if not ready:
                self.close()
                raise Failed("no answer in %g s" % self.limit_s)
            part = os.read(self.process.stdout.fileno(), 1 << 16)
            if not part:
                raise Failed(self._why())
            self.buffer += part
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line

    def ask(self, **request):
        if self.process.poll() is not None:
            raise Failed(self._why())
        self.process.send_signal(signal.SIGCONT)
        try:
            self.process.stdin.write(json.dumps(request).encode() + b"\n")
            self.process.stdin.flush()
            reply = json.loads(self._read_line())
        except (BrokenPipeError, ValueError) as error:
            raise Failed("%s: %s" % (self._why(), error)) from error
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGSTOP)
        if "error" in reply:
            raise Failed(reply["error"])
        return reply

    def load(self, what):
        found = self.ask(load=what)["contenders"]
        return [PeerContender(self, index, facts) for index, facts in enumerate(found)]

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for file in (self.process.stdin, self.process.stdout, self.errors):
            try:
                file.close()
            except BrokenPipeError:  # The worker has ended and did not read the request.
                pass


class PeerContender:
    def __init__(self, worker, index, facts):
        self.worker, self.index = worker, index
        self.entry = {"engine": facts.pop("name"), "ours": False, **facts}

    def measure(self, seconds, _):
        reply = self.worker.ask(measure=self.index, seconds=seconds)
        return {"host": summary(reply["host_ms"]), "device": summary(reply["device_ms"]),
                "peak_rss_bytes": reply["peak_rss_bytes"]}


def call_mace(binary, words, scratch, limit_s=None):
    """Calls the command once and gives its JSON. `limit_s`: the most seconds; by default there is no limit."""
    # Caches of the drivers would hide a cache file that does not work.
    folder = os.path.join(scratch, "driver")
    os.makedirs(folder, exist_ok=True)
    environment = dict(os.environ, POCL_CACHE_DIR=folder, CUDA_CACHE_DISABLE="1", NEO_CACHE_PERSISTENT="0")
    try:
        done = subprocess.run([binary, *words, "--json", "-"], env=environment, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, errors="replace", check=False, timeout=limit_s)
    except subprocess.TimeoutExpired as late:
        raise Failed("no answer in %g s" % limit_s) from late
    if done.returncode != 0:
        raise Failed(why_ended(done.returncode, done.stderr))
    return json.loads(done.stdout)


class Mace:
    """The command with a device, a precision and so on. Each measurement is a new process."""

    def __init__(self, binary, options, cache, scratch):
        """`options`: command-line options, such as device and precision, as a dict of names without dashes."""
        self.binary, self.options, self.cache, self.scratch = binary, options, cache, scratch
        self.precision = options["precision"]
        self.label = "mace %s %s" % (options["device"], self.precision)

    def words(self, verb, stem):
        """The command line for a model, without what differs from call to call."""
        words = [verb, stem + ".onnx", "--cache", self.cache, "--input", "input=" + stem + ".input.npy"]
        return words + self.option_words()

    def option_words(self):
        return [word for name, value in self.options.items() for word in ("--" + name, value)]

    def call(self, verb, stem, *extra):
        return call_mace(self.binary, [*self.words(verb, stem), *extra], self.scratch)

    def load(self, stem):
        """Runs a cold start, including tuning, or a warm one if the cache file exists."""
        return [MaceContender(self, stem, self.call("run", stem, "--iterations", "10"))]

    def close(self):
        pass


class MaceContender:
    def __init__(self, mace, stem, cold):
        self.mace, self.stem = mace, stem
        self.guess_ms = max(cold["latency_ms"]["min"], 1e-3)
        self.entry = {"engine": "mace", "ours": True, "precision": mace.options["precision"],
                      "asked_device": mace.options["device"], "device": cold["device"], "driver": cold["driver"],
                      "memory": cold["memory"], "tuning": mace.options["tuning"],
                      "cold_status": cold["cache"]["status"],
                      "cold_first_output_ms": cold["first_output_ms"], "max_error": None}

    def measure(self, seconds, replay):
        """Runs `mace run` and checks its output or, with `replay` and after `profile`, runs `mace profile`."""
        count = str(min(max(int(seconds * 1e3 / self.guess_ms), 5), 2000))
        checked = self.entry["max_error"] is not None
        found = self.profile(count) if replay else {}
        if not checked or "host" not in found:
            found = {**self.run(count), "device": found.get("device")}
        return found

    def run(self, count):
        outputs = os.path.join(self.mace.scratch, "outputs")
        report = self.mace.call("run", self.stem, "--iterations", count, "--warmup", "3", "--output-dir", outputs)
        found = np.load(report["outputs"][0]["file"])
        error = relative_error(found, np.load(self.stem + ".output.npy"))
        cache = report["cache"]
        self.entry.update(max_error=max(error, self.entry["max_error"] or 0),
                          warm_first_output_ms=report["first_output_ms"], launches_per_run=report["launches_per_run"],
                          peak_device_bytes=report["peak_device_bytes"], ops_on_cpu=report["ops"]["cpu"],
                          cache_status=cache["status"], built_from_source=cache["built_from_source"])
        return {"host": self.times(report["latency_ms"]), "peak_rss_bytes": report["peak_rss_bytes"]}

    def profile(self, count):
        """Times the launches only, with inputs and outputs on the device, like the replay of a CUDA graph."""
        try:
            report = self.mace.call("profile", self.stem, "--iterations", count)
        except Failed:
            return {}
        return {"host": self.times(report["latency_ms"]), "device": self.times(report["replay_ms"]),
                "peak_rss_bytes": None}

    @staticmethod
    def times(latency):
        return latency and {"min": latency["min"], "median": latency["p50"], "n": latency["n"]}

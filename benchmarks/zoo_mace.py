"""The command `mace` on a case of zoo_cases.py: cold and warm starts, latency, outputs, and the time of each op."""
import os
import tempfile

from peer_processes import Mace, MaceContender, call_mace, median


def create_and_run_ms(report):
    """The time of a start as an app sees it: the engine made, and its first run."""
    first = next((part for part in report["start_parts"] if part["name"] == "first run"), None)
    return report["init_ms"] + (first["end_ms"] - first["begin_ms"] if first else 0.0)


class CaseMace(Mace):
    """Runs cases. Each process finds the caches of the drivers empty, so that mace's own cache file alone is warm."""

    def __init__(self, options, choices, scratch):
        """`options`: those of benchmarks/zoo. `choices`: command-line options, as of Mace."""
        cache = os.path.join(scratch, "cache-%s.bin" % choices["precision"])
        super().__init__(options.mace, choices, cache, scratch)
        self.limit_s = options.timeout

    def words(self, verb, case):
        words = [verb, case["model"], "--cache", self.cache, *case["args"], *self.option_words()]
        words += ["--data", case["data"]] if case["data"] else []
        for name, path in case["inputs"].items():
            words += ["--input", "%s=%s" % (name, path)]
        return words

    def call(self, verb, case, *extra):
        with tempfile.TemporaryDirectory(dir=self.scratch) as folder:
            return call_mace(self.binary, [*self.words(verb, case), *extra], folder, self.limit_s)

    def load(self, case):
        """Runs the cold start, which writes the cache file."""
        return [CaseContender(self, case, self.call("run", case, "--iterations", "5"))]


class CaseContender(MaceContender):
    def __init__(self, mace, case, cold):
        super().__init__(mace, case, cold)
        self.case, self.warm_starts = case, []
        self.entry.update(cold_start_ms=create_and_run_ms(cold) + (cold["cache"]["written_ms"] or 0.0))

    def measure(self, seconds, replay):
        """A warm start with its runs; the outputs of the last one are checked later. `replay` is not for whole cases."""
        count = str(min(max(int(seconds * 1e3 / self.guess_ms), 5), 20000))
        outputs = os.path.join(self.mace.scratch, "mace-" + self.mace.precision)
        report = self.mace.call("run", self.case, "--iterations", count, "--warmup", "3", "--output-dir", outputs)
        self.warm_starts.append(create_and_run_ms(report))
        self.entry.update(outputs=[(output["name"], output["file"]) for output in report["outputs"]],
                          warm_start_ms=median(self.warm_starts), launches_per_run=report["launches_per_run"],
                          ops_on_cpu=report["ops"]["cpu"], cache_status=report["cache"]["status"],
                          built_from_source=report["cache"]["built_from_source"])
        return {"host": self.times(report["latency_ms"]), "peak_rss_bytes": report["peak_rss_bytes"]}

    def profile(self, seconds):
        """The time of each type of op: {"latency_ms", "ops_ms", "types": [{"type", "ms", "ops"}]}. Raises Failed."""
        count = str(min(max(int(seconds * 1e3 / self.guess_ms), 5), 200))
        report = self.mace.call("profile", self.case, "--iterations", count)
        return {"latency_ms": report["latency_ms"]["min"], "ops_ms": report["ops_ms"],
                "types": [{key: one[key] for key in ("type", "ms", "ops")} for one in report["types"]]}


def inspect(binary, case, limit_s, scratch):
    """The JSON of `mace inspect`, which says what inputs a model has."""
    words = ["inspect", case["model"], *case["args"]]
    words += ["--data", case["data"]] if case["data"] else []
    return call_mace(binary, words, scratch, limit_s)

"""Metrics of a replica, which Ray shows to Prometheus on each node's metrics port.

Ray puts "ray_" before each name, and adds tags of its own (application, deployment, replica, node).
"""

from typing import Any, Dict

from ray.util.metrics import Counter, Gauge, Histogram

from mace.ray._engine_start import WorkerStart

# Seconds: from a tenth of a millisecond to ten seconds.
_LATENCY = [
    0.0001,
    0.00025,
    0.0005,
    0.001,
    0.0025,
    0.005,
    0.01,
    0.025,
    0.05,
    0.1,
    0.25,
    0.5,
    1,
    2.5,
    5,
    10,
]
_ROWS = [1, 2, 4, 8, 16, 32, 64, 128, 256]


class Metrics:
    """The metrics of all models of one replica."""

    def __init__(self) -> None:
        self._latency = Histogram(
            "mace_inference_seconds",
            "From the request to the response, in seconds.",
            _LATENCY,
            ("model", "status"),
        )
        self._run = Histogram(
            "mace_batch_seconds", "Time of computing a batch, in seconds.", _LATENCY, ("model",)
        )
        self._rows = Histogram(
            "mace_batch_rows", "Rows that were computed together.", _ROWS, ("model",)
        )
        self._starts = Counter(
            "mace_engine_starts",
            "Starts of engines; start: warm or cold.",
            ("model", "start", "source"),
        )
        self._compiled = Gauge(
            "mace_programs_compiled", "Programs that the driver compiled from source.", ("model",)
        )
        self._start_seconds = Gauge("mace_engine_start_seconds", "Time of the start.", ("model",))
        self._memory = Gauge(
            "mace_device_bytes", "Bytes of weights and activations on the device.", ("model",)
        )
        self._peak = Gauge(
            "mace_device_peak_bytes", "The most bytes on the device so far.", ("model",)
        )

    def started(self, model: str, start: WorkerStart) -> None:
        """An engine has started."""
        tags = {
            "model": model,
            "start": "warm" if start.is_warm else "cold",
            "source": start.source,
        }
        self._starts.inc(1, tags)
        self._start_seconds.set(start.seconds, {"model": model})

    def answered(self, model: str, seconds: float, status: int) -> None:
        """An inference request was answered."""
        self._latency.observe(seconds, {"model": model, "status": str(status)})

    def computed(self, model: str, rows: int, seconds: float) -> None:
        """A batch was computed."""
        tags = {"model": model}
        self._rows.observe(rows, tags)
        self._run.observe(seconds, tags)

    def state(self, model: str, statistics: Any) -> None:
        """The `mace.Statistics` of a model's engine."""
        tags: Dict[str, str] = {"model": model}
        self._compiled.set(statistics.cache.built_from_source, tags)
        self._memory.set(statistics.device_bytes, tags)
        self._peak.set(statistics.peak_device_bytes, tags)

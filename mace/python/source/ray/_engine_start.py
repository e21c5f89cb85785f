"""Starts an engine on a host of the cluster, warm wherever a worker has compiled before."""

import dataclasses
import hashlib
import logging
import os
import threading
import time
import uuid
from typing import Any, Dict, Mapping, Optional, Sequence, Tuple, Union

import ray

import mace
from mace._row_batches import RowBatches, batch_sizes
from mace.ray._cache_directory import cache_directory
from mace.ray._host_cache import HostCache, device_key

ModelBytes = Union[bytes, Any]

_log = logging.getLogger("mace.ray")


@dataclasses.dataclass(frozen=True)
class EngineSpec:
    """A model, and how workers compile it. Travels to the workers by pickling."""

    model: Union[str, ModelBytes]
    """A path that exists on every host, or the bytes of the file."""
    data: Union[None, str, ModelBytes] = None
    """The weights of a MACE model: a path or bytes, as the model is. None: the path beside it."""
    batch_sizes: Tuple[int, ...] = (1,)
    options: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """Options of `mace.Engine`, but for `data` and those of the cache."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "batch_sizes", batch_sizes(self.batch_sizes))
        for name in self.options:
            if name == "data" or name.startswith("cache"):
                raise ValueError("options: %s is decided by mace.ray" % name)

    @classmethod
    def read(
        cls,
        path: str,
        data: Optional[str] = None,
        *,
        batch_sizes: Sequence[int] = (1,),
        options: Optional[Mapping[str, Any]] = None
    ) -> "EngineSpec":
        """Reads the files here, for workers that do not have them. A model whose ONNX file names
        files of external data has to lie on every host instead. Raises OSError."""
        weights = data or _weights_beside(path)
        return cls(
            _content(path),
            _content(weights) if weights else b"",
            tuple(batch_sizes),
            dict(options or {}),
        )

    def digest(self) -> str:
        """Tells apart what is compiled: the files' bytes, the options, the batch sizes."""
        hasher = hashlib.sha256()
        parts = [self.model, self.data]
        if isinstance(self.model, str) and self.data is None:
            parts[1] = _weights_beside(self.model)
        for part in parts:
            content = _content(part) if isinstance(part, str) else part or b""
            hasher.update(b"%d:" % len(content))
            hasher.update(content)
        hasher.update(repr((self.batch_sizes, sorted(self.options.items()))).encode())
        return hasher.hexdigest()

    def engine(self, cache: Optional[str]) -> mace.Engine:
        """Loads and compiles. Raises mace.Error and the other errors of `mace.Engine`."""
        if isinstance(self.model, str):
            return mace.Engine(self.model, data=self.data, cache=cache, **self.options)
        return mace.Engine.from_bytes(self.model, self.data or b"", cache=cache, **self.options)


@dataclasses.dataclass(frozen=True)
class WorkerStart:
    """How an engine of a worker started."""

    host: str
    node_id: str
    process: int
    device: str
    driver: str
    source: str
    """Where the programs came from: "compiled" (the first worker, which published them), "fetched"
    from the cluster, "host" (the file of an earlier worker of this host), "alone" (the directory
    gave no answer) or "none" (the CPU reference compiles nothing)."""
    compiled: int
    """Programs that were given to the driver's compiler as source."""
    cache_bytes: int
    """Of the host's cache file after the start."""
    seconds: float
    """From the start to the end of the last batch size's first run."""

    @property
    def is_warm(self) -> bool:
        """Whether nothing was compiled."""
        return self.compiled == 0


def start_engine(
    spec: EngineSpec, cache_folder: Optional[str] = None
) -> Tuple[RowBatches, WorkerStart]:
    """Starts an engine in a process of a Ray cluster, prepared for each batch size.

    Args:
      spec: the model and its options.
      cache_folder: where this host keeps its cache file; None: `HostCache` says where.

    A failure of the directory or of what it holds makes a cold start, never an error. Raises the
    errors of `mace.Engine` and of `RowBatches.prepare`.
    """
    began = time.perf_counter()
    device = spec.options.get("device", "gpu")
    if device == "cpu":
        batches, source, path = _prepared(spec, None), "none", None
    else:
        host_cache = HostCache(device_key(device), cache_folder)
        batches, source = _start_shared(spec, host_cache)
        path = host_cache.path
    start = _started(batches, source, path, began)
    try:
        cache_directory().report.remote(start)
    except ray.exceptions.RayError as error:
        _log.warning("the cluster's cache directory takes no report: %s", error)
    return batches, start


def _start_shared(spec: EngineSpec, host_cache: HostCache) -> Tuple[RowBatches, str]:
    """The prepared engine, and `WorkerStart.source`."""
    key = hashlib.sha256((host_cache.device + spec.digest()).encode()).hexdigest()
    if not host_cache.holds(key):
        return _start_with_directory(spec, host_cache, key)
    batches = _prepared(spec, host_cache.path)
    _offer(host_cache, key)
    return batches, "host"


def _start_with_directory(
    spec: EngineSpec, host_cache: HostCache, key: str
) -> Tuple[RowBatches, str]:
    worker = uuid.uuid4().hex
    try:
        directory = cache_directory()
        kind, value = ray.get(directory.obtain.remote(key, worker))
        content = ray.get(value) if kind == "content" else None
    except ray.exceptions.RayError as error:
        _log.warning(
            "the cluster's cache directory gives no answer, this worker starts alone: %s", error
        )
        return _prepared(spec, host_cache.path), "alone"
    if content is not None:
        source = "fetched"
        try:
            host_cache.install(content, key)
        except (mace.Error, OSError) as error:
            _log.warning("the cache file of the cluster is not used: %s", error)
            source = "alone"
        return _prepared(spec, host_cache.path), source
    with _Lease(directory, key, worker, value):
        batches = _prepared(spec, host_cache.path)
        batches.compiled.save_cache()
        ray.get(directory.publish.remote(key, worker, host_cache.content()))
    host_cache.note(key)
    return batches, "compiled"


def _offer(host_cache: HostCache, key: str) -> None:
    """Publishes the file that an earlier cluster left on this host, where this cluster has none."""
    try:
        directory = cache_directory()
        if ray.get(directory.lacks.remote(key)):
            directory.publish.remote(key, "", host_cache.content())
    except ray.exceptions.RayError as error:
        _log.warning("the cluster's cache directory gives no answer: %s", error)


class _Lease:
    """Renews a lease of the directory on a thread, until the end of a `with`."""

    def __init__(self, directory: Any, key: str, worker: str, seconds: float) -> None:
        self._directory, self._key, self._worker = directory, key, worker
        self._seconds = seconds
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._renew, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, kind: Any, *raised: Any) -> None:
        self._ended.set()
        self._thread.join()
        if kind is not None:
            self._directory.release.remote(self._key, self._worker)

    def _renew(self) -> None:
        while not self._ended.wait(self._seconds / 5):
            self._directory.renew.remote(self._key, self._worker)


def _prepared(spec: EngineSpec, cache: Optional[str]) -> RowBatches:
    batches = RowBatches(spec.engine(cache), spec.batch_sizes)
    batches.prepare()
    return batches


def _started(batches: RowBatches, source: str, path: Optional[str], began: float) -> WorkerStart:
    statistics = batches.compiled.statistics
    context = ray.get_runtime_context()
    return WorkerStart(
        host=os.uname().nodename,
        node_id=context.get_node_id(),
        process=os.getpid(),
        device=statistics.device,
        driver=statistics.driver,
        source=source,
        compiled=statistics.cache.built_from_source,
        cache_bytes=os.path.getsize(path) if path and os.path.exists(path) else 0,
        seconds=time.perf_counter() - began,
    )


def _weights_beside(path: str) -> Optional[str]:
    """The file of a MACE model's weights, if there is one."""
    weights = os.path.splitext(path)[0] + ".data"
    return weights if path.endswith(".pb") and os.path.exists(weights) else None


def _content(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()

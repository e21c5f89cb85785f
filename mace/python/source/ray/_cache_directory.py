"""An actor on the head of the cluster that keeps the bytes of cache files for new workers."""

import asyncio
import time
from typing import Any, Dict, List, Optional, Tuple

import ray

NAME = "mace_cache_directory"
NAMESPACE = "mace"
LEASE_SECONDS = 15.0
"""A worker that compiles renews its lease several times in this time; one that died does not, and
the next worker compiles."""
KEPT_STARTS = 10000


class _Entry:
    """What is known of one key."""

    def __init__(self) -> None:
        self.content: Optional[ray.ObjectRef] = None
        self.holder = ""
        self.lease_ends = 0.0


class CacheDirectory:
    """The actor's class. Its methods run on one event loop.

    A key stands for a device, its driver and what a worker runs on it. The first worker that asks
    for a key gets a lease and compiles; the others wait until it has published the bytes.
    """

    def __init__(self, lease_seconds: float = LEASE_SECONDS) -> None:
        self._entries: Dict[str, _Entry] = {}
        self._starts: List[Any] = []
        self._lease_seconds = lease_seconds
        self._changed = asyncio.Condition()

    async def obtain(self, key: str, worker: str) -> Tuple[str, Any]:
        """("content", reference to the bytes) or ("lease", seconds): the worker is to compile, to
        renew the lease within these seconds, and to call `publish` or `release`."""
        entry = self._entries.setdefault(key, _Entry())
        async with self._changed:
            while True:
                if entry.content is not None:
                    # In a tuple the reference is handed on as it is: the caller fetches it itself.
                    return "content", entry.content
                now = time.monotonic()
                if now >= entry.lease_ends or entry.holder == worker:
                    entry.holder, entry.lease_ends = worker, now + self._lease_seconds
                    return "lease", self._lease_seconds
                try:
                    await asyncio.wait_for(self._changed.wait(), entry.lease_ends - now)
                except asyncio.TimeoutError:
                    pass  # The lease may have been renewed meanwhile.

    async def renew(self, key: str, worker: str) -> None:
        """Keeps the lease for its whole time from now on."""
        entry = self._entries.setdefault(key, _Entry())
        if entry.holder == worker:
            entry.lease_ends = time.monotonic() + self._lease_seconds

    async def publish(self, key: str, worker: str, content: bytes) -> None:
        """Keeps the bytes of a cache file in this host's object store, for all who wait and come.
        Bytes of another worker are replaced: they are as good."""
        entry = self._entries.setdefault(key, _Entry())
        entry.content = ray.put(content)
        if entry.holder == worker:
            entry.holder, entry.lease_ends = "", 0.0
        await self._wake()

    async def release(self, key: str, worker: str) -> None:
        """Gives the lease up without bytes: the next worker compiles."""
        entry = self._entries.setdefault(key, _Entry())
        if entry.holder == worker:
            entry.holder, entry.lease_ends = "", 0.0
        await self._wake()

    async def lacks(self, key: str) -> bool:
        """Whether nobody has published bytes for the key."""
        entry = self._entries.get(key)
        return entry is None or entry.content is None

    async def report(self, start: Any) -> None:
        """Keeps the `WorkerStart` of a worker; the oldest are forgotten."""
        self._starts.append(start)
        del self._starts[:-KEPT_STARTS]

    async def starts(self) -> List[Any]:
        """The `WorkerStart` of each worker, in the order in which they started."""
        return list(self._starts)

    async def _wake(self) -> None:
        async with self._changed:
            self._changed.notify_all()


def cache_directory() -> Any:
    """The handle of the cluster's directory, which is made at the first call. It lies on the head
    node, outlives the program that made it, and takes no processor."""
    actor = ray.remote(CacheDirectory)
    return actor.options(
        name=NAME,
        namespace=NAMESPACE,
        lifetime="detached",
        get_if_exists=True,
        num_cpus=0,
        resources={"node:__internal_head__": 0.001},
        max_restarts=-1,
        max_concurrency=1000,
    ).remote()


def worker_starts() -> List[Any]:
    """How each worker of this cluster started: a list of `WorkerStart`, in order of time."""
    return ray.get(cache_directory().starts.remote())

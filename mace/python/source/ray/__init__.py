"""mace on the machines of a Ray cluster: batch inference over Ray Data, serving with Ray Serve.

    results = mace.ray.map_batches(dataset, "model.onnx", workers=8)       # a ray.data.Dataset
    mace.ray.serve({"digits": "/models/digits.pb"}, host="0.0.0.0")        # Open Inference Protocol

Engines start warm: the first worker that compiles for a kind of device publishes its cache file in
the cluster, and every later worker fetches it before it starts (`CacheDirectory`). `worker_starts()`
tells how each worker started.

Ray is needed where this module is imported, not for `import mace`:
pip install 'ray[data,serve,default]'. docs/many_machines.md explains the whole.
"""
try:
    import ray as _ray  # noqa: F401  # What follows cannot do without it.
except ImportError as _error:
    raise ImportError("mace.ray: expected the package ray, found none: "
                      "pip install 'ray[data,serve,default]'") from _error

from mace.ray._cache_directory import CacheDirectory, worker_starts
from mace.ray._data import BatchPredictor, map_batches
from mace.ray._engine_start import EngineSpec, WorkerStart, start_engine
from mace.ray._serving import ServingOptions, application, build_application, serve

__all__ = [
    "BatchPredictor", "CacheDirectory", "EngineSpec", "ServingOptions", "WorkerStart", "application",
    "build_application", "map_batches", "serve", "start_engine", "worker_starts",
]

"""mace on the machines of a Ray cluster: batch inference over Ray Data, serving with Ray Serve.

    results = mace.ray.map_batches(dataset, "model.onnx", workers=8)  # a ray.data.Dataset
    mace.ray.serve({"digits": "/models/digits.pb"}, host="0.0.0.0")  # Open Inference Protocol

Engines start warm: the first worker that compiles for a kind of device publishes its cache file in
the cluster, and every later worker fetches it before it starts (`CacheDirectory`).
`worker_starts()` tells how each worker started.

Ray is loaded when one of these names is used first, and is not needed for `import mace`:
pip install 'ray[data,serve,default]'. docs/many_machines.md explains the whole.
"""

import importlib
from typing import Any, List

_MODULES = {
    "BatchPredictor": "_data",
    "CacheDirectory": "_cache_directory",
    "EngineSpec": "_engine_start",
    "ServingOptions": "_serving",
    "WorkerStart": "_engine_start",
    "application": "_serving",
    "build_application": "_serving",
    "map_batches": "_data",
    "serve": "_serving",
    "start_engine": "_engine_start",
    "worker_starts": "_cache_directory",
}
"""Where each name lies."""

__all__ = sorted(_MODULES)


def __getattr__(name: str) -> Any:
    """The class or function of this name. Raises ImportError, with what to install, without Ray."""
    if name not in _MODULES:
        raise AttributeError("mace.ray: expected one of %s, found %s" % (", ".join(__all__), name))
    try:
        module = importlib.import_module("mace.ray." + _MODULES[name])
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] not in ("ray", "starlette"):
            raise
        raise ImportError(
            "mace.ray: expected the package ray with its parts data and serve, found no %s: "
            "pip install 'ray[data,serve,default]'" % error.name
        ) from None
    value = getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> List[str]:
    return sorted({*globals(), *__all__})

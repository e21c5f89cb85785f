"""Tools over a compiled-program cache file; `mace cache` has the rest."""
from mace._mace import cache_info as info
from mace._mace import cache_merge as merge
from mace._mace import cache_prune as prune
from mace._mace import cache_verify as verify
from mace._mace import Engine

__all__ = ["build", "info", "merge", "prune", "verify"]


def build(models, cache, **options):
    """Compiles models for the device at hand, ahead of their first start, into the file `cache`.

    Each model runs once with zeros, since a driver finishes its programs at their first use. `options` are
    those of mace.Engine. Returns the statistics of each engine.
    """
    import numpy

    stats = []
    for model in models:
        engine = Engine(model, cache=cache, **options)
        engine.run({port["name"]: numpy.zeros(port["shape"], port["dtype"]) for port in engine.inputs})
        engine.finish_cache()
        stats.append(engine.stats)
    return stats

"""Tools over a compiled-program cache file; `mace cache` has the rest."""
from typing import Any, Iterable, List

from mace import _options
from mace._engine import Engine
from mace._mace import cache_info as info
from mace._mace import cache_merge as merge
from mace._mace import cache_prune as prune
from mace._mace import cache_verify as verify
from mace._records import Statistics

__all__ = ["build", "info", "merge", "prune", "verify"]


def build(models: Iterable[_options.PathName], cache: _options.PathName, **options: Any) -> List[Statistics]:
    """Compiles models for the device at hand, ahead of their first start, into the file `cache`.

    Each model runs once with zeros, since a driver finishes its programs at their first use.
    `options` are those of `mace.Engine`, and so are the errors. Returns the statistics of each.
    """
    statistics = []
    for model in models:
        with Engine(model, cache=cache, **options) as engine:
            engine.save_cache()
            statistics.append(engine.statistics)
    return statistics

"""Tools for compiled-program cache files; the command `mace cache` has more."""
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
    """Compiles models for the device at hand in advance and writes the programs into `cache`.

    Each model runs once with zeros, because drivers complete programs at their first use. Options
    and errors are those of `mace.Engine`. Returns the statistics of each model.
    """
    statistics = []
    for model in models:
        with Engine(model, cache=cache, **options) as engine:
            engine.save_cache()
            statistics.append(engine.statistics)
    return statistics

"""Loads a file and compiles it for a device in one call."""
import inspect
from typing import Any, Dict, Tuple

from mace import _options
from mace._compiled_model import CompiledModel
from mace._model import Model, ModelFile
from mace._records import Statistics


class Engine(CompiledModel):
    """`Model.load` and `CompiledModel` in one call. All methods are those of CompiledModel.

    The file is read while the device is opened, which saves most of the reading time.
    """

    def __init__(self, model: _options.PathName, **options: Any) -> None:
        """Loads and compiles the file `model`.

        Options and errors are those of `Model.load` and of `CompiledModel`. `host_memory_limit`
        applies to both.
        """
        load_options, compile_options = _split(options)
        super().__init__(ModelFile(model, **load_options), **compile_options)

    @classmethod
    def from_bytes(cls, model: Any, data: Any = b"", **options: Any) -> "Engine":
        """Loads and compiles a model in memory: `Model.from_bytes` and `CompiledModel` in one call.

        `model`, and `data` with the weights of a MACE model, are bytes or objects with the buffer
        protocol.
        """
        load_options, compile_options = _split(options)
        engine = cls.__new__(cls)
        CompiledModel.__init__(engine, Model.from_bytes(model, data, **load_options), **compile_options)
        return engine

    @property
    def stats(self) -> Statistics:
        """The same as `statistics`."""
        return self.statistics

    def finish_cache(self) -> None:
        """The same as `save_cache`."""
        self.save_cache()


def _keywords(function: Any) -> Dict[str, inspect.Parameter]:
    parameters = inspect.signature(function).parameters
    return {name: parameter for name, parameter in parameters.items()
            if parameter.kind == inspect.Parameter.KEYWORD_ONLY}


_LOAD, _COMPILE = _keywords(Model.load), _keywords(CompiledModel.__init__)


def _split(options: Dict[str, Any]) -> Tuple[Dict[str, Any], Dict[str, Any]]:
    """The options of loading and those of compiling. The latter include unknown ones, to be refused."""
    load_options = {name: value for name, value in options.items() if name in _LOAD}
    compile_options = {name: value for name, value in options.items() if name in _COMPILE or name not in _LOAD}
    return load_options, compile_options


def _show_options(function: Any, options: Dict[str, inspect.Parameter]) -> None:
    """Makes help() list the options and their defaults instead of `**options`."""
    signature = inspect.signature(function)
    own = [parameter for parameter in signature.parameters.values()
           if parameter.kind != inspect.Parameter.VAR_KEYWORD]
    function.__signature__ = signature.replace(parameters=own + list(options.values()))


_show_options(Engine.__init__, {**_LOAD, **_COMPILE})
_show_options(Engine.from_bytes.__func__,  # type: ignore[attr-defined]
              {name: parameter for name, parameter in {**_LOAD, **_COMPILE}.items() if name != "data"})

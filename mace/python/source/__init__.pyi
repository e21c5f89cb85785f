from os import PathLike
from typing import Any, Dict, List, Mapping, Sequence, Tuple, TypedDict, Union

import numpy
import numpy.typing

from mace import cache as cache

class Port(TypedDict):
    name: str
    shape: Tuple[int, ...]
    dtype: str
    layout: str

class Difference(TypedDict):
    same_shape: bool
    max_abs_error: float
    max_rel_error: float
    range: float
    cosine: float
    snr_db: float
    passed: bool

class Error(RuntimeError):
    code: str

class Engine:
    def __init__(
        self,
        model: Union[str, PathLike[str]],
        *,
        device: str = ...,
        memory: str = ...,
        precision: str = ...,
        tuning: str = ...,
        allow_fallback: bool = ...,
        environment: str = ...,
        kept_plans: int = ...,
        kept_plan_bytes: int = ...,
        host_memory_limit: int = ...,
        device_memory_limit: int = ...,
        cache: Union[str, PathLike[str], None] = ...,
        cache_read_only: bool = ...,
        cache_public_key: str = ...,
        cache_min_generation: int = ...,
        cache_allow_shared: bool = ...,
        cache_size_limit: int = ...,
        data: Union[str, PathLike[str], None] = ...,
        input_shapes: Mapping[str, Sequence[int]] = ...,
        open_shapes: Mapping[str, Sequence[int]] = ...,
        inputs: Sequence[str] = ...,
        outputs: Sequence[str] = ...,
        input_values: Mapping[str, numpy.typing.ArrayLike] = ...,
    ) -> None: ...
    @staticmethod
    def from_bytes(model: bytes, weights: bytes = ..., **options: Any) -> Engine: ...
    def run(self, inputs: Mapping[str, numpy.typing.ArrayLike]) -> Dict[str, numpy.ndarray]: ...
    def finish_cache(self) -> None: ...
    def close(self) -> None: ...
    def __enter__(self) -> Engine: ...
    def __exit__(self, *raised: Any) -> None: ...
    @property
    def inputs(self) -> List[Port]: ...
    @property
    def outputs(self) -> List[Port]: ...
    @property
    def stats(self) -> Dict[str, Any]: ...
    @property
    def note(self) -> str: ...

def compare(
    engine: Engine,
    reference: Union[Engine, Mapping[str, numpy.typing.ArrayLike]],
    inputs: Mapping[str, numpy.typing.ArrayLike],
    rtol: float = ...,
) -> Dict[str, Difference]: ...
def devices() -> List[Dict[str, Any]]: ...

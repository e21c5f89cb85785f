"""The extension module, which the package is written over: no part of the API."""
import enum
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

import numpy

VERSION: str
DEFAULT_RTOL: float

class Error(RuntimeError):
    """A failure of the engine; `code` says of which kind."""

    code: str

class Storage(enum.Enum):
    auto = ...
    image = ...
    buffer = ...

class Precision(enum.Enum):
    fp32 = ...
    tf32 = ...
    fp16 = ...

class Tuning(enum.Enum):
    none = ...
    fast = ...
    full = ...

class Environment(enum.Enum):
    when_needed = ...
    never = ...

class LogLevel(enum.Enum):
    error = ...
    warning = ...
    info = ...
    debug = ...

class LoadOptions:
    data_path: str
    input_dims: Dict[str, List[int]]
    dynamic_dims: Dict[str, List[int]]
    inputs: List[str]
    outputs: List[str]
    signature: str
    host_memory_limit: int
    def set_value(self, name: str, array: numpy.ndarray) -> None: ...

class CacheOptions:
    path: str
    size_limit: int
    public_key: str
    min_generation: int
    allow_shared: bool
    read_only: bool
    save_after_first_run: bool

class Limits:
    host_bytes: int
    device_bytes: int
    kept_plans: int
    kept_plan_bytes: int

class CompileOptions:
    device: str
    storage: Storage
    precision: Precision
    tuning: Tuning
    environment: Environment
    allow_cpu_fallback: bool
    separate_launches: bool
    split_batch: bool
    @property
    def cache(self) -> CacheOptions: ...
    @property
    def limits(self) -> Limits: ...
    def set_tuning_progress(self, callable: Callable[[int, int, float], Any]) -> None: ...

class TensorSpec:
    name: str
    dtype: str
    shape: Tuple[int, ...]
    layout: str
    dim_names: Tuple[str, ...]

class Device:
    name: str
    vendor: str
    platform: str
    platform_version: str
    version: str
    driver: str
    type: str
    compute_units: int
    clock_mhz: int
    memory_bytes: int
    max_allocation_bytes: int
    local_memory_bytes: int
    max_work_group_size: int
    images: bool
    max_image_width: int
    max_image_height: int
    half_images: bool
    half_arithmetic: bool
    host_unified_memory: bool
    is_default: bool
    uuid: str
    pci_address: str

class SaveReport:
    data_path: str
    nodes: int
    model_bytes: int
    data_bytes: int
    beyond_upstream: List[str]

class CpuNode:
    name: str
    type: str
    why: str

class CacheStatistics:
    file: str
    status: str
    reason: str
    hits: int
    misses: int
    built_from_source: int
    loaded_bytes: int
    written_ms: float

class TuningStatistics:
    plan: str
    level: str
    measured: int
    found: int
    left: int
    ms: float

class Statistics:
    device: str
    driver: str
    compile_ms: float
    device_open_ms: float
    program_ms: float
    batch_slices: int
    launches_per_run: int
    gpu_image_nodes: int
    gpu_buffer_nodes: int
    cpu_nodes: int
    folded_nodes: int
    cpu_node_list: List[CpuNode]
    tuning: TuningStatistics
    cache: CacheStatistics
    plans: int
    device_bytes: int
    peak_device_bytes: int
    runs: int

class RunStatistics:
    latency_ms: float
    made_plan: bool

class Difference:
    same_shape: bool
    max_abs_error: float
    max_rel_error: float
    range: float
    cosine: float
    snr_db: float

class Request:
    def set_input(self, index: int, array: numpy.ndarray) -> None: ...
    def set_output(self, index: int, array: Optional[numpy.ndarray]) -> None: ...
    def select_outputs(self, indices: Sequence[int]) -> None: ...
    def bind_state(self, output: int, input: int) -> None: ...
    def clear_states(self) -> None: ...
    def run(self, seconds: Optional[float]) -> None: ...
    def start(self) -> None: ...
    def wait(self, seconds: Optional[float]) -> None: ...
    def cancel(self) -> None: ...
    def get(self, index: int) -> numpy.ndarray: ...
    @property
    def statistics(self) -> RunStatistics: ...

class Model:
    @staticmethod
    def load(path: str, options: LoadOptions) -> Model: ...
    @staticmethod
    def from_bytes(model: Any, data: Any, options: LoadOptions) -> Model: ...
    @property
    def inputs(self) -> List[TensorSpec]: ...
    @property
    def outputs(self) -> List[TensorSpec]: ...
    @property
    def format(self) -> str: ...
    def save(self, path: str, data: str, half_weights: bool) -> SaveReport: ...

class CompiledModel:
    @staticmethod
    def compile(model: Model, options: CompileOptions) -> CompiledModel: ...
    @staticmethod
    def load(path: str, load_options: LoadOptions, options: CompileOptions) -> CompiledModel: ...
    @property
    def inputs(self) -> List[TensorSpec]: ...
    @property
    def outputs(self) -> List[TensorSpec]: ...
    def prepare(self, dims: Mapping[str, Sequence[int]], outputs: Sequence[str]) -> None: ...
    def new_request(self) -> Request: ...
    def save_cache(self) -> None: ...
    @property
    def statistics(self) -> Statistics: ...
    @property
    def note(self) -> str: ...

def list_devices(environment: Environment) -> List[Device]: ...
def set_log_level(level: LogLevel) -> None: ...
def set_log_sink(sink: Optional[Callable[[str, str], Any]]) -> None: ...
def difference(expected: numpy.ndarray, found: numpy.ndarray) -> Difference: ...
def cache_info(path: Any) -> Dict[str, Any]: ...
def cache_verify(path: Any) -> None: ...
def cache_merge(inputs: Sequence[str], output: str, key: Any = ..., unsigned: bool = ...) -> None: ...
def cache_prune(
    path: Any, size_limit: int = ..., largest_age: int = ..., key: Any = ..., unsigned: bool = ...
) -> int: ...

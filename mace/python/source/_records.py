"""Descriptions of models, devices and runs as dataclasses. All times are in milliseconds."""
import dataclasses
from typing import Any, List, Tuple, Type, TypeVar

from mace import _mace, _options

R = TypeVar("R", bound="Record")


class Record:
    """Fields as attributes, and by name as in a dict: `spec["dtype"]`, `dict(spec)`."""

    def keys(self) -> List[str]:
        """The names of the fields."""
        return [field.name for field in dataclasses.fields(self)]  # type: ignore[arg-type]

    def __getitem__(self, name: str) -> Any:
        if name not in self.keys():
            raise KeyError(name)
        return getattr(self, name)

    @classmethod
    def _of(cls: Type[R], core: Any) -> R:
        """The record with the values of the core's attributes of the same names."""
        return cls(**{field.name: getattr(core, field.name)
                      for field in dataclasses.fields(cls)})  # type: ignore[arg-type]


@dataclasses.dataclass(frozen=True)
class TensorSpec(Record):
    """Describes the arrays of an input or output of a model."""

    name: str
    dtype: str
    """numpy's name: "float32", "int64", ..."""
    shape: Tuple[int, ...]
    """Outermost extent first; -1: dynamic, decided by the array."""
    layout: str
    """"NHWC", "NCHW" or "NONE": what the model says of the order of the dims."""
    dim_names: Tuple[str, ...] = dataclasses.field(default=(), compare=False)
    """The name that the file gives to each extent of the shape, such as "batch"; "" where it gives
    none. Specs that differ in names alone are equal."""


@dataclasses.dataclass(frozen=True)
class Device(Record):
    """An OpenCL device of this machine."""

    name: str
    vendor: str
    platform: str
    platform_version: str
    version: str
    """OpenCL's, as the device says it."""
    driver: str
    type: str
    """"gpu", "cpu" or "accelerator"."""
    compute_units: int
    clock_mhz: int
    memory_bytes: int
    max_allocation_bytes: int
    local_memory_bytes: int
    """That one work-group can have."""
    max_work_group_size: int
    images: bool
    max_image_width: int
    """Of a 2D image, in texels of four elements; 0 without images."""
    max_image_height: int
    half_images: bool
    half_arithmetic: bool
    host_unified_memory: bool
    """The device and the host share one memory."""
    is_default: bool
    """What `device="gpu"` means."""
    uuid: str
    """What `device="uuid:..."` takes; empty where the driver does not tell."""
    pci_address: str
    """"0000:01:00.0", which `device="pci:..."` takes; empty where the driver does not tell."""


@dataclasses.dataclass(frozen=True)
class SaveReport(Record):
    """What `Model.save` has written."""

    data_path: str
    nodes: int
    model_bytes: int
    """Of the `.pb`."""
    data_bytes: int
    """Of the `.data`."""
    beyond_upstream: List[str]
    """"node 'x' (Type): why" or "input 'x': type", for each node, input and output that the runtime
    of the original MACE does not know. This library knows them all."""


@dataclasses.dataclass(frozen=True)
class CpuNode(Record):
    """A node that runs on the CPU, and why."""

    name: str
    type: str
    why: str


@dataclasses.dataclass(frozen=True)
class CacheStatistics(Record):
    """The use of the compiled-program cache file."""

    file: str
    """Its path; empty: no cache was asked for."""
    status: str
    """"cold", "warm", "partial", "off" or "rejected"."""
    reason: str
    """One line that says why the file was rejected."""
    hits: int
    misses: int
    built_from_source: int
    """Programs given to the driver's compiler as source."""
    loaded_bytes: int
    written_ms: float
    """Total time of fetching binaries from the driver and writing the file."""


@dataclasses.dataclass(frozen=True)
class TuningStatistics(Record):
    """How the plan was chosen."""

    plan: str
    """"estimated", "tuned", or "recorded" (found in the cache file)."""
    level: str
    """"none", "fast" or "full"."""
    measured: int
    """Variants measured in this process."""
    found: int
    """Variants whose measurements the cache file had."""
    left: int
    """Variants left out for lack of time."""
    ms: float
    """Time of measuring, including compiles."""


@dataclasses.dataclass(frozen=True)
class Statistics(Record):
    """The work of a compiled model until now."""

    device: str
    """"cpu reference" for the CPU."""
    driver: str
    compile_ms: float
    """Time of compiling the model, including device_open_ms."""
    device_open_ms: float
    """Time of opening the device."""
    program_ms: float
    """Total time of creating and building programs and kernels, over all plans."""
    batch_slices: int
    """This field and those up to `tuning` describe the plan that was made last."""
    launches_per_run: int
    gpu_image_nodes: int
    gpu_buffer_nodes: int
    cpu_nodes: int
    folded_nodes: int
    """Nodes that need no work in a run."""
    cpu_node_list: List[CpuNode]
    tuning: TuningStatistics
    cache: CacheStatistics
    plans: int
    """Plans in memory now; there is one for each set of input shapes."""
    device_bytes: int
    """Bytes of weights and activations on the device now."""
    peak_device_bytes: int
    """The largest device_bytes so far."""
    runs: int
    """Runs that succeeded."""

    @classmethod
    def _of(cls, core: Any) -> "Statistics":
        fields = {field.name: getattr(core, field.name) for field in dataclasses.fields(cls)}
        fields["cpu_node_list"] = [CpuNode._of(node) for node in core.cpu_node_list]
        fields["tuning"] = TuningStatistics._of(core.tuning)
        fields["cache"] = CacheStatistics._of(core.cache)
        return cls(**fields)


@dataclasses.dataclass(frozen=True)
class RunStatistics(Record):
    """Measurements of one run."""

    latency_ms: float
    """From the inputs on the host to the outputs on the host."""
    made_plan: bool
    """Whether the run waited for a plan, because there was none for the inputs' shapes."""


def list_devices(*, environment: str = "never") -> List[Device]:
    """Every OpenCL device of every platform, in the order of `device="gpu:N"`.

    Args:
      environment: "when_needed" or "never": whether variables may be set in the environment of this
        process before its first OpenCL call, which this may be.

    Without a driver the list is empty. Raises mace.Error "failed_precondition" in a child that was
    forked after OpenCL was used.
    """
    allowed = _options.word("environment", environment, _mace.Environment)
    return [Device._of(device) for device in _mace.list_devices(allowed)]

"""What a server says of its models."""

import dataclasses
import re
from typing import Any, Dict, List, Sequence, Tuple

from mace.open_inference._datatypes import datatype_of

_NAME = re.compile(r"[A-Za-z0-9._-]+")


@dataclasses.dataclass(frozen=True)
class TensorMetadata:
    """An input or output of a model."""

    name: str
    datatype: str
    """The protocol's name: "FP32", "INT64", ..."""
    shape: Tuple[int, ...]
    """Outermost extent first; -1: any extent."""

    @classmethod
    def of(cls, spec: Any, dynamic_outermost: bool) -> "TensorMetadata":
        """That of a `mace.TensorSpec`. `dynamic_outermost`: requests may have any number of rows,
        whatever the model declares. Raises ValueError for a dtype that the protocol lacks."""
        shape = tuple(spec.shape)
        if dynamic_outermost and shape:
            shape = (-1,) + shape[1:]
        return cls(spec.name, datatype_of(spec.dtype), shape)

    def as_json(self) -> Dict[str, Any]:
        """The protocol's object."""
        return {"name": self.name, "datatype": self.datatype, "shape": list(self.shape)}


@dataclasses.dataclass(frozen=True)
class ModelMetadata:
    """A model as the protocol shows it. Raises ValueError for a name that no path can hold."""

    name: str
    platform: str
    """What runs the model, such as "mace"."""
    inputs: Sequence[TensorMetadata]
    outputs: Sequence[TensorMetadata]
    version: str = "1"

    def __post_init__(self) -> None:
        for what, name in (("name", self.name), ("version", self.version)):
            if not isinstance(name, str) or not _NAME.fullmatch(name):
                raise ValueError(
                    "%s of a model: expected letters, digits, '.', '_' and '-', found %r"
                    % (what, name)
                )

    def as_json(self) -> Dict[str, Any]:
        """The protocol's answer to GET /v2/models/{name}."""
        inputs: List[Dict[str, Any]] = [tensor.as_json() for tensor in self.inputs]
        outputs: List[Dict[str, Any]] = [tensor.as_json() for tensor in self.outputs]
        return {
            "name": self.name,
            "versions": [self.version],
            "platform": self.platform,
            "inputs": inputs,
            "outputs": outputs,
        }

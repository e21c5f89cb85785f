"""Parses the body of an inference request."""

import dataclasses
import json
from typing import Any, Dict, List, NoReturn, Optional, Sequence

import numpy

from mace.open_inference._datatypes import array_of_bytes, array_of_json
from mace.open_inference._errors import refuse, shown
from mace.open_inference._metadata import ModelMetadata, TensorMetadata

HEADER_LENGTH = "inference-header-content-length"
"""The HTTP header with the number of bytes of JSON before the bytes of tensors."""

_SHARED_MEMORY = "shared_memory_region"


@dataclasses.dataclass
class InferenceRequest:
    """What a client asks of a model."""

    id: str
    """The client's; empty: none."""
    inputs: Dict[str, numpy.ndarray]
    """All inputs of the model by name, with the dtypes and ranks that it declares."""
    outputs: List[str]
    """The names of the wanted outputs, in the order of the response."""
    binary_outputs: Dict[str, bool]
    """For each wanted output, whether it is wanted as bytes behind the JSON."""


def parse_inference_request(
    body: bytes, header_length: Optional[str], model: ModelMetadata
) -> InferenceRequest:
    """Parses a request for a model.

    Args:
      body: JSON, or JSON followed by the bytes of tensors.
      header_length: the value of the HTTP header `HEADER_LENGTH`; None: the body is JSON alone.
      model: what the inputs are checked against.

    Arrays that came as bytes are views into `body`. Raises ProtocolError 400, with what was
    expected and found, for all that does not fit.
    """
    end = _json_bytes(len(body), header_length)
    request = _json_object(body[:end])
    parameters = _parameters(request, "request")
    if parameters.get("sequence_id") not in (None, 0, ""):
        refuse(
            "parameters: sequence_id: expected none, because models keep no state between requests"
        )
    identifier = request.get("id", "")
    if not isinstance(identifier, str):
        refuse("id: expected a string, found %s" % shown(identifier))
    inputs = _inputs(request, memoryview(body)[end:], header_length is not None, model)
    binary = _flag(parameters, "binary_data_output", False, "parameters")
    binary_outputs = _outputs(request, binary, model)
    return InferenceRequest(identifier, inputs, list(binary_outputs), binary_outputs)


def _json_bytes(size: int, header_length: Optional[str]) -> int:
    if header_length is None:
        return size
    text = header_length.strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 18 and int(text) <= size):
        refuse(
            "%s: expected a whole number of at most %d, the bytes of the body, found %s"
            % ("Inference-Header-Content-Length", size, shown(header_length))
        )
    return int(text)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError("%s is no number of JSON: send such tensors as binary data" % name)


def _json_object(text: bytes) -> Dict[str, Any]:
    try:
        value = json.loads(text.decode("utf-8"), parse_constant=_refuse_constant)
    except RecursionError:
        refuse("body: broken JSON: lists or objects are nested too deeply")
    except ValueError as error:  # Of decoding, of JSON, and of numbers with too many digits.
        refuse("body: broken JSON: %s" % error)
    if not isinstance(value, dict):
        refuse("body: expected a JSON object, found %s" % shown(value))
    return value


def _parameters(holder: Dict[str, Any], what: str) -> Dict[str, Any]:
    parameters = holder.get("parameters", {})
    if not isinstance(parameters, dict):
        refuse("%s: parameters: expected an object, found %s" % (what, shown(parameters)))
    if _SHARED_MEMORY in parameters:
        refuse("%s: shared memory is not supported: send the tensor in the request" % what)
    return parameters


def _flag(parameters: Dict[str, Any], name: str, default: bool, what: str) -> bool:
    value = parameters.get(name, default)
    if not isinstance(value, bool):
        refuse("%s: %s: expected true or false, found %s" % (what, name, shown(value)))
    return value


def _tensors(request: Dict[str, Any], field: str) -> List[Dict[str, Any]]:
    """The objects of a list, each with a name of its own."""
    tensors = request.get(field)
    if not isinstance(tensors, list):
        refuse("%s: expected a list of tensors, found %s" % (field, shown(tensors)))
    names = set()
    for tensor in tensors:
        name = tensor.get("name") if isinstance(tensor, dict) else None
        if not isinstance(name, str):
            refuse("%s: expected objects with a name, found %s" % (field, shown(tensor)))
        if name in names:
            refuse("%s: %s stands there twice" % (field, shown(name)))
        names.add(name)
    return tensors


def _known(name: str, tensors: Sequence[TensorMetadata], what: str) -> TensorMetadata:
    for tensor in tensors:
        if tensor.name == name:
            return tensor
    refuse(
        "%s: expected one of %s, found %s"
        % (what, ", ".join(repr(tensor.name) for tensor in tensors), shown(name))
    )


def _inputs(
    request: Dict[str, Any], tail: memoryview, has_tail: bool, model: ModelMetadata
) -> Dict[str, numpy.ndarray]:
    found: Dict[str, numpy.ndarray] = {}
    used = 0
    for tensor in _tensors(request, "inputs"):
        declared = _known(tensor["name"], model.inputs, "inputs")
        what = "input %s" % shown(declared.name)
        shape = _shape(tensor, declared, what)
        parameters = _parameters(tensor, what)
        if "binary_data_size" not in parameters:
            if "data" not in tensor:
                refuse("%s: expected data, or binary_data_size among its parameters" % what)
            found[declared.name] = array_of_json(tensor["data"], declared.datatype, shape, what)
            continue
        size = parameters["binary_data_size"]
        if "data" in tensor:
            refuse("%s: expected data or binary_data_size, found both" % what)
        if not has_tail:
            refuse("%s: binary_data_size needs the header Inference-Header-Content-Length" % what)
        if isinstance(size, bool) or not isinstance(size, int) or not 0 <= size <= len(tail) - used:
            refuse(
                "%s: binary_data_size: expected 0 to %d, the bytes that are left of the body, "
                "found %s" % (what, len(tail) - used, shown(size))
            )
        found[declared.name] = array_of_bytes(
            tail[used : used + size], declared.datatype, shape, what
        )
        used += size
    for declared in model.inputs:
        if declared.name not in found:
            refuse("inputs: expected %s too, found it missing" % shown(declared.name))
    if used != len(tail):
        refuse("body: expected %d bytes of tensors behind the JSON, found %d" % (used, len(tail)))
    return found


def _shape(tensor: Dict[str, Any], declared: TensorMetadata, what: str) -> List[int]:
    """The shape of a tensor, which fits the declared datatype and shape."""
    if tensor.get("datatype") != declared.datatype:
        refuse(
            "%s: datatype: expected %s, found %s"
            % (what, declared.datatype, shown(tensor.get("datatype")))
        )
    shape = tensor.get("shape")
    if not isinstance(shape, list) or not all(
        isinstance(extent, int) and not isinstance(extent, bool) and 1 <= extent < 2**31
        for extent in shape
    ):
        refuse(
            "%s: shape: expected a list of whole numbers of at least 1, found %s"
            % (what, shown(shape))
        )
    fits = len(shape) == len(declared.shape) and all(
        wanted in (-1, extent) for wanted, extent in zip(declared.shape, shape)
    )
    if not fits:
        refuse(
            "%s: shape: expected %s (-1: any extent), found %s"
            % (what, list(declared.shape), shape)
        )
    return shape


def _outputs(request: Dict[str, Any], binary: bool, model: ModelMetadata) -> Dict[str, bool]:
    """Whether each wanted output is wanted as bytes; without "outputs" all are wanted."""
    if not request.get("outputs"):
        if request.get("outputs", []) != []:
            refuse("outputs: expected a list of tensors, found %s" % shown(request["outputs"]))
        return {tensor.name: binary for tensor in model.outputs}
    wanted = {}
    for tensor in _tensors(request, "outputs"):
        name = _known(tensor["name"], model.outputs, "outputs").name
        parameters = _parameters(tensor, "output %s" % shown(name))
        if parameters.get("classification"):
            refuse("output %s: classification is not supported: ask for the tensor" % shown(name))
        wanted[name] = _flag(parameters, "binary_data", binary, "output %s" % shown(name))
    return wanted

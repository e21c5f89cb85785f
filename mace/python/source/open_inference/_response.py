"""Writes responses."""

import dataclasses
import json
from typing import Any, Dict, List, Mapping

import numpy

from mace.open_inference._datatypes import datatype_of, dtype_of
from mace.open_inference._errors import LONGEST_MESSAGE, refuse, shown
from mace.open_inference._metadata import ModelMetadata
from mace.open_inference._request import InferenceRequest


@dataclasses.dataclass
class Response:
    """What the web server sends."""

    status: int
    headers: Dict[str, str]
    body: bytes


def json_response(value: Any, status: int = 200) -> Response:
    """A response of JSON alone. Raises ValueError for an infinity or a NaN, which JSON lacks."""
    body = json.dumps(value, allow_nan=False, separators=(",", ":")).encode()
    return Response(status, {"Content-Type": "application/json"}, body)


def error_response(status: int, message: str) -> Response:
    """The protocol's form of an error: {"error": message}."""
    if len(message) > LONGEST_MESSAGE:
        message = message[: LONGEST_MESSAGE - 3] + "..."
    return json_response({"error": message}, status)


def write_inference_response(
    request: InferenceRequest, outputs: Mapping[str, numpy.ndarray], model: ModelMetadata
) -> Response:
    """The response with the outputs that the request wants, each as JSON or as bytes.

    Raises ProtocolError 400 where an output that is wanted as JSON holds an infinity or a NaN.
    """
    tensors: List[Dict[str, Any]] = []
    tail: List[bytes] = []
    for name in request.outputs:
        array = numpy.asarray(outputs[name])
        datatype = datatype_of(array.dtype.name)
        tensor: Dict[str, Any] = {"name": name, "datatype": datatype, "shape": list(array.shape)}
        if request.binary_outputs[name]:
            data = array.astype(dtype_of(datatype), copy=False).tobytes()
            tensor["parameters"] = {"binary_data_size": len(data)}
            tail.append(data)
        else:
            if array.dtype.kind == "f" and not numpy.isfinite(array).all():
                refuse(
                    "output %s: holds infinities or NaNs, which JSON lacks: ask for binary data"
                    % shown(name)
                )
            tensor["data"] = array.ravel().tolist()
        tensors.append(tensor)
    value = {"model_name": model.name, "model_version": model.version, "outputs": tensors}
    if request.id:
        value["id"] = request.id
    response = json_response(value)
    if tail:
        response.headers = {
            "Content-Type": "application/octet-stream",
            "Inference-Header-Content-Length": str(len(response.body)),
        }
        response.body = b"".join([response.body] + tail)
    return response

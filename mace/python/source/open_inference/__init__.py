"""The Open Inference Protocol (KServe's version 2) over REST, apart from any web server.

    service = Service([model])                       # objects with the methods of `ServedModel`
    response = await service.handle("POST", "/v2/models/digits/infer", headers, body)

`Service` takes the method, the path, the headers and the body of a request, and gives the status,
the headers and the body of the response. Tensors are numpy arrays. Requests and responses may carry
tensors as JSON or as bytes behind the JSON (the binary tensor data extension, which Triton's client
uses by default). Every error is a response with a JSON object of the one key "error".

Nothing here needs Ray, a web server or a device: `mace.ray` serves models through this package.
"""

from mace.open_inference._body import read_body
from mace.open_inference._errors import ProtocolError
from mace.open_inference._metadata import ModelMetadata, TensorMetadata
from mace.open_inference._request import InferenceRequest, parse_inference_request
from mace.open_inference._response import Response, write_inference_response
from mace.open_inference._service import ServedModel, Service

__all__ = [
    "InferenceRequest",
    "ModelMetadata",
    "ProtocolError",
    "Response",
    "ServedModel",
    "Service",
    "TensorMetadata",
    "parse_inference_request",
    "read_body",
    "write_inference_response",
]

"""From a path to a call: the protocol's REST calls."""

import logging
import time
from typing import Any, AsyncIterator, Callable, Dict, Mapping, Optional, Sequence
from urllib.parse import unquote

import numpy

from mace.open_inference._body import read_body
from mace.open_inference._errors import ProtocolError, refuse, shown, status_of
from mace.open_inference._metadata import ModelMetadata
from mace.open_inference._request import HEADER_LENGTH, parse_inference_request
from mace.open_inference._response import (
    Response,
    error_response,
    json_response,
    write_inference_response,
)

DEFAULT_BODY_LIMIT = 64 << 20
EXTENSIONS = ["binary_tensor_data"]

_log = logging.getLogger("mace.open_inference")


class ServedModel:
    """What a service asks of a model. Its methods are called on the thread of the event loop."""

    metadata: ModelMetadata

    def is_ready(self) -> bool:
        """Whether the model can answer."""
        raise NotImplementedError

    async def infer(self, inputs: Dict[str, numpy.ndarray]) -> Mapping[str, numpy.ndarray]:
        """The outputs by name, for arrays that fit the metadata. The arrays may be views into the
        request's body, and are read-only. May raise ProtocolError and mace.Error."""
        raise NotImplementedError


class Service:
    """Answers the calls of the protocol for some models. Used by one event loop."""

    def __init__(
        self,
        models: Sequence[ServedModel],
        *,
        name: str = "mace",
        version: str = "",
        body_limit: int = DEFAULT_BODY_LIMIT,
        observe: Optional[Callable[[str, float, int], Any]] = None
    ) -> None:
        """Args:
        models: each with a name of its own; ValueError otherwise.
        name, version: what GET /v2 says of the server.
        body_limit: the most bytes of a request's body.
        observe: called after each inference with the model's name, the seconds that it took and
          the HTTP status.
        """
        self._models = {model.metadata.name: model for model in models}
        if len(self._models) != len(models):
            raise ValueError("models: expected a name of its own for each model")
        self._about = {"name": name, "version": version, "extensions": EXTENSIONS}
        self._body_limit = body_limit
        self._observe = observe

    async def handle(
        self, method: str, path: str, headers: Mapping[str, str], body: AsyncIterator[bytes]
    ) -> Response:
        """Answers a request. Never raises, but for a cancelled coroutine.

        Args:
          method: HTTP's, in upper case.
          path: from "/v2" on, without the query; it may hold percent escapes.
          headers: by names in lower case.
          body: the pieces of the body as they arrive.
        """
        try:
            return await self._handle(method, path, headers, body)
        except ProtocolError as error:
            return error_response(error.status, str(error))
        except Exception as error:  # pylint: disable=broad-except  # The client gets an answer.
            _log.exception("%s %s", method, path)
            return error_response(500, "internal error: %s" % error)

    async def _handle(
        self, method: str, path: str, headers: Mapping[str, str], body: AsyncIterator[bytes]
    ) -> Response:
        parts = [unquote(part) for part in path.rstrip("/").split("/")[1:]]
        if parts[:1] != ["v2"]:
            refuse("path: expected /v2 and what follows it, found %s" % shown(path), 404)
        call = parts[1:]
        if not call:
            _expect_method("GET", method, path)
            return json_response(self._about)
        if call == ["health", "live"]:
            _expect_method("GET", method, path)
            return json_response({"live": True})
        if call == ["health", "ready"]:
            _expect_method("GET", method, path)
            return self._ready(self._models.values())
        if call[0] == "models" and len(call) > 1:
            return await self._model_call(method, path, headers, body)
        refuse("path: no call of the protocol is %s" % shown(path), 404)

    async def _model_call(
        self, method: str, path: str, headers: Mapping[str, str], body: AsyncIterator[bytes]
    ) -> Response:
        name, *call = [unquote(part) for part in path.rstrip("/").split("/")[3:]]
        if name not in self._models:
            refuse(
                "model: expected one of %s, found %s"
                % (", ".join(map(repr, self._models)), shown(name)),
                404,
            )
        model = self._models[name]
        if call[:1] == ["versions"] and len(call) > 1:
            if call[1] != model.metadata.version:
                refuse(
                    "model %s: version: expected %s, found %s"
                    % (name, shown(model.metadata.version), shown(call[1])),
                    404,
                )
            del call[:2]
        if not call:
            _expect_method("GET", method, path)
            return json_response(model.metadata.as_json())
        if call == ["ready"]:
            _expect_method("GET", method, path)
            return self._ready([model])
        if call == ["infer"]:
            _expect_method("POST", method, path)
            return await self._observed_infer(model, headers, body)
        refuse("path: no call of the protocol is %s" % shown(path), 404)

    def _ready(self, models: Any) -> Response:
        waiting = [model.metadata.name for model in models if not model.is_ready()]
        if waiting:
            return error_response(400, "not ready: %s" % ", ".join(waiting))
        return json_response({"ready": True})

    async def _observed_infer(
        self, model: ServedModel, headers: Mapping[str, str], body: AsyncIterator[bytes]
    ) -> Response:
        began = time.perf_counter()
        try:
            response = await self._infer(model, headers, body)
        except Exception as error:  # pylint: disable=broad-except  # The client gets an answer.
            status = status_of(error)
            if status >= 500:
                _log.exception("model %s", model.metadata.name)
            response = error_response(status, str(error) or type(error).__name__)
        if self._observe is not None:
            self._observe(model.metadata.name, time.perf_counter() - began, response.status)
        return response

    async def _infer(
        self, model: ServedModel, headers: Mapping[str, str], body: AsyncIterator[bytes]
    ) -> Response:
        content = await read_body(body, headers, self._body_limit)
        request = parse_inference_request(content, headers.get(HEADER_LENGTH), model.metadata)
        outputs = await model.infer(request.inputs)
        return write_inference_response(request, outputs, model.metadata)


def _expect_method(expected: str, method: str, path: str) -> None:
    if method != expected:
        refuse("%s: expected the method %s, found %s" % (shown(path), expected, shown(method)), 405)

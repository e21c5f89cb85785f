"""Errors that have an HTTP status."""

from typing import Any, NoReturn

LONGEST_MESSAGE = 1000
"""Characters. A message may quote the request, which may be large."""

# The codes of mace.Error that are not the server's fault, or that pass.
_STATUS_OF_ENGINE_CODE = {
    "invalid_argument": 400,
    "deadline_exceeded": 504,
    "resource_exhausted": 503,
    "cancelled": 503,
}


class ProtocolError(Exception):
    """A request that is answered with an error: `status` is HTTP's, the text is for the client."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def refuse(message: str, status: int = 400) -> NoReturn:
    """Raises a ProtocolError."""
    raise ProtocolError(status, message)


def status_of(error: BaseException) -> int:
    """HTTP's status for an exception: its own, that of the engine's error code, or 500."""
    if isinstance(error, ProtocolError):
        return error.status
    return _STATUS_OF_ENGINE_CODE.get(getattr(error, "code", ""), 500)


def shown(value: Any) -> str:
    """A value of a request as it may stand in a message: in quotes, and cut where it is long."""
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."

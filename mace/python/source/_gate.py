"""Counts the threads that use a compiled model, so that `close` can wait for them."""
import threading
from typing import Any

from mace._mace import Error


def closed() -> Error:
    """The error of a closed compiled model."""
    error = Error("compiled model: it is closed")
    error.code = "failed_precondition"
    return error


class Gate:
    """Each use of the compiled model is inside of `with gate:`. Thread-safe."""

    def __init__(self) -> None:
        self._is_closed = False
        self.reset()

    def reset(self) -> None:
        """Called in a forked child, which has no other threads: sets the count to 0."""
        self._changed = threading.Condition()
        self._count = 0
        self._is_ending = False

    def __enter__(self) -> None:
        with self._changed:
            if self._is_ending and threading.current_thread().daemon:
                self._changed.wait_for(lambda: False)
            if self._is_closed:
                raise closed()
            self._count += 1

    def __exit__(self, *raised: Any) -> None:
        with self._changed:
            self._count -= 1
            self._changed.notify_all()

    def close(self) -> None:
        """Refuses further uses, and waits for those that have begun."""
        with self._changed:
            self._is_closed = True
            self._changed.wait_for(lambda: self._count == 0)

    def drain(self) -> None:
        """Called when the interpreter ends: waits for the uses that have begun. Daemon threads that
        come later wait until the process ends, because a thread that returns from C++ after the
        interpreter has ended aborts the process."""
        with self._changed:
            self._is_ending = True
            self._changed.wait_for(lambda: self._count == 0)

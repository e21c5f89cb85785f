"""Who is at work in a compiled model, so that `close` can wait for them."""
import threading
from typing import Any

from mace._mace import Error


def closed() -> Error:
    """What a closed compiled model answers."""
    error = Error("compiled model: it is closed")
    error.code = "failed_precondition"
    return error


class Gate:
    """`with gate:` around each use. Thread-safe."""

    def __init__(self) -> None:
        self._is_closed = False
        self.reset()

    def reset(self) -> None:
        """In a forked child, where the other threads are gone: nobody is at work."""
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
        """Lets nobody in any more, and waits for those within."""
        with self._changed:
            self._is_closed = True
            self._changed.wait_for(lambda: self._count == 0)

    def drain(self) -> None:
        """At the end of the interpreter: waits for those within, and has daemon threads that come
        later wait for the end of the process. A thread that returned from C++ when the interpreter
        has ended would abort the process."""
        with self._changed:
            self._is_ending = True
            self._changed.wait_for(lambda: self._count == 0)

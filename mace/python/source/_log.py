"""Level and destination of the engine's log."""
from typing import Any, Callable, Optional

from mace import _mace, _options


def set_log_level(level: str) -> None:
    """Sets the level up to which lines are written: "error", "warning", "info" or "debug".

    The initial level is that of the environment variable MACE_LOG, else "warning".
    """
    _mace.set_log_level(_options.word("level", level, _mace.LogLevel))


def set_log_sink(sink: Optional[Callable[[str, str], Any]]) -> None:
    """Calls `sink(level, line)` for each line instead of writing it to stderr; None: stderr again.

    `level` is the level's name; `line` has no line end. The sink is called on the thread that logs,
    by one thread at a time, and must not call mace. An exception goes to sys.unraisablehook. This
    passes the lines to Python's logging:

        mace.set_log_sink(lambda level, line: logging.getLogger("mace").log(LEVELS[level], line))
    """
    if sink is not None and not callable(sink):
        raise TypeError("sink: expected a function or None, found %s" % type(sink).__name__)
    _mace.set_log_sink(sink)

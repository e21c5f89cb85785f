"""Where the lines of the engine's log go."""
from typing import Any, Callable, Optional

from mace import _mace, _options


def set_log_level(level: str) -> None:
    """Lines up to this level are written: "error", "warning", "info" or "debug".

    At first it is what the environment variable MACE_LOG says, else "warning".
    """
    _mace.set_log_level(_options.word("level", level, _mace.LogLevel))


def set_log_sink(sink: Optional[Callable[[str, str], Any]]) -> None:
    """Has `sink(level, line)` called for each line in place of writing it to stderr; None: stderr.

    It is called on the thread that logs, by several threads one after the other, with the level's
    name and a line without an end, and must not call mace. What it raises goes to
    sys.unraisablehook. Python's own log takes the lines by

        mace.set_log_sink(lambda level, line: logging.getLogger("mace").log(LEVELS[level], line))
    """
    if sink is not None and not callable(sink):
        raise TypeError("sink: expected a function or None, found %s" % type(sink).__name__)
    _mace.set_log_sink(sink)

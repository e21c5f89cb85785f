"""Starts programs as a user does, for the tests of the examples."""

import subprocess
import sys


def start_program(path: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Runs a program in Python until its end, with this Python and this environment.

    Returns:
      Its exit code, and what it has printed as text, stdout and stderr apart.
    """
    return subprocess.run(
        [sys.executable, path, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )

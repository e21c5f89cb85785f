"""`python -m mace WORD...` is the command `mace WORD...`."""
import os
import sys


def main() -> None:
    """Becomes the command that a wheel brings beside the module."""
    command = os.path.join(os.path.dirname(os.path.abspath(__file__)), "mace-command")
    if not os.path.exists(command):
        sys.exit("mace: this package was built without the command: `pip install .` and tools/wheel build it")
    os.execv(command, ["mace", *sys.argv[1:]])


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Executes a notebook in its own folder, and prints the text of its outputs.

usage: run_notebook.py NOTEBOOK [--output FILE.ipynb] [--plot FILE.png]
"""

import argparse
import base64
import json
import os
import sys
from typing import Any, Dict, List

import nbclient
import nbformat

# The longest that one cell may take, in seconds: one compiles kernels.
CELL_SECONDS = 300


def execute(path: str) -> Any:
    """The notebook of a file, executed, with its outputs. The file is left as it is.

    Raises nbclient.exceptions.CellExecutionError for a cell that fails.
    """
    notebook = nbformat.read(path, as_version=4)
    folder = os.path.dirname(os.path.abspath(path))
    # A kernel warns that other programs of this machine could watch its messages: they hold no
    # secrets.
    client = nbclient.NotebookClient(
        notebook,
        timeout=CELL_SECONDS,
        kernel_name="python3",
        extra_arguments=["--IPKernelApp.log_level=ERROR"],
        resources={"metadata": {"path": folder}},
    )
    return client.execute()


def texts(notebook: Any) -> List[str]:
    """What the cells printed, in their order."""
    return [
        output["text"]
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if output.output_type == "stream"
    ]


def plots(notebook: Any) -> List[bytes]:
    """The pictures that the cells show, as PNG."""
    return [
        base64.b64decode(output.data["image/png"])
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if output.output_type == "display_data" and "image/png" in output.data
    ]


def summary(notebook: Any) -> Dict[str, Any]:
    """The JSON that the last cell printed."""
    found: Dict[str, Any] = json.loads(texts(notebook)[-1])
    return found


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0] if __doc__ else None)
    parser.add_argument("notebook")
    parser.add_argument("--output", metavar="FILE", help="writes the executed notebook, a .ipynb")
    parser.add_argument("--plot", metavar="FILE", help="writes the plot, a .png")
    return parser.parse_args()


def main() -> None:
    options = parse()
    try:
        notebook = execute(options.notebook)
    except nbclient.exceptions.CellExecutionError as error:
        sys.exit(
            "run_notebook.py: %s: a cell failed: %s: %s"
            % (options.notebook, error.ename, " ".join(str(error.evalue).split()))
        )
    except (OSError, nbformat.reader.NotJSONError) as error:
        sys.exit(
            "run_notebook.py: %s: expected a notebook: %s"
            % (options.notebook, str(error).splitlines()[0])
        )
    print("".join(texts(notebook)), end="")
    if options.output:
        nbformat.write(notebook, options.output)
    if options.plot:
        with open(options.plot, "wb") as file:
            file.write(plots(notebook)[0])


if __name__ == "__main__":
    main()

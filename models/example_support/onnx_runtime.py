"""The answers of ONNX Runtime, for the tests of the examples."""

from typing import Any, Dict

import onnxruntime

from example_support.networks import Arrays, Run


def load_onnx(path: str) -> Run:
    """A function that computes the outputs of an ONNX model by ONNX Runtime, on the CPU."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]

    def run(inputs: Arrays) -> Dict[str, Any]:
        return dict(zip(names, session.run(names, dict(inputs))))

    return run

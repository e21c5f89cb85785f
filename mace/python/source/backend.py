"""An ONNX backend, so that the onnx package's own conformance suite runs against the engine.

    import onnx.backend.test
    import mace.backend
    suite = onnx.backend.test.BackendTest(mace.backend, __name__)

Device "CPU" is the reference on the CPU; "GPU" (and "CUDA", the suite's other name) the OpenCL path.
"""
from typing import Any, Dict, List, Optional, Tuple

import ml_dtypes  # Comes with onnx.
import numpy
import onnx
from onnx.backend.base import Backend, BackendRep

from mace._engine import Engine
from mace._mace import Error
from mace._recently_used import RecentlyUsed

_DEVICES = {"CPU": "cpu", "GPU": "gpu", "CUDA": "gpu"}


class MaceRep(BackendRep):
    """A model that is ready to run.

    If its shapes are dynamic, or depend on an input's values (Reshape's second input, for example),
    the engine is made at the first run, for the shapes and whole-number values of that run, and
    again when they change. The MAX_ENGINES most recently used engines are kept.
    """

    MAX_ENGINES = 8

    def __init__(self, model: bytes, options: Dict[str, Any]) -> None:
        self._model = model
        self._options = options
        self._engines = RecentlyUsed(self.MAX_ENGINES)
        self.names = _input_names(model)

    def engine(self, inputs: Dict[str, Any]) -> Engine:
        """The mace.Engine for these inputs, a dict by name."""
        shapes = {name: list(numpy.shape(value)) for name, value in inputs.items()}
        # Tries first without known values, then with those of whole numbers, then with all values.
        dtypes = {name: numpy.asarray(value).dtype for name, value in inputs.items()}
        whole = {name for name, dtype in dtypes.items() if dtype.kind in "iub"}
        # Only the types of numpy itself count: the engine has no strings and no floats of 8 bits.
        numbers = {name for name, dtype in dtypes.items() if dtype.kind in "iubf" and dtype.type.__module__ == "numpy"}
        error: Any = None
        for known in ([], sorted(whole), sorted(numbers)):
            values = {name: numpy.asarray(inputs[name]) for name in known}
            key = (tuple(sorted((name, tuple(shape)) for name, shape in shapes.items())),
                   tuple((name, value.tobytes()) for name, value in values.items()))
            engine: Optional[Engine] = self._engines.get(key)
            if engine is not None:
                return engine
            try:
                engine = Engine.from_bytes(
                    self._model, dynamic_shapes=shapes, input_values=values, **self._options)
                self._engines.put(key, engine)
                return engine
            except Error as caught:
                error = error or caught
                # Only "unsupported" may mean that a value must be known.
                if caught.code != "unsupported":
                    break
        raise error

    def run(self, inputs: Any, **kwargs: Any) -> Tuple[Any, ...]:
        """Runs the model. `inputs`: a list in the model's order, or a dict by name. Returns a tuple of
        outputs in the model's order."""
        if not isinstance(inputs, dict):
            if isinstance(inputs, numpy.ndarray):
                inputs = [inputs]
            if len(inputs) > len(self.names):
                raise ValueError("expected %d inputs, found %d" % (len(self.names), len(inputs)))
            inputs = dict(zip(self.names, inputs))
        engine = self.engine(inputs)
        outputs = engine.run({spec.name: inputs[spec.name] for spec in engine.inputs})
        self.statistics = engine.statistics
        return tuple(_as_declared(outputs[spec.name], spec.dtype) for spec in engine.outputs)


class MaceBackend(Backend):
    @classmethod
    def is_compatible(cls, model: Any, device: str = "CPU", **kwargs: Any) -> bool:
        """Whether the importer takes the model without any input data."""
        try:
            with Engine.from_bytes(_serialized(model), device="cpu", **kwargs):
                return True
        except Error:
            return False

    @classmethod
    def prepare(cls, model: Any, device: str = "CPU", **kwargs: Any) -> MaceRep:
        """Loads `model`: an onnx.ModelProto, its bytes, or a path. `kwargs`: options of mace.Engine.

        A model that the importer refuses raises mace.Error here, or at the first run if it needs data.
        """
        if not cls.supports_device(device):
            raise ValueError("device: expected CPU, GPU or CUDA, found '%s'" % device)
        kwargs.setdefault("device", _DEVICES[device.split(":")[0]])
        return MaceRep(_serialized(model), kwargs)

    @classmethod
    def run_model(cls, model: Any, inputs: Any, device: str = "CPU",
                  **kwargs: Any) -> Tuple[Any, ...]:
        return cls.prepare(model, device, **kwargs).run(inputs)

    @classmethod
    def run_node(cls, node: Any, inputs: Any, device: str = "CPU", outputs_info: Any = None,
                 **kwargs: Any) -> Tuple[Any, ...]:
        raise NotImplementedError("mace runs models: wrap the node in one")

    @classmethod
    def supports_device(cls, device: str) -> bool:
        return device.split(":")[0] in _DEVICES


def _as_declared(array: numpy.ndarray, dtype: str) -> numpy.ndarray:
    """The array with the element type that onnx has for integers of 4 and 2 bits."""
    return array if array.dtype.name == dtype else array.astype(getattr(ml_dtypes, dtype))


def _serialized(model: Any) -> bytes:
    if isinstance(model, bytes):
        return model
    if isinstance(model, str):
        with open(model, "rb") as file:
            return file.read()
    serialized: bytes = model.SerializeToString()
    return serialized


def _input_names(model: bytes) -> List[str]:
    """The inputs that are not initializers (old models list those too), in order."""
    graph = onnx.load_from_string(model).graph
    held = {tensor.name for tensor in graph.initializer}
    return [value.name for value in graph.input if value.name not in held]


is_compatible = MaceBackend.is_compatible
prepare = MaceBackend.prepare
run_model = MaceBackend.run_model
run_node = MaceBackend.run_node
supports_device = MaceBackend.supports_device

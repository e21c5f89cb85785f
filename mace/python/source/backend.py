"""An ONNX backend, so that the onnx package's own conformance suite runs against the engine.

    import onnx.backend.test
    import mace.backend
    suite = onnx.backend.test.BackendTest(mace.backend, __name__)

Device "CPU" is the reference on the CPU; "GPU" (and "CUDA", the suite's other name) the OpenCL path.
"""
import numpy
from onnx.backend.base import Backend, BackendRep

from mace._mace import Engine, Error

_DEVICES = {"CPU": "cpu", "GPU": "gpu", "CUDA": "gpu"}


class MaceRep(BackendRep):
    """A model that is ready to run; `engine` is its mace.Engine."""

    def __init__(self, engine):
        self.engine = engine

    def run(self, inputs, **kwargs):
        """Inputs in the model's order (or a dict by name); gives a tuple in the order of its outputs."""
        ports = self.engine.inputs
        if not isinstance(inputs, dict):
            if isinstance(inputs, numpy.ndarray):
                inputs = [inputs]
            if len(inputs) != len(ports):
                raise ValueError("expected %d inputs, found %d" % (len(ports), len(inputs)))
            inputs = {port["name"]: value for port, value in zip(ports, inputs)}
        outputs = self.engine.run(inputs)
        return tuple(outputs[port["name"]] for port in self.engine.outputs)


class MaceBackend(Backend):
    @classmethod
    def is_compatible(cls, model, device="CPU", **kwargs):
        """Whether the importer takes every op of the model."""
        try:
            cls.prepare(model, "CPU", **kwargs)
        except Error:
            return False
        return True

    @classmethod
    def prepare(cls, model, device="CPU", **kwargs):
        """`model`: an onnx.ModelProto, its bytes, or a path. `kwargs`: options of mace.Engine."""
        if not cls.supports_device(device):
            raise ValueError("device: expected CPU, GPU or CUDA, found '%s'" % device)
        kwargs.setdefault("device", _DEVICES[device.split(":")[0]])
        if isinstance(model, (str, bytes)):
            is_path = isinstance(model, str)
            return MaceRep(Engine(model, **kwargs) if is_path else Engine.from_bytes(model, **kwargs))
        super().prepare(model, device)  # Checks the model.
        return MaceRep(Engine.from_bytes(model.SerializeToString(), **kwargs))

    @classmethod
    def run_model(cls, model, inputs, device="CPU", **kwargs):
        return cls.prepare(model, device, **kwargs).run(inputs)

    @classmethod
    def run_node(cls, node, inputs, device="CPU", outputs_info=None, **kwargs):
        raise NotImplementedError("mace runs models: wrap the node in one")

    @classmethod
    def supports_device(cls, device):
        return device.split(":")[0] in _DEVICES


is_compatible = MaceBackend.is_compatible
prepare = MaceBackend.prepare
run_model = MaceBackend.run_model
run_node = MaceBackend.run_node
supports_device = MaceBackend.supports_device
